"""`span(name, **tags)`: the stopwatch of every stage, as a context manager and as a decorator.

On leaving, one span observes its histogram, hands the raw sample to the active recorders and writes one log line:
event (the metric's name), seconds, trace_id, content_id, sku, parent, the other tags, queries and rows_written of this
thread where counting is on, and the error's type where one was raised. Where `perfhooks.otel` exports, the span goes to
the collector too. `scripts/bench_span.py` measures its cost.
"""

from __future__ import annotations

import inspect
from contextvars import ContextVar, Token
from functools import wraps
from time import perf_counter
from typing import TYPE_CHECKING, ParamSpec, Self, TypeVar

from perfhooks import logs, otel, recorder
from perfhooks.metrics import Channel, open_channel
from perfhooks.registry import RegistryError
from perfhooks.tally import tally
from perfhooks.trace import bound_tags

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

    from perfhooks.otel_export import OpenSpan

P = ParamSpec("P")
R = TypeVar("R")

_current: ContextVar[Span | None] = ContextVar("perfhooks_span", default=None)


class Span:
    """One timed stretch of work under the name of a registered histogram in seconds.

    Tags that the metric declares as labels become labels, all others are log fields only. An unknown name, or one that
    is no histogram in seconds, raises `RegistryError` when the span is made: for a decorator that is at import.
    """

    __slots__ = (
        "_channel",
        "_exported",
        "_queries",
        "_rows",
        "_started",
        "_token",
        "name",
        "parent",
        "seconds",
        "tags",
    )

    def __init__(self, name: str, /, **tags: object) -> None:
        self._channel = _duration_channel(name)
        self.name = name
        self.tags = tags
        self.parent = ""
        self.seconds = 0.0

    def __enter__(self) -> Self:
        outer = _current.get()
        self.parent = outer.name if outer is not None else ""
        self._token: Token[Span | None] = _current.set(self)
        self._exported: OpenSpan | None = None
        if otel.exporter is not None:
            self._exported = otel.exporter.begin(self.name, outer._exported if outer is not None else None)
        self._queries, self._rows = tally.queries, tally.rows_written
        self._started = perf_counter()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.seconds = perf_counter() - self._started
        _current.reset(self._token)
        queries, rows = tally.queries - self._queries, tally.rows_written - self._rows
        channel = self._channel
        tags = {**bound_tags(), **self.tags} if recorder.active_recorders() else self.tags
        channel.observe(self.seconds, channel.known_values(self.tags), tags, queries, rows)
        if logs.is_span_written:
            self._write_line(kind, queries, rows)
        if self._exported is not None and otel.exporter is not None:
            otel.exporter.end(self._exported, {**self.tags, "queries": queries, "rows_written": rows}, kind)

    def __call__(self, function: Callable[P, R]) -> Callable[P, R]:
        """Time every call of `function`; raises TypeError for one that only makes its work (generator, coroutine)."""
        if inspect.isgeneratorfunction(function) or inspect.iscoroutinefunction(function):
            raise TypeError(f"span({self.name!r}) cannot time {function.__qualname__}: open the span inside of it")
        name, tags = self.name, self.tags

        @wraps(function)
        def timed(*args: P.args, **kwargs: P.kwargs) -> R:
            with Span(name, **tags):
                return function(*args, **kwargs)

        return timed

    def set(self, /, **fields: object) -> None:
        """Add log fields, or labels of the metric, that are known only after the span began."""
        self.tags.update(fields)

    def _write_line(self, kind: type[BaseException] | None, queries: int, rows: int) -> None:
        fields = {"seconds": round(self.seconds, 7), "parent": self.parent or None, **self.tags}
        if tally.is_counting:
            fields["queries"], fields["rows_written"] = queries, rows
        if kind is not None:
            fields["error"] = kind.__name__
        if "event" in fields:  # the line's own event is the metric's name
            fields["event_tag"] = fields.pop("event")
        logs.span_logger.info(self.name, **fields)


span = Span


def current_span() -> Span | None:
    """Return the innermost open span of this context."""
    return _current.get()


def _duration_channel(name: str) -> Channel:
    channel = open_channel(name, "histogram")
    if not channel.metric.is_duration:
        raise RegistryError(f"metric {name!r} counts {channel.metric.unit}, a span needs seconds")
    return channel
