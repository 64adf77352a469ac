"""Thousands of rows in one parameter: to quote them one by one takes longer than the statement itself."""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from django.db import connection
from django.db.models import Model

ROWS_AT_ONCE = 5_000


def insert_rows(model: type[Model], rows: Sequence[Mapping[str, Any]], *, ignore_conflicts: bool = False) -> None:
    """Add rows, {field's attribute: value}, whose key the database hands out or is a field of their own."""
    if connection.vendor != "postgresql":
        manager: Any = model._default_manager
        made = [model(**row) for row in rows]
        manager.bulk_create(made, ignore_conflicts=ignore_conflicts, batch_size=ROWS_AT_ONCE)
        return
    fields = [field for field in model._meta.concrete_fields if field.get_internal_type() != "BigAutoField"]
    columns = ", ".join(f'"{field.column}"' for field in fields)
    types = ", ".join(f'"{field.column}" {field.db_type(connection)}' for field in fields)
    conflict = "ON CONFLICT DO NOTHING" if ignore_conflicts else ""
    sql = (
        f"INSERT INTO {model._meta.db_table} ({columns}) "  # noqa: S608 - names of our models
        f"SELECT {columns} FROM jsonb_to_recordset(%s::jsonb) AS row({types}) {conflict}"
    )
    with connection.cursor() as cursor:
        for start in range(0, len(rows), ROWS_AT_ONCE):
            cursor.execute(sql, [msgspec.json.encode(rows[start : start + ROWS_AT_ONCE]).decode()])
