"""Killed in the middle, a sync is picked up where it was: same run, same revision, hardly a call twice."""

import json
import os
import random
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from products.storesync.details import QUEUED_PER_WORKER
from products.storesync.simulator.process import SimulatorProcess
from tests.support.ledger import Ledger, open_ledger

READ_PRODUCTS = """
import django, json
django.setup()
from products.catalog.models import PriceObservation, Product, CatalogueRevision
from products.storesync.models import SyncFailure, SyncItem, SyncPage, SyncRun
left_out = {"id", "store_id", "category_id", "updated_at"}
names = [field.attname for field in Product._meta.concrete_fields if field.attname not in left_out]
rows = Product.objects.order_by("origin_product_no").values(*names, "category__source_id")
print(json.dumps({
    "products": [{key: str(value) for key, value in row.items()} for row in rows],
    "observations": PriceObservation.objects.count(),
    "revisions": list(CatalogueRevision.objects.values_list("number", flat=True)),
    "runs": list(SyncRun.objects.order_by("pk").values("status", "fetched", "created", "updated", "listed")),
    "work": [SyncPage.objects.count(), SyncItem.objects.count(), SyncFailure.objects.count()],
}))
"""
SMALL_PAGES, SMALL_BATCH, DEATHS = 7, 10, 3
SYNC_IN_SMALL_STEPS = f"""
import django, os
django.setup()
from django.conf import settings
from products.storesync import details
from products.storesync.services import start_run, sync_store
details.BATCH_ROWS = {SMALL_BATCH}
sync_store(run_id=start_run(store_code=settings.STORE_CODE), page_size=10, workers=1)
"""
RATE = 6
WORKERS = 4
FLUSH_SECONDS = 2


@pytest.fixture(scope="module")
def calm_store(small_catalogue: Path) -> Iterator[SimulatorProcess]:
    """A store that nobody changes or troubles."""
    with SimulatorProcess(small_catalogue) as process:
        yield process


@pytest.fixture
def slow_store(small_catalogue: Path) -> Iterator[SimulatorProcess]:
    """A store that takes ten seconds for all of its details, so that there is a middle."""
    with SimulatorProcess(small_catalogue, rate=RATE, burst=2 * RATE) as process:
        yield process


@pytest.fixture
def ledger(tmp_path: Path, migrated: Ledger, calm_store: SimulatorProcess) -> Iterator[Ledger]:
    """An empty ledger of its own, for commands that run as other processes."""
    with open_ledger(tmp_path / "ledger", like=migrated, STORE_API_URL=calm_store.url) as opened:
        yield opened


@pytest.fixture(scope="module")
def undisturbed(
    tmp_path_factory: pytest.TempPathFactory, migrated: Ledger, calm_store: SimulatorProcess
) -> dict[str, Any]:
    """What a run leaves that nobody kills."""
    with open_ledger(tmp_path_factory.mktemp("calm"), like=migrated, STORE_API_URL=calm_store.url) as calm:
        run_sync(calm)
        state = read(calm)
    assert (len(state["products"]), state["observations"]) == (63, 63)
    assert (state["revisions"], state["work"]) == ([1], [0, 0, 0])
    return state


def read(ledger: Ledger) -> dict[str, Any]:
    done = ledger.run("-c", READ_PRODUCTS)
    assert done.returncode == 0, done.stderr
    state: dict[str, Any] = json.loads(done.stdout)
    return state


def run_sync(ledger: Ledger, **environment: str) -> dict[str, Any]:
    done = ledger.run("manage.py", "sync_store", "--json", **environment)
    assert done.returncode == 0, done.stdout + done.stderr
    facts: dict[str, Any] = json.loads(done.stdout)
    return facts


@pytest.mark.slow
@pytest.mark.parametrize(
    "point",
    [
        "detail_fetch_seconds:20",
        pytest.param("list_fetch_seconds:1", marks=pytest.mark.promise),
        pytest.param("db_txn_seconds:1", marks=pytest.mark.promise),
    ],
)
def test_killed_at_any_stage_the_next_run_ends_as_an_undisturbed_one(
    ledger: Ledger, undisturbed: dict[str, Any], point: str
) -> None:
    kill = {"DJANGO_SETTINGS_MODULE": "tests.support.kill_settings", "KILL_AT": point}
    killed = ledger.run("manage.py", "sync_store", "--json", **kill)
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    run_sync(ledger)
    assert read(ledger) == undisturbed


@pytest.mark.promise
@pytest.mark.slow
@pytest.mark.parametrize("seed", [1])
def test_killed_again_and_again_at_any_point_it_repeats_a_page_and_what_was_under_way(
    ledger: Ledger, calm_store: SimulatorProcess, undisturbed: dict[str, Any], seed: int
) -> None:
    draw = random.Random(seed)
    points = {"list_fetch_seconds": SMALL_PAGES, "detail_fetch_seconds": 40, "db_txn_seconds": 3}
    calm_store.reset_counters()
    kills = 0
    for _death in range(DEATHS):
        name = draw.choice(sorted(points))
        kill_at = f"{name}:{draw.randint(1, points[name])}"
        done = ledger.run(
            "-c", SYNC_IN_SMALL_STEPS, KILL_AT=kill_at, DJANGO_SETTINGS_MODULE="tests.support.kill_settings"
        )
        kills += done.returncode == -signal.SIGKILL
        assert done.returncode in (0, -signal.SIGKILL), done.stderr
    done = ledger.run("-c", SYNC_IN_SMALL_STEPS)
    assert done.returncode == 0, done.stderr
    assert kills >= 1
    state = read(ledger)
    assert {name: state[name] for name in ("products", "observations", "revisions", "work")} == {
        name: undisturbed[name] for name in ("products", "observations", "revisions", "work")
    }
    assert {run["status"] for run in state["runs"]} == {"done"}
    counters = calm_store.counters()
    runs = len(state["runs"])
    assert counters["requests"]["/v1/products/search"] <= runs * SMALL_PAGES + kills, "at most one page for each death"
    repeated = sum(times - 1 for times in counters["details"].values())
    assert repeated <= kills * (SMALL_BATCH + QUEUED_PER_WORKER)


@pytest.mark.promise
@pytest.mark.slow
def test_a_killed_run_repeats_at_most_what_was_under_way(ledger: Ledger, slow_store: SimulatorProcess) -> None:
    address = {"STORE_API_URL": slow_store.url}
    process = ledger.start("manage.py", "sync_store", "--json", **address)
    end = time.monotonic() + 30
    while len(slow_store.counters()["details"]) < 34:
        assert time.monotonic() < end, "the sync never got so far"
        time.sleep(0.05)
    os.kill(process.pid, signal.SIGKILL)
    process.communicate()
    stored = len(read(ledger)["products"])
    assert 0 < stored <= 34
    facts = run_sync(ledger, **address)
    counters = slow_store.counters()
    assert (facts["status"], facts["created"], facts["fetched"]) == ("done", 63, 63)
    assert counters["requests"]["/v1/products/search"] == 1, "the list is not read again"
    repeated = sum(times - 1 for times in counters["details"].values())
    read_since_the_last_flush = FLUSH_SECONDS * RATE + RATE  # the second: turns that the pacer had kept
    assert repeated <= read_since_the_last_flush + WORKERS
    state = read(ledger)
    assert [run["status"] for run in state["runs"]] == ["done"]
    assert state["revisions"] == [1]
    assert state["observations"] == 63
