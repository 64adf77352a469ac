"""Bringing the raw samples of worker processes back to the run that ordered their work."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings
from django.db import transaction

from operations.pipeline.models import WorkerSamples
from perfhooks.recorder import Recorder
from perfhooks.trace import current_trace_id


@contextmanager
def record_for_run() -> Iterator[None]:
    """Keep the samples of this block for the run of the same trace id; without a broker its own recorder sees them."""
    if settings.CELERY_TASK_ALWAYS_EAGER:
        yield
        return
    with Recorder() as recorder:
        yield
    WorkerSamples.objects.create(trace_id=current_trace_id(), samples=recorder.export())


@transaction.atomic
def collect_samples(recorder: Recorder, *, trace_id: str) -> int:
    """Add what workers handed in for this trace id to the recorder, and drop it; returns how many tasks that was."""
    rows = list(WorkerSamples.objects.select_for_update().filter(trace_id=trace_id).order_by("id"))
    for row in rows:
        recorder.absorb(row.samples)
    WorkerSamples.objects.filter(pk__in=[row.pk for row in rows]).delete()
    return len(rows)
