"""The slowest statements of a process, one per shape, for `manage.py explain --slowest`. Off unless settings ask.

While it is off nothing is installed. While it is on, a statement costs two clock readings and a comparison; only one
that is slower than all that are kept is looked at. Each process keeps its list in a file of its own, readable by its
owner alone, since the values of a statement are needed to explain it and may be somebody's data.
"""

from __future__ import annotations

import os
import threading
from dataclasses import dataclass
from time import perf_counter
from typing import TYPE_CHECKING, Any

import msgspec
from django.db import connections
from django.db.backends.signals import connection_created

from perfhooks.routers import SILK_ALIAS
from perfhooks.sqltext import normalise_statement
from perfhooks.trace import current_trace_id

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from django.db.backends.base.base import BaseDatabaseWrapper

FLOOR_SECONDS = 0.005
_RECEIVER_ID = "perfhooks.time_statement"


@dataclass(frozen=True, slots=True)
class SlowStatement:
    """The slowest run of one shape of statement; `params` are None where it had many sets of them, or named ones."""

    shape: str
    sql: str
    params: list[Any] | None
    alias: str
    seconds: float
    trace_id: str


class SlowList:
    """The `size` slowest shapes above `floor_seconds`, kept in a file of this process in `folder`."""

    def __init__(self, *, size: int, folder: Path, floor_seconds: float = FLOOR_SECONDS) -> None:
        self._size = size
        self._folder = folder
        self._floor_seconds = floor_seconds
        self._kept: dict[str, SlowStatement] = {}
        self._lock = threading.Lock()

    def time_statement(
        self, execute: Callable[..., Any], sql: Any, params: Any, many: bool, context: dict[str, Any]
    ) -> Any:
        """Django's execute wrapper: run the statement and keep it if it was slow."""
        started = perf_counter()
        try:
            return execute(sql, params, many, context)
        finally:
            seconds = perf_counter() - started
            if seconds > self._floor_seconds:
                self._keep(seconds, sql, _plain_values(params, many), context["connection"].alias)

    def _keep(self, seconds: float, sql: Any, params: list[Any] | None, alias: str) -> None:
        text: str = sql if isinstance(sql, str) else sql.as_string(None)
        shape = normalise_statement(text)
        with self._lock:
            known = self._kept.get(shape)
            if known is not None and known.seconds >= seconds:
                return
            self._kept[shape] = SlowStatement(shape, text, params, alias, seconds, current_trace_id())
            ranked = _sort(self._kept.values())[: self._size]
            self._kept = {statement.shape: statement for statement in ranked}
            if len(ranked) == self._size:
                self._floor_seconds = ranked[-1].seconds
            # Named at the time of writing: a worker that was forked has its own.
            _write(self._folder / f"{os.getpid()}.json", ranked)


def watch_statements(*, size: int, folder: Path) -> SlowList:
    """Keep the `size` slowest statements of every connection of this process from now on, in a file in `folder`."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    slow = SlowList(size=size, folder=folder)

    def install(connection: BaseDatabaseWrapper, **_kwargs: object) -> None:
        if connection.alias != SILK_ALIAS:
            connection.execute_wrappers.append(slow.time_statement)

    connection_created.connect(install, weak=False, dispatch_uid=_RECEIVER_ID)
    for connection in connections.all(initialized_only=True):
        install(connection)
    return slow


def read_slow_statements(folder: Path) -> list[SlowStatement]:
    """Return what the processes of this product have kept in `folder`, one per shape, the slowest first."""
    slowest: dict[str, SlowStatement] = {}
    for file in sorted(folder.glob("*.json")):
        for statement in msgspec.json.decode(file.read_bytes(), type=list[SlowStatement]):
            known = slowest.get(statement.shape)
            if known is None or known.seconds < statement.seconds:
                slowest[statement.shape] = statement
    return _sort(slowest.values())


def _plain_values(params: Any, many: bool) -> list[Any] | None:
    return None if many or isinstance(params, dict) else list(params or ())


def _sort(statements: Iterable[SlowStatement]) -> list[SlowStatement]:
    return sorted(statements, key=lambda statement: -statement.seconds)


def _write(file: Path, statements: list[SlowStatement]) -> None:
    """Replace the file as a whole: its readers are other processes."""
    fresh = file.with_suffix(".new")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as stream:
        stream.write(msgspec.json.encode(statements, enc_hook=str))
    fresh.replace(file)
