"""The trace id on its way through Celery, and the time of every task.

Publishing puts the trace id into the message's headers; the worker binds it around the task and opens the span
`task_seconds`. A task that runs eagerly keeps the caller's trace.
"""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

from celery import signals

from perfhooks.spans import Span
from perfhooks.trace import bind_trace, current_trace_id, is_valid_trace_id

if TYPE_CHECKING:
    from celery import Task

HEADER = "trace_id"
_OPEN = "_perfhooks_open"


def install() -> None:
    """Connect to Celery's signals; calling it again changes nothing."""
    signals.before_task_publish.connect(_put_trace, dispatch_uid="perfhooks.put_trace")
    signals.task_prerun.connect(_begin_task, dispatch_uid="perfhooks.begin_task")
    signals.task_postrun.connect(_end_task, dispatch_uid="perfhooks.end_task")
    signals.setup_logging.connect(_keep_logging, dispatch_uid="perfhooks.keep_logging")


def _put_trace(headers: dict[str, Any], **_kwargs: object) -> None:
    headers.setdefault(HEADER, current_trace_id())


def _begin_task(task: Task[Any, Any], task_id: str, **_kwargs: object) -> None:
    open_blocks = ExitStack()
    open_blocks.enter_context(bind_trace(_trace_of(task)))
    timed = open_blocks.enter_context(Span("task_seconds", task=task.name, task_id=task_id))
    setattr(task.request, _OPEN, (open_blocks, timed))


def _end_task(task: Task[Any, Any], state: str | None = None, **_kwargs: object) -> None:
    open_blocks, timed = task.request.__dict__.pop(_OPEN, (None, None))
    if open_blocks is not None:
        timed.set(state=state)
        open_blocks.close()


def _trace_of(task: Task[Any, Any]) -> str:
    """Return the trace id that travelled with the task, else that of this context."""
    request = task.request
    travelled = getattr(request, HEADER, None) or (request.headers or {}).get(HEADER)
    return travelled if travelled and is_valid_trace_id(travelled) else current_trace_id()


def _keep_logging(**_kwargs: object) -> None:
    """Say that logging is set up already; without a receiver Celery would put its own handlers in place."""
