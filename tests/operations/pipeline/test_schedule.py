"""Scheduled jobs: each due time starts one run, however many schedulers say so."""

import threading
from datetime import UTC, datetime, timedelta

import pytest
from django.conf import settings
from django.db import connections

from operations.pipeline import schedule
from operations.pipeline.models import ScheduleSlot
from perfhooks.liveness import this_holder

DEAD = ":".join([this_holder().split(":")[0], "999999999", "1"])
NOON = datetime(2026, 11, 23, 12, 7, tzinfo=UTC)


def test_every_scheduled_job_exists_and_the_other_way_round() -> None:
    assert set(settings.SCHEDULE) == set(schedule.JOBS)
    assert {str(entry["args"]) for entry in settings.CELERY_BEAT_SCHEDULE.values()} == {
        f"('{job}',)" for job in schedule.JOBS
    }


def test_a_slot_is_a_whole_multiple_of_the_period() -> None:
    assert schedule.find_slot("staleness", NOON) == NOON.replace(minute=0)
    assert schedule.find_slot("sweep", NOON) == NOON.replace(minute=5)


@pytest.mark.django_db(transaction=True)
def test_of_several_schedulers_one_starts_the_job() -> None:
    ran: list[bool] = []

    def order() -> None:
        ran.append(schedule.run_scheduled(job="staleness", now=NOON))
        connections.close_all()

    threads = [threading.Thread(target=order) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(ran) == [False, False, False, True]
    assert ScheduleSlot.objects.get().finished_at is not None
    assert schedule.run_scheduled(job="staleness", now=NOON + timedelta(hours=1))


@pytest.mark.django_db(transaction=True)
def test_each_job_runs_on_an_empty_ledger_and_keeps_its_result() -> None:
    for job in schedule.JOBS:
        assert schedule.run_scheduled(job=job, now=NOON)
    assert ScheduleSlot.objects.filter(finished_at=None).count() == 0
    assert ScheduleSlot.objects.get(job="sync").result == {"skipped": "STORE_API_URL이 비어 있습니다."}


def leave_slot(job: str, *, holder: str = DEAD, **values: object) -> ScheduleSlot:
    """The slot of noon as a process left it that did not finish."""
    values = {"slot_at": schedule.find_slot(job, NOON), **values}
    return ScheduleSlot.objects.create(job=job, holder=holder, **values)


@pytest.mark.django_db(transaction=True)
def test_a_slot_whose_process_died_is_taken_over_by_one() -> None:
    slot = leave_slot("staleness")
    assert schedule.run_scheduled(job="staleness", now=NOON)
    assert not schedule.run_scheduled(job="staleness", now=NOON)
    slot.refresh_from_db()
    assert (slot.attempts, slot.holder) == (2, this_holder())
    assert slot.finished_at is not None


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("holder", [this_holder(), "another-host:1:1"], ids=["this process", "another machine"])
def test_a_slot_whose_process_may_be_at_work_is_left_to_it(holder: str) -> None:
    leave_slot("staleness", holder=holder)
    assert not schedule.run_scheduled(job="staleness", now=NOON)
    assert schedule.order_dead_slots(now=NOON) == 0
    assert ScheduleSlot.objects.get().finished_at is None


@pytest.mark.django_db(transaction=True)
def test_a_job_that_ends_its_process_each_time_is_given_up() -> None:
    slot = leave_slot("staleness", attempts=schedule.ATTEMPTS_ALLOWED)
    assert not schedule.run_scheduled(job="staleness", now=NOON)
    assert schedule.order_dead_slots(now=NOON) == 0
    slot.refresh_from_db()
    assert "프로세스" in slot.result["error"]
    assert slot.finished_at is not None


@pytest.mark.django_db(transaction=True)
def test_the_sweep_orders_a_crashed_job_again_and_closes_what_is_past() -> None:
    now = datetime.now(UTC)
    crashed = leave_slot("weekly_report", slot_at=schedule.find_slot("weekly_report", now))
    past = leave_slot("sync")
    assert schedule.run_scheduled(job="sweep")
    assert ScheduleSlot.objects.get(job="sweep").result["slots_ordered"] == 1
    crashed.refresh_from_db()
    past.refresh_from_db()
    assert (crashed.attempts, "file" in crashed.result) == (2, True)
    assert past.finished_at is not None
    assert "프로세스" in past.result["error"]


@pytest.mark.django_db(transaction=True)
def test_a_job_that_fails_says_so_in_its_slot(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail() -> dict[str, object]:
        raise ZeroDivisionError("a defect")

    monkeypatch.setattr(schedule, "JOBS", {**schedule.JOBS, "staleness": fail})
    with pytest.raises(ZeroDivisionError):
        schedule.run_scheduled(job="staleness", now=NOON)
    slot = ScheduleSlot.objects.get()
    assert slot.result == {"error": "ZeroDivisionError: a defect"}
    assert slot.finished_at is not None
