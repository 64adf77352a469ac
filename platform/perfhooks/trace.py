"""The trace id of the work in hand, and the tags that every log line within it carries.

Both live in context variables: they survive nested calls and Celery's eager tasks. A new thread starts with an empty
context; hand it work through `carry_context`.
"""

from __future__ import annotations

import re
import secrets
from contextlib import contextmanager
from contextvars import ContextVar, copy_context
from types import MappingProxyType
from typing import TYPE_CHECKING, ParamSpec, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

P = ParamSpec("P")
R = TypeVar("R")

TRACE_HEADER = "X-Trace-Id"

_SHAPE = re.compile(r"[0-9A-Za-z_-]{8,64}")
_trace_id: ContextVar[str] = ContextVar("perfhooks_trace_id")
_tags: ContextVar[Mapping[str, object]] = ContextVar("perfhooks_tags", default=MappingProxyType({}))


def new_trace_id() -> str:
    """Return a random trace id of 32 hexadecimal digits."""
    return secrets.token_hex(16)


def is_valid_trace_id(text: str) -> bool:
    """Whether text may be taken over as a trace id: 8 to 64 letters, digits, `_` or `-`."""
    return _SHAPE.fullmatch(text) is not None


def current_trace_id() -> str:
    """Return the trace id of this context; where none is bound, a new one is bound first."""
    trace_id = _trace_id.get("")
    if not trace_id:
        trace_id = new_trace_id()
        _trace_id.set(trace_id)
    return trace_id


@contextmanager
def bind_trace(trace_id: str | None = None) -> Iterator[str]:
    """Bind the given trace id (or a new one) within the block and yield it; raises ValueError on a malformed one."""
    if trace_id is not None and not is_valid_trace_id(trace_id):
        raise ValueError(f"trace_id {trace_id!r}: use 8 to 64 letters, digits, '_' or '-'")
    bound = trace_id or new_trace_id()
    token = _trace_id.set(bound)
    try:
        yield bound
    finally:
        _trace_id.reset(token)


@contextmanager
def bind_tags(**tags: object) -> Iterator[None]:
    """Add log fields (content_id, sku ...) to every line and span written within the block."""
    token = _tags.set({**_tags.get(), **tags})
    try:
        yield
    finally:
        _tags.reset(token)


def bound_tags() -> Mapping[str, object]:
    """Return the tags that are bound in this context."""
    return _tags.get()


def outgoing_headers() -> dict[str, str]:
    """Return the HTTP headers that carry the trace to another system."""
    return {TRACE_HEADER: current_trace_id()}


def carry_context(function: Callable[P, R]) -> Callable[P, R]:
    """Return `function` bound to the caller's trace, tags and current span, for use in any number of threads."""
    current_trace_id()
    context = copy_context()

    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        return context.copy().run(function, *args, **kwargs)

    return run
