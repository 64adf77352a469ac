"""Counting statements and written rows, and the only door for COPY.

Counting stands on Django's execute wrappers, which see the ORM, bulk writes and raw SQL of a connection. COPY does not
pass them, hence `copy_rows`. Rows are counted for writes only: a SELECT's row count is unknown on SQLite, as is that of
a write behind WITH. Each thread counts its own statements. What belongs to the viewer is not counted: silk's own
database, and the EXPLAIN that silk adds to every query it records.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from django.db import connections
from django.db.backends.signals import connection_created

from perfhooks.routers import SILK_ALIAS
from perfhooks.sqltext import is_write
from perfhooks.tally import Tally, tally

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from django.db.backends.base.base import BaseDatabaseWrapper
    from django.db.backends.utils import CursorWrapper

_RECEIVER_ID = "perfhooks.count_statement"


@dataclass(slots=True)
class QueryCount:
    """What this thread sent since the count began; it stands still once the block is left."""

    _queries: int = field(default_factory=lambda: tally.queries)
    _rows: int = field(default_factory=lambda: tally.rows_written)
    _copies: int = field(default_factory=lambda: tally.copies)
    _aliases: dict[str, int] = field(default_factory=lambda: dict(tally.by_alias))
    _final: tuple[int, int, int, dict[str, int]] | None = None

    @property
    def queries(self) -> int:
        """Statements sent, COPY included."""
        return self._final[0] if self._final else tally.queries - self._queries

    @property
    def rows_written(self) -> int:
        """Rows inserted, updated, deleted or copied."""
        return self._final[1] if self._final else tally.rows_written - self._rows

    @property
    def copies(self) -> int:
        """COPY statements among the queries."""
        return self._final[2] if self._final else tally.copies - self._copies

    @property
    def by_alias(self) -> dict[str, int]:
        """Statements sent by database alias."""
        if self._final:
            return self._final[3]
        sent = {alias: total - self._aliases.get(alias, 0) for alias, total in tally.by_alias.items()}
        return {alias: queries for alias, queries in sent.items() if queries}

    def stop(self) -> None:
        """Keep the figures as they are now."""
        self._final = (self.queries, self.rows_written, self.copies, self.by_alias)


@contextmanager
def count_queries() -> Iterator[QueryCount]:
    """Yield the live count of what this thread sends to its databases within the block."""
    enable_query_counting()
    counted = QueryCount()
    try:
        yield counted
    finally:
        counted.stop()


def enable_query_counting() -> None:
    """Count the statements of every connection from now on; calling it again changes nothing."""
    Tally.is_counting = True
    connection_created.connect(_on_connection_created, dispatch_uid=_RECEIVER_ID)
    for connection in connections.all(initialized_only=True):
        _install_wrapper(connection)


def copy_rows(
    cursor: CursorWrapper, sql: str, rows: Iterable[Sequence[Any]], types: Sequence[str | int] | None = None
) -> int:
    """Send rows through `COPY ... FROM STDIN` on PostgreSQL and return their number; one query in every count.

    `types` names the column types, as the binary format needs. Database errors arrive as Django's own.
    """
    tally.add_query(cursor.db.alias)
    tally.copies += 1
    with cursor.db.wrap_database_errors, cursor.copy(sql) as copy:
        if types is not None:
            copy.set_types(types)
        for row in rows:
            copy.write_row(row)
    written: int = max(cursor.rowcount, 0)
    tally.add_rows(written)
    return written


def _on_connection_created(connection: BaseDatabaseWrapper, **_kwargs: object) -> None:
    _install_wrapper(connection)


def _install_wrapper(connection: BaseDatabaseWrapper) -> None:
    if connection.alias != SILK_ALIAS and _count_statement not in connection.execute_wrappers:
        connection.execute_wrappers.append(_count_statement)


def _count_statement(execute: Callable[..., Any], sql: Any, params: Any, many: bool, context: dict[str, Any]) -> Any:
    text: str = sql if isinstance(sql, str) else sql.as_string(None)
    if text.startswith("EXPLAIN"):
        return execute(sql, params, many, context)
    tally.add_query(context["connection"].alias)
    result = execute(sql, params, many, context)
    if is_write(text):
        tally.add_write(context["cursor"])
    return result
