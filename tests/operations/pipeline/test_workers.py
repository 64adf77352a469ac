"""The same run on real workers over a real broker gives the same rows and the same bytes, also when one is killed."""

import json
import os
import signal
import subprocess
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from products.storesync.simulator.process import SimulatorProcess
from tests.operations.pipeline.conftest import POSTS
from tests.support.ledger import Ledger, open_ledger, wait_until
from tests.support.services import require

pytestmark = [pytest.mark.broker, pytest.mark.slow]


ORDER_SYNC = """
import django
django.setup()
from operations.pipeline.tasks import run_job
run_job.delay("sync")
"""
READ_SLOTS = """
import django, json
django.setup()
from operations.pipeline.models import PipelineRun, ScheduleSlot, WorkerSamples
print(json.dumps({
    "slots": list(ScheduleSlot.objects.exclude(finished_at=None).values_list("job", "attempts", "result__status")),
    "runs": list(PipelineRun.objects.order_by("id").values_list("store_code", "status")),
    "samples": WorkerSamples.objects.count(),
}))
"""


@pytest.fixture
def broker() -> str:
    """The broker of the suite; each test has a queue of its own."""
    from django.db import connection

    url = os.environ.get("TEST_BROKER_URL", "")
    is_server = connection.vendor == "postgresql"
    if not is_server and not url:
        pytest.skip("tasks run in process on SQLite: set DATABASE_URL and TEST_BROKER_URL for this test")
    require("a message broker", bool(url), "set TEST_BROKER_URL=amqp://... or redis://...")
    return url


def start_worker(ledger: Ledger, **environment: str) -> subprocess.Popen[str]:
    """A Celery worker of one process under a name of its own, as two workers of one name lock each other out."""
    name = f"worker-{uuid.uuid4().hex[:8]}@%h"
    command = ("-m", "celery", "-A", "project", "worker", "--pool", "solo", "--loglevel", "WARNING", "--hostname", name)
    return ledger.start(*command, **environment)


@contextmanager
def run_worker(ledger: Ledger) -> Iterator[int]:
    """A worker, gone at the end."""
    process = start_worker(ledger)
    try:
        yield process.pid
    finally:
        if process.poll() is None:
            process.terminate()
        process.communicate(timeout=30)


@contextmanager
def on_workers(
    folder: Path, seeded: Ledger, simulator: SimulatorProcess, broker: str, **environment: str
) -> Iterator[Ledger]:
    """A ledger whose tasks go to the broker."""
    own = {"STORE_API_URL": simulator.url, "CELERY_BROKER_URL": broker, "CELERY_QUEUE": f"test-{uuid.uuid4().hex[:8]}"}
    with open_ledger(folder, like=seeded, **own, **environment) as ledger:
        yield ledger


def test_workers_and_one_process_end_in_the_same_state(
    broker: str, tmp_path: Path, seeded: Ledger, undisturbed: dict[str, Any], simulator: SimulatorProcess
) -> None:
    with on_workers(tmp_path / "workers", seeded, simulator, broker) as ledger, run_worker(ledger):
        report = ledger.pipeline()
        state = ledger.read_state()
    for name, rows in undisturbed.items():
        assert state[name] == rows, name
    measured = {stage["metric"] for stage in report["stages"]}
    assert {"detail_fetch_seconds", "db_upsert_seconds", "package_build_seconds"} <= measured


@pytest.mark.parametrize("point", ["detail_fetch_seconds:20", "zip_seconds:4"])
def test_a_killed_worker_loses_nothing(
    broker: str,
    point: str,
    tmp_path: Path,
    seeded: Ledger,
    undisturbed: dict[str, Any],
    simulator: SimulatorProcess,
) -> None:
    with on_workers(tmp_path / "workers", seeded, simulator, broker) as ledger:
        pipeline = ledger.start("manage.py", "pipeline", "--json")
        doomed = start_worker(ledger, DJANGO_SETTINGS_MODULE="tests.support.kill_settings", KILL_AT=point)
        _out, words = doomed.communicate(timeout=120)
        assert doomed.returncode == -signal.SIGKILL, words
        with run_worker(ledger):
            out, err = pipeline.communicate(timeout=300)
            assert pipeline.returncode == 0, out + err
        state = ledger.read_state()
    for name, rows in undisturbed.items():
        assert state[name] == rows, name


def read_slots(ledger: Ledger) -> dict[str, Any]:
    """How the schedule's slots ended, and the runs with their stores."""
    done = ledger.run("-c", READ_SLOTS)
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def order_sync(ledger: Ledger) -> None:
    """What the clock does when the sync is due."""
    done = ledger.run("-c", ORDER_SYNC)
    assert done.returncode == 0, done.stderr


def test_the_scheduled_pipeline_needs_no_second_worker(
    broker: str, tmp_path: Path, seeded: Ledger, simulator: SimulatorProcess
) -> None:
    with on_workers(tmp_path / "workers", seeded, simulator, broker, STORE_CODE="hanbit") as ledger:
        order_sync(ledger)
        with run_worker(ledger):
            wait_until(lambda: read_slots(ledger)["slots"], seconds=120, what="the scheduled sync")
        found = read_slots(ledger)
        assert found == {"slots": [["sync", 1, "done"]], "runs": [["hanbit", "done"]], "samples": 0}
        assert len(ledger.read_state()["packages"]) == POSTS


@pytest.mark.parametrize("point", ["detail_fetch_seconds:20", "zip_seconds:4"])
def test_a_scheduled_pipeline_whose_worker_was_killed_is_taken_over(
    broker: str, point: str, tmp_path: Path, seeded: Ledger, simulator: SimulatorProcess
) -> None:
    settings = {"DJANGO_SETTINGS_MODULE": "tests.support.kill_settings"}
    with on_workers(tmp_path / "workers", seeded, simulator, broker, **settings) as ledger:
        order_sync(ledger)
        doomed = start_worker(ledger, KILL_AT=point)
        _out, words = doomed.communicate(timeout=120)
        assert doomed.returncode == -signal.SIGKILL, words
        order_sync(ledger)  # Redis delivers a dead worker's message much later than the clock's next word
        with run_worker(ledger):
            wait_until(lambda: read_slots(ledger)["slots"], seconds=120, what="the scheduled sync")
        found = read_slots(ledger)
        assert found["slots"] == [["sync", 2, "done"]]
        assert found["runs"] == [["my-store", "failed"], ["my-store", "done"]]
        assert len(ledger.read_state()["packages"]) == POSTS
