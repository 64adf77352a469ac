"""How a database answers a SELECT: its plan, and the large tables that it reads from end to end.

PostgreSQL runs the statement (EXPLAIN ANALYZE, BUFFERS) in a read-only transaction that is rolled back, so that no plan
costs a change; SQLite only says what it would do (EXPLAIN QUERY PLAN).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NoReturn

import sqlparse
from django.db import DatabaseError, connections, transaction

from perfhooks.sqltext import is_read

if TYPE_CHECKING:
    from collections.abc import Iterable

    from django.db.backends.base.base import BaseDatabaseWrapper
    from django.db.backends.utils import CursorWrapper

LARGE_TABLE_ROWS = 10_000
TIME_LIMIT_SECONDS = 60

_LOCK = re.compile(r"\s+FOR (?:NO KEY )?(?:UPDATE|SHARE|KEY SHARE)\b[^()]*$")
_POSTGRESQL_SCAN = re.compile(r"Seq Scan on (?:\w+\.)?\"?(?P<table>\w+)\"?")
_POSTGRESQL_TIME = re.compile(r"Execution Time: (?P<ms>[\d.]+) ms")
_SQLITE_SCAN = re.compile(r"SCAN (?P<name>\w+)$")
_SQLITE_ALIAS = re.compile(
    r'"(?P<table>\w+)" (?:AS )?"?(?P<alias>(?!(?:WHERE|ON|INNER|LEFT|ORDER|GROUP|LIMIT)\b)\w+)"?'
)


class ExplainError(ValueError):
    """Something that cannot be explained; the message says what and why."""


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement with its values, as it is sent to the database of that alias."""

    sql: str
    params: tuple[Any, ...]
    alias: str


@dataclass(frozen=True, slots=True)
class TableScan:
    """A table that a plan reads from end to end, and how many rows it holds."""

    table: str
    rows: int
    is_expected: bool = False


@dataclass(frozen=True, slots=True)
class Plan:
    """The plan of one statement; `milliseconds` where it was run, `scans` of large tables only."""

    name: str
    sql: str
    lines: tuple[str, ...]
    milliseconds: float | None
    scans: tuple[TableScan, ...]

    @property
    def is_flagged(self) -> bool:
        """Whether it reads a large table from end to end that it is not meant to."""
        return any(not scan.is_expected for scan in self.scans)


def refuse_write(sql: str) -> NoReturn:
    """Raise `ExplainError` for a statement that is no SELECT."""
    raise ExplainError(f"SELECT 하나만 설명합니다. 실행하지 않은 문장: {sql[:120]}")


def explain_statement(
    statement: Statement, *, name: str, large_rows: int = LARGE_TABLE_ROWS, expected: Iterable[str] = ()
) -> Plan:
    """Return the plan of a SELECT; tables of more than `large_rows` rows that it scans are named.

    A row lock (FOR UPDATE) is left out, which changes nothing below it. `ExplainError` for anything but one SELECT, and
    where the database refuses.
    """
    if not is_read(statement.sql) or len(sqlparse.split(statement.sql)) > 1:
        refuse_write(statement.sql)
    connection = connections[statement.alias]
    sql = _LOCK.sub("", statement.sql)
    read = _read_postgresql if connection.vendor == "postgresql" else _read_sqlite
    try:
        lines, scanned = read(connection, sql, statement.params)
        sizes = {table: _count_rows(connection, table) for table in scanned}
    except DatabaseError as error:
        raise ExplainError(f"{name}: {error}") from error
    wanted = set(expected)
    large = tuple(TableScan(table, rows, table in wanted) for table, rows in sizes.items() if rows > large_rows)
    took = next((float(found["ms"]) for line in lines if (found := _POSTGRESQL_TIME.search(line))), None)
    return Plan(name, statement.sql, tuple(lines), took, large)


def _read_postgresql(connection: BaseDatabaseWrapper, sql: str, params: tuple[Any, ...]) -> tuple[list[str], list[str]]:
    with transaction.atomic(using=connection.alias), connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION READ ONLY")
        cursor.execute(f"SET LOCAL statement_timeout = {TIME_LIMIT_SECONDS * 1000}")
        cursor.execute(f"EXPLAIN (ANALYZE, BUFFERS) {sql}", params)
        lines = [line for (line,) in cursor.fetchall()]
        transaction.set_rollback(True, using=connection.alias)
    ran = [line for line in lines if "(never executed)" not in line]
    return lines, _unique(found["table"] for line in ran if (found := _POSTGRESQL_SCAN.search(line)))


def _read_sqlite(connection: BaseDatabaseWrapper, sql: str, params: tuple[Any, ...]) -> tuple[list[str], list[str]]:
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN QUERY PLAN {sql}", params)
        steps = cursor.fetchall()
        tables = set(connection.introspection.table_names(cursor))
    depth = {0: -1}
    lines = []
    for number, parent, _unused, detail in steps:
        depth[number] = depth.get(parent, -1) + 1
        lines.append("  " * depth[number] + detail)
    # A plan names the alias; a table that is read through an index is a search, or a walk in the index's order.
    names = {found["alias"]: found["table"] for found in _SQLITE_ALIAS.finditer(sql)}
    scanned = [found["name"] for line in lines if (found := _SQLITE_SCAN.search(line))]
    return lines, _unique(table for name in scanned if (table := names.get(name, name)) in tables)


def _count_rows(connection: BaseDatabaseWrapper, table: str) -> int:
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SELECT reltuples::bigint FROM pg_class WHERE oid = to_regclass(%s)", [f'"{table}"'])
            if (estimated := _first(cursor)) >= 0:
                return estimated
        cursor.execute(f"SELECT COUNT(*) FROM {connection.ops.quote_name(table)}")  # noqa: S608 - a table's own name
        return _first(cursor)


def _first(cursor: CursorWrapper) -> int:
    row = cursor.fetchone()
    return int(row[0]) if row else -1


def _unique(names: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(names))
