"""Scheduled jobs: each due time starts one run, however many schedulers say so."""

import threading
from datetime import UTC, datetime, timedelta

import pytest
from django.conf import settings
from django.db import connections

from operations.pipeline import schedule
from operations.pipeline.models import ScheduleSlot

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
