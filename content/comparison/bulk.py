"""Thousands of rows in one parameter: to quote them one by one takes longer than the statement itself."""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import connection
from django.db.models import Model

ROWS_AT_ONCE = 5_000


def insert_rows(model: type[Model], rows: Sequence[Model], *, ignore_conflicts: bool = False) -> None:
    """Add rows whose key the database hands out or is a field of their own; the rows do not learn their keys."""
    if connection.vendor != "postgresql":
        manager: Any = model._default_manager
        manager.bulk_create(rows, ignore_conflicts=ignore_conflicts, batch_size=ROWS_AT_ONCE)
        return
    fields = [field for field in model._meta.concrete_fields if field.get_internal_type() != "BigAutoField"]
    columns = ", ".join(f'"{field.column}"' for field in fields)
    types = ", ".join(f'"{field.column}" {field.db_type(connection)}' for field in fields)
    conflict = "ON CONFLICT DO NOTHING" if ignore_conflicts else ""
    sql = (
        f"INSERT INTO {model._meta.db_table} ({columns}) "  # noqa: S608 - names of our models
        f"SELECT {columns} FROM jsonb_to_recordset(%s::jsonb) AS row({types}) {conflict}"
    )
    names = [(field.column, field.attname) for field in fields]
    with connection.cursor() as cursor:
        for start in range(0, len(rows), ROWS_AT_ONCE):
            values = [
                {column: getattr(row, name) for column, name in names} for row in rows[start : start + ROWS_AT_ONCE]
            ]
            cursor.execute(sql, [json.dumps(values, ensure_ascii=False, default=_write_time)])


def _write_time(value: object) -> str:
    if isinstance(value, datetime):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} has no JSON form")
