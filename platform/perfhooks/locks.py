"""Named locks over processes, which a killed process never keeps.

PostgreSQL: an advisory lock of the default connection's session; the server frees it when the session ends. The
connection must stay open and may not pass a pooler in transaction mode. SQLite: the row is the lock, and a row whose
process is dead is taken over. On both, the row tells who holds it.
"""

from __future__ import annotations

import threading
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import blake2b
from typing import TYPE_CHECKING

from django.db import connection
from django.utils import timezone

from perfhooks.liveness import is_holder_alive, this_holder
from perfhooks.models import RunLock

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

UNKNOWN_HOLDER = "?"


class LockHeld(RuntimeError):
    """Another run holds the lock: `holder` as `host:pid:start`, `since` when it took it (None when not yet known)."""

    def __init__(self, holder: str, since: datetime | None) -> None:
        self.holder = holder
        self.since = since
        when = f"{timezone.localtime(since):%m월 %d일 %H:%M:%S}부터 " if since else ""
        super().__init__(f"{when}다른 실행({holder})이 진행 중입니다. 끝난 뒤 다시 실행하세요.")


@dataclass(frozen=True, slots=True)
class HeldLock:
    """A lock in hand."""

    name: str
    holder: str
    since: datetime

    def beat(self) -> None:
        """Note in the row that the holder is still at work."""
        RunLock.objects.filter(name=self.name, holder=self.holder).update(heartbeat_at=timezone.now())


@contextmanager
def hold_lock(name: str) -> Iterator[HeldLock]:
    """Hold the named lock within the block; raises `LockHeld`, also when this very process holds it already.

    Call it outside a transaction: others see the row only once it is committed.
    """
    with _hold_in_process(name), _hold_in_session(name) as is_free:
        lock = _take_row(name, is_free=is_free)
        try:
            yield lock
        finally:
            RunLock.objects.filter(name=name, holder=lock.holder).delete()


_held_here: set[str] = set()
_changing = threading.Lock()


@contextmanager
def _hold_in_process(name: str) -> Iterator[None]:
    """Keep other threads of this process out; the database's session lock would let the same session in twice."""
    with _changing:
        if name in _held_here:
            raise _held_by_other(name)
        _held_here.add(name)
    try:
        yield
    finally:
        with _changing:
            _held_here.discard(name)


@contextmanager
def _hold_in_session(name: str) -> Iterator[bool]:
    """Hold PostgreSQL's advisory lock and yield True; yield False where the row alone has to tell."""
    if connection.vendor != "postgresql":
        yield False
        return
    if not _ask_session("pg_try_advisory_lock", name):
        raise _held_by_other(name)
    try:
        yield True
    finally:
        _ask_session("pg_advisory_unlock", name)


def _take_row(name: str, *, is_free: bool) -> HeldLock:
    """Write this process into the lock's row; `is_free` says that no other process can be holding it.

    A row of this very process is left over from a release that failed.
    """
    holder, now = this_holder(), timezone.now()
    taken = {"holder": holder, "acquired_at": now, "heartbeat_at": now}
    row, is_new = RunLock.objects.get_or_create(name=name, defaults=taken)
    if not is_new:
        if not is_free and row.holder != holder and is_holder_alive(row.holder):
            raise LockHeld(row.holder, row.acquired_at)
        # The old holder in the condition lets exactly one of several takers win.
        if not RunLock.objects.filter(pk=row.pk, holder=row.holder).update(**taken):
            raise _held_by_other(name)
    return HeldLock(name, holder, now)


def _held_by_other(name: str) -> LockHeld:
    row = RunLock.objects.filter(name=name).first()
    return LockHeld(row.holder, row.acquired_at) if row else LockHeld(UNKNOWN_HOLDER, None)


def _ask_session(function: str, name: str) -> bool:
    key = int.from_bytes(blake2b(name.encode(), digest_size=8).digest(), signed=True)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {function}(%s)", [key])
        return bool(cursor.fetchone()[0])
