"""Counts that many requests add to and one thread writes: a page costs no write of its own.

A thread writes at most every LIST_USAGE_FLUSH_SECONDS, what is left goes when the process ends; with 0 only an explicit
flush writes. A process that is killed loses the counts of its last seconds.
"""

from __future__ import annotations

import os
import threading
from collections import Counter
from datetime import date
from multiprocessing.util import Finalize
from typing import TYPE_CHECKING

import structlog
from django.conf import settings
from django.db import DatabaseError, connection, transaction

from perfhooks.models import ListUsage

if TYPE_CHECKING:
    from collections.abc import Mapping

FLUSH_SECONDS = 5.0
KEYS_HELD_MAX = 2_000
OTHER = "other"

UsageKey = tuple[date, str, str, str]
"""Day, list, kind and key, as in `ListUsage`."""

log = structlog.get_logger()


class UsageBuffer:
    """The counts of one process that are not written yet; safe for its threads, and empty in a forked child."""

    def __init__(self) -> None:
        self.forget()

    def forget(self) -> None:
        """Begin anew, as a forked child must: its parent's counts are the parent's to write."""
        self._lock = threading.Lock()
        self._counts: Counter[UsageKey] = Counter()
        self._timer: threading.Timer | None = None
        self._is_end_arranged = False

    def add(self, keys: list[UsageKey]) -> None:
        """Add one to each key, and see to it that it will be written."""
        seconds: float = getattr(settings, "LIST_USAGE_FLUSH_SECONDS", FLUSH_SECONDS)
        with self._lock:
            for key in keys:
                self._counts[self._bounded(key)] += 1
            if seconds and self._timer is None:
                self._timer = threading.Timer(seconds, self._flush_in_thread)
                self._timer.daemon = True
                self._timer.start()
                self._arrange_end()

    def flush(self) -> int:
        """Add the counts to the table and return to how many of its rows; a refused write is kept for the next flush."""
        with self._lock:
            taken, self._counts, self._timer = self._counts, Counter(), None
        if not taken:
            return 0
        try:
            _add_to_table(taken)
        except DatabaseError as error:
            with self._lock:
                self._counts.update(taken)
            log.warning("list_usage_not_written", error=str(error))
            return 0
        return len(taken)

    def _bounded(self, key: UsageKey) -> UsageKey:
        if key in self._counts or len(self._counts) < KEYS_HELD_MAX:
            return key
        return (*key[:3], OTHER)

    def _flush_in_thread(self) -> None:
        try:
            self.flush()
        finally:
            connection.close()

    def _arrange_end(self) -> None:
        # Unlike an atexit function, a finalizer is also run at the end of a web server's forked workers.
        if not self._is_end_arranged:
            self._is_end_arranged = True
            Finalize(None, self.flush, exitpriority=10)


def _add_to_table(counts: Mapping[UsageKey, int]) -> None:
    names = [connection.ops.quote_name(name) for name in ("day", "list_name", "kind", "key", "uses")]
    table, uses = connection.ops.quote_name(ListUsage._meta.db_table), names[-1]
    # In the same order in every process, so that two of them cannot wait for each other's rows.
    rows = [(*key, number) for key, number in sorted(counts.items())]
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.executemany(
            f"INSERT INTO {table} ({', '.join(names)}) VALUES (%s, %s, %s, %s, %s)"  # noqa: S608 - our own table's names
            f" ON CONFLICT ({', '.join(names[:-1])}) DO UPDATE SET {uses} = {table}.{uses} + excluded.{uses}",
            rows,
        )


buffer = UsageBuffer()
os.register_at_fork(after_in_child=buffer.forget)
