"""What the running thread has asked of its databases so far; `perfhooks.queries` counts, spans read the difference."""

from __future__ import annotations

import threading


class Tally(threading.local):
    """Running totals of one thread; they only grow. `is_counting` is set once counting was enabled in the process."""

    is_counting = False

    def __init__(self) -> None:
        self.queries = 0
        self.rows_written = 0
        self.copies = 0
        self.by_alias: dict[str, int] = {}

    def add_query(self, alias: str) -> None:
        """Count one statement sent to the database of that alias."""
        self.queries += 1
        self.by_alias[alias] = self.by_alias.get(alias, 0) + 1


tally = Tally()
