"""What the running thread has asked of its databases so far; `perfhooks.queries` counts, spans read the difference."""

from __future__ import annotations

import threading
from typing import Protocol


class WriteCursor(Protocol):
    """What is asked of the cursor of a write."""

    @property
    def rowcount(self) -> int:
        """Rows that its statement wrote, negative while unknown."""


class Tally(threading.local):
    """Running totals of one thread; they only grow. `is_counting` is set once counting was enabled in the process."""

    is_counting = False

    def __init__(self) -> None:
        self.queries = 0
        self.copies = 0
        self.by_alias: dict[str, int] = {}
        self._rows_written = 0
        self._last_write: WriteCursor | None = None

    @property
    def rows_written(self) -> int:
        """Rows inserted, updated, deleted or copied."""
        return self._rows_written if self._last_write is None else self._settle()

    def add_query(self, alias: str) -> None:
        """Count one statement, before it is sent to the database of that alias."""
        if self._last_write is not None:
            self._settle()
        self.queries += 1
        self.by_alias[alias] = self.by_alias.get(alias, 0) + 1

    def add_write(self, cursor: WriteCursor) -> None:
        """Count the rows of the cursor's statement: at once where they are known, else before the next statement.

        SQLite knows the rows of a statement with RETURNING once its result was read; PostgreSQL forgets them on close.
        """
        rows = cursor.rowcount
        if rows > 0:
            self._rows_written += rows
        else:
            self._last_write = cursor

    def add_rows(self, rows: int) -> None:
        """Count rows that were written without a cursor's word."""
        self._rows_written += rows

    def _settle(self) -> int:
        if self._last_write is not None:
            self._rows_written += max(self._last_write.rowcount, 0)
            self._last_write = None
        return self._rows_written


tally = Tally()
