"""Bringing the raw samples of worker processes back to the run that ordered their work.

On a worker, each task runs under a recorder of its own whose samples are stored with the task's trace id; the run of
that trace id collects them at its end. Without a broker the run's own recorder sees everything itself.
"""

import time
from typing import Any

from celery import Task, signals
from django.db import transaction

from operations.pipeline.models import WorkerSamples
from perfhooks.recorder import Recorder
from perfhooks.trace import current_trace_id

STRAGGLERS_SECONDS = 3.0
"""How long to wait for tasks whose result is visible already but whose samples are not."""
_OPEN = "_pipeline_recorder"


def install(*, sync_task: str, entry_task: str) -> None:
    """Record these tasks on workers. Connected after perfhooks, whose span then closes before the recorder does."""
    names = {sync_task, entry_task}

    def begin(task: Task[Any, Any], **_kwargs: object) -> None:
        if task.name in names and not task.request.is_eager:
            setattr(task.request, _OPEN, (Recorder().__enter__(), current_trace_id()))

    def end(task: Task[Any, Any], **_kwargs: object) -> None:
        recorder, trace_id = task.request.__dict__.pop(_OPEN, (None, ""))
        if recorder is not None:
            recorder.__exit__(None, None, None)
            WorkerSamples.objects.create(trace_id=trace_id, samples=recorder.export())

    signals.task_prerun.connect(begin, weak=False, dispatch_uid="pipeline.begin_recording")
    signals.task_postrun.connect(end, weak=False, dispatch_uid="pipeline.end_recording")


def collect_samples(recorder: Recorder, *, trace_id: str, expected: int) -> int:
    """Add what workers stored for this trace id to the recorder, and drop it; returns how many tasks that was.

    expected: how many tasks should have stored something; a worker that was killed has not, so this waits only shortly.
    """
    own = WorkerSamples.objects.filter(trace_id=trace_id)
    until = time.monotonic() + STRAGGLERS_SECONDS
    while own.count() < expected and time.monotonic() < until:
        time.sleep(0.05)
    with transaction.atomic():
        rows = list(own.select_for_update().order_by("id"))
        for row in rows:
            recorder.absorb(row.samples)
        own.filter(pk__in=[row.pk for row in rows]).delete()
    return len(rows)
