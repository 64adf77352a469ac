"""The clock's jobs: what runs when, and the unique row that lets each due time start only one run.

Two schedulers may both say that a job is due; both try to write the same slot, and only the first starts it. A slot whose
process died on the way is taken over: by its own order, when the broker delivers that again, or by the next sweep.
"""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from types import MappingProxyType

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from operations.pipeline import jobs
from operations.pipeline.models import ScheduleSlot
from perfhooks.liveness import is_holder_alive, this_holder
from perfhooks.tasks import enqueue

JOB_TASK = "operations.pipeline.tasks.run_job"
ATTEMPTS_ALLOWED = 3
"""A job that ends its process time and again is given up until its next due time."""


def sweep() -> dict[str, object]:
    """Find what lost messages and dead workers left behind, in the queue and in the schedule, and order it again."""
    return {**jobs.sweep_queue(), "slots_ordered": order_dead_slots()}


JOBS: Mapping[str, Callable[[], dict[str, object]]] = MappingProxyType(
    {
        "sync": jobs.run_sync,
        "sweep": sweep,
        "publish_due": jobs.publish_posts,
        "staleness": jobs.measure_staleness,
        "tidy_up": jobs.tidy_up,
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
    """Run a job unless its slot has been started already by a process that lives; returns whether it ran here.

    KeyError for an unknown job. What the job raises is noted in the slot and goes on.
    """
    run = JOBS[job]
    slot = _take_slot(job, find_slot(job, now or timezone.now()))
    if slot is None:
        return False
    try:
        result = run()
    except Exception as error:
        _end(slot, {"error": f"{type(error).__name__}: {error}"})
        raise
    _end(slot, result)
    return True


def order_dead_slots(*, now: datetime | None = None) -> int:
    """Order the jobs anew whose process died, and close those slots whose time has passed; returns how many it ordered."""
    ordered = 0
    for slot in ScheduleSlot.objects.filter(finished_at=None):
        if is_holder_alive(slot.holder):
            continue
        is_due = slot.job in JOBS and slot.slot_at == find_slot(slot.job, now or timezone.now())
        if is_due and slot.attempts < ATTEMPTS_ALLOWED:
            enqueue(JOB_TASK, slot.job)
            ordered += 1
        else:
            _end(slot, {"error": "실행하던 프로세스가 중간에 끝났습니다."})
    return ordered


@transaction.atomic
def _take_slot(job: str, slot_at: datetime) -> ScheduleSlot | None:
    """The slot, when this process is the one to run it."""
    slot, is_new = ScheduleSlot.objects.get_or_create(job=job, slot_at=slot_at, defaults={"holder": this_holder()})
    if is_new:
        return slot
    if slot.finished_at or slot.attempts >= ATTEMPTS_ALLOWED or is_holder_alive(slot.holder):
        return None
    # The old holder in the condition lets exactly one of several takers win.
    own = {"holder": this_holder(), "attempts": slot.attempts + 1}
    taken = ScheduleSlot.objects.filter(pk=slot.pk, holder=slot.holder, attempts=slot.attempts, finished_at=None)
    return slot if taken.update(**own) else None


def _end(slot: ScheduleSlot, result: dict[str, object]) -> None:
    slot.result, slot.finished_at = result, timezone.now()
    slot.save(update_fields=["result", "finished_at"])
