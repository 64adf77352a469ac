"""The clock's jobs: what runs when, and the unique row that lets each due time start only one run.

Two schedulers may both say that a job is due; both try to write the same slot, and only the first starts it.
"""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from types import MappingProxyType

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from operations.pipeline import jobs
from operations.pipeline.models import ScheduleSlot

JOBS: Mapping[str, Callable[[], dict[str, object]]] = MappingProxyType(
    {
        "sync": jobs.run_sync,
        "sweep": jobs.sweep_queue,
        "staleness": jobs.measure_staleness,
        "weekly_report": jobs.write_weekly_report,
    }
)


def find_slot(job: str, now: datetime) -> datetime:
    """The due time that `now` belongs to: the last whole multiple of the job's period since the epoch, in UTC.

    KeyError for a job that settings.SCHEDULE does not name.
    """
    period = settings.SCHEDULE[job].total_seconds()
    return datetime.fromtimestamp(now.timestamp() // period * period, tz=UTC)


def run_scheduled(*, job: str, now: datetime | None = None) -> bool:
    """Run a job unless its slot has been started already; returns whether it ran here. KeyError for an unknown job."""
    run = JOBS[job]
    with transaction.atomic():
        slot, is_new = ScheduleSlot.objects.get_or_create(job=job, slot_at=find_slot(job, now or timezone.now()))
    if not is_new:
        return False
    slot.result = run()
    slot.finished_at = timezone.now()
    slot.save(update_fields=["result", "finished_at"])
    return True
