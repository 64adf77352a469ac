"""Counting several things in one statement, so that the first page stays within its number of queries."""

from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import QuerySet


def count_together(**parts: QuerySet[Any, Any]) -> dict[str, int]:
    """{name: number of rows} for each named query, by one SELECT of one subquery a name."""
    numbers = dict.fromkeys(parts, 0)
    columns: list[str] = []
    values: list[Any] = []
    asked: list[str] = []
    for name, rows in parts.items():
        try:
            text, parameters = rows.order_by().query.sql_with_params()
        except EmptyResultSet:
            continue
        columns.append(f"(SELECT COUNT(*) FROM ({text}) counted)")  # noqa: S608 - the text is Django's own
        values += parameters
        asked.append(name)
    if columns:
        with connection.cursor() as cursor:
            cursor.execute("SELECT " + ", ".join(columns), values)
            numbers |= dict(zip(asked, cursor.fetchone(), strict=True))
    return numbers
