"""Long work begun by a request: done by a Celery worker, or without a broker by a thread beside the request."""

import threading
from typing import Any, Protocol

import structlog
from django.conf import settings
from django.db import connections

from perfhooks.trace import bind_trace, current_trace_id

log = structlog.get_logger()


class Task(Protocol):
    """A Celery task: called it does its work, by `delay` a worker does."""

    name: str

    def delay(self, *args: Any) -> Any:
        """Leave it to a worker."""

    def __call__(self, *args: Any) -> Any:
        """Do it here."""


def hand_over(task: Task, *args: Any) -> None:
    """Have the task done, and return at once. Work must be such that what dies with its process can be gone on with."""
    if not settings.CELERY_TASK_ALWAYS_EAGER:
        task.delay(*args)
        return
    threading.Thread(target=_work, args=(task, args, current_trace_id()), name=task.name, daemon=True).start()


def _work(task: Task, args: tuple[Any, ...], trace_id: str) -> None:
    try:
        with bind_trace(trace_id):
            task(*args)
    except Exception:
        log.exception("work_stopped", task=task.name, arguments=args)
    finally:
        connections.close_all()
