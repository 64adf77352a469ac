"""The whole flow on a real store: what a run does, and that the next one does only what is needed."""

import json
import signal
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from products.storesync.simulator.process import SimulatorProcess
from tests.operations.pipeline.conftest import POSTS
from tests.support.ledger import Ledger, open_ledger, wait_until, write_small_catalogue

pytestmark = [pytest.mark.slow]

FIND_TRACES = """
import django, json
django.setup()
from content.packages.models import Package
from content.refresh.models import RefreshEntry
from operations.pipeline.models import PipelineRun
from products.catalog.models import CatalogueRevision, PriceObservation
from products.storesync.models import SyncRun
models = (PipelineRun, SyncRun, CatalogueRevision, PriceObservation, RefreshEntry, Package)
print(json.dumps({m.__name__: sorted(set(m.objects.values_list("trace_id", flat=True))) for m in models}))
"""
LIST_SHOWN = """
import django, json
django.setup()
from content.posts.models import Post
from products.catalog.models import Placement
slugs = dict(Post.objects.values_list("id", "slug"))
shown = Placement.objects.values_list("content_id", "product__origin_product_no")
print(json.dumps([[slugs[post], number] for post, number in shown]))
"""
LIST_WORK = """
import django, json, sys
django.setup()
from content.refresh.models import RefreshEntry
from products.storesync.models import SyncRun
entries = RefreshEntry.objects.filter(trace_id=sys.argv[1]).order_by("post__slug")
run = SyncRun.objects.latest("id")
print(json.dumps({
    "queued": list(entries.values_list("post__slug", "reason", "outcome")),
    "written": [run.created, run.updated, run.deleted],
}))
"""
INTERRUPTED = """
import django, json
django.setup()
from operations.pipeline.models import PipelineRun
run = PipelineRun.objects.latest("id")
print(json.dumps([run.status, run.error, run.finished_at is not None]))
"""


@pytest.fixture
def own_store(catalogue: Path, seeded: Ledger, tmp_path: Path) -> Iterator[tuple[Ledger, SimulatorProcess]]:
    """A ledger and a store that the test may change."""
    with (
        SimulatorProcess(catalogue) as simulator,
        open_ledger(tmp_path / "own", like=seeded, STORE_API_URL=simulator.url) as ledger,
    ):
        yield ledger, simulator


@pytest.fixture
def wide_store(tmp_path: Path, migrated: Ledger) -> Iterator[tuple[Ledger, SimulatorProcess]]:
    """A ledger and a store with so many products that a change of 37 leaves posts alone."""
    catalogue = write_small_catalogue(tmp_path / "wide.jsonl", every=4)
    with (
        SimulatorProcess(catalogue) as simulator,
        open_ledger(tmp_path / "own", like=migrated, STORE_API_URL=simulator.url) as ledger,
    ):
        ledger.write_posts(catalogue, posts=2 * POSTS)
        yield ledger, simulator


def test_the_second_run_writes_nothing_and_builds_nothing(own_store: tuple[Ledger, SimulatorProcess]) -> None:
    ledger, simulator = own_store
    first = ledger.pipeline()["counts"]
    assert (first["products_seen"], first["products_written"], first["packages_built"]) == (63, 63, POSTS)
    before = ledger.read_state()
    simulator.reset_counters()
    second = ledger.pipeline()["counts"]
    assert (second["details_fetched"], second["products_written"], second["packages_built"]) == (0, 0, 0)
    assert second["packages_skipped"] == POSTS
    assert ledger.read_state() == before


@pytest.mark.promise
def test_only_what_a_change_concerns_is_done_again(wide_store: tuple[Ledger, SimulatorProcess]) -> None:
    ledger, simulator = wide_store
    posts = ledger.pipeline()["counts"]["packages_built"]
    before = ledger.read_state()
    shown = json.loads(ledger.run("-c", LIST_SHOWN).stdout)
    changed = set(simulator.change_random(37, seed=7, fields=("salePrice", "stockQuantity")))
    affected = sorted({slug for slug, product_no in shown if product_no in changed})
    assert len(changed) == 37
    assert 0 < len(affected) < posts
    simulator.reset_counters()
    report = ledger.pipeline()
    counts = report["counts"]
    assert (counts["details_fetched"], counts["products_written"]) == (37, 37)
    work = json.loads(ledger.run("-c", LIST_WORK, report["trace_id"]).stdout)
    assert work["written"] == [0, 37, 0]
    assert work["queued"] == [[slug, "product_changed", "built"] for slug in affected]
    after = ledger.read_state()
    assert sorted(row["post__slug"] for row in after["packages"] if row not in before["packages"]) == affected
    assert sorted(row["post__slug"] for row in before["packages"] if row not in after["packages"]) == affected
    rebuilt, left = counts["packages_built"], counts["packages_skipped"]
    assert (counts["posts_worked"], rebuilt, left) == (len(affected), len(affected), posts - len(affected))
    rendered = next(stage for stage in report["stages"] if stage["metric"] == "template_render_seconds")
    assert rendered["count"] == len(affected)


@pytest.mark.promise
def test_a_text_that_no_database_keeps_stops_nothing(own_store: tuple[Ledger, SimulatorProcess]) -> None:
    ledger, simulator = own_store
    first, second = sorted(simulator.catalogue())[:2]
    odd = {"name": "무선\x00 청소\ud800기", "description": "가볍고\x00 조용합니다."}
    simulator.mutate([{"originProductNo": first, "set": odd}, {"originProductNo": second, "set": {"name": "\x00"}}])
    done = ledger.run("manage.py", "pipeline", "--json")
    counts = json.loads(done.stdout)["counts"]
    assert (done.returncode, counts["products_written"], counts["products_refused"]) == (2, 62, 1)
    names = {row["origin_product_no"]: row["name"] for row in ledger.read_state()["products"]}
    assert names[str(first)] == "무선 청소기"
    assert str(second) not in names, "a name of nothing else is no name"


@pytest.mark.promise
def test_a_refused_product_is_not_counted_as_unchanged(own_store: tuple[Ledger, SimulatorProcess]) -> None:
    ledger, simulator = own_store
    ledger.pipeline()
    *refused, renamed = sorted(simulator.catalogue())[:4]
    edits = [{"originProductNo": number, "set": {"salePrice": 0}} for number in refused]
    simulator.mutate([*edits, {"originProductNo": renamed, "set": {"name": "새 이름"}}])
    done = ledger.run("manage.py", "pipeline", "--json")
    assert done.returncode == 2
    counts = json.loads(done.stdout)["counts"]
    assert (counts["products_seen"], counts["products_written"]) == (63, 1)
    assert (counts["products_refused"], counts["products_skipped"]) == (3, 59)


@pytest.mark.promise
def test_a_killed_run_is_not_carried_on_with_another_catalogue(
    ledger: Ledger, catalogue: Path, tmp_path: Path, free_port: int
) -> None:
    rows = [json.loads(line) for line in catalogue.read_text("utf-8").splitlines()[:31]]
    other = tmp_path / "other" / catalogue.name
    other.parent.mkdir()
    lines = [json.dumps({**row, "name": f"다른 {row['name']}"}, ensure_ascii=False) for row in rows]
    other.write_text("\n".join(lines), "utf-8")
    command = ("manage.py", "pipeline", "--json", "--port", str(free_port), "--catalogue")
    killer = {"DJANGO_SETTINGS_MODULE": "tests.support.kill_settings", "KILL_AT": "detail_fetch_seconds:30"}
    killed = ledger.run(*command, str(catalogue), **killer)
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    done = ledger.run(*command, str(other))
    assert done.returncode == 0, done.stdout + done.stderr
    assert json.loads(done.stdout)["counts"]["products_seen"] == 31
    served = {str(row["originProductNo"]) for row in rows}
    names = {row["origin_product_no"]: row["name"] for row in ledger.read_state()["products"]}
    assert all(names[number].startswith("다른 ") for number in served)


def test_one_trace_id_leads_from_the_request_to_the_package(ledger: Ledger, simulator: SimulatorProcess) -> None:
    simulator.reset_counters()
    trace_id = ledger.pipeline()["trace_id"]
    found = json.loads(ledger.run("-c", FIND_TRACES).stdout)
    assert found == {name: [trace_id] for name in found}
    assert trace_id in simulator.counters()["trace_ids"]


def test_a_package_can_be_posted_from(ledger: Ledger) -> None:
    ledger.pipeline()
    path = next((ledger.folder / "jangbu-test" / "packages").rglob("guide-01-*.zip"))
    with zipfile.ZipFile(path) as package:
        names = package.namelist()
        html = package.read("post.html").decode()
        manifest = json.loads(package.read("manifest.json"))
    pictures = [name for name in names if name.endswith(".jpg")]
    assert {"post.html", "post.txt", "manifest.json"} < set(names)
    assert pictures == [item["name"] for item in manifest["images"]]
    assert pictures[0].startswith("01_")
    assert html.index("직접 판매") < min(html.index(mark) for mark in ("<img", "<a ", "<table") if mark in html)
    assert "2026-11-22 09:00 기준" in html
    assert "원" in html[html.index("<table") :]


@pytest.mark.promise
@pytest.mark.parametrize(
    ("environment", "words"),
    [
        ({"STORE_CLIENT_SECRET": "$2a$04$......................"}, ["client_secret"]),
        ({"STORE_API_URL": "http://127.0.0.1:9/external"}, ["연결할 수 없습니다", "STORE_API_URL"]),
        ({"STORE_API_URL": ""}, ["STORE_API_URL"]),
    ],
    ids=["wrong secret", "unreachable store", "no store"],
)
def test_a_store_that_cannot_be_read_fails_the_run_and_says_why(
    ledger: Ledger, environment: dict[str, str], words: list[str]
) -> None:
    done = ledger.run("manage.py", "pipeline", "--json", **environment)
    assert done.returncode == 1
    report = json.loads(done.stdout)
    assert report["status"] == "failed"
    assert all(word in report["error"] for word in words), report["error"]
    assert ledger.read_state()["products"] == []
    assert ledger.pipeline()["counts"]["products_written"] == 63


def test_a_torn_catalogue_file_is_named_with_its_line(ledger: Ledger, catalogue: Path, tmp_path: Path) -> None:
    torn = tmp_path / "torn.jsonl"
    torn.write_text(catalogue.read_text("utf-8")[:-200], "utf-8")
    done = ledger.run("manage.py", "pipeline", "--catalogue", str(torn), "--port", "0")
    assert done.returncode == 1
    assert "torn.jsonl" in done.stderr
    assert "63" in done.stderr
    assert ledger.read_state()["products"] == []


@pytest.mark.promise
def test_a_scenario_of_the_simulated_store_is_played(ledger: Ledger, catalogue: Path, free_port: int) -> None:
    played = ("--catalogue", str(catalogue), "--port", str(free_port), "--scenario", "price_zero", "--speed", "50")
    done = ledger.run("manage.py", "pipeline", "--json", *played)
    counts = json.loads(done.stdout)["counts"]
    assert (done.returncode, counts["products_refused"], counts["products_written"]) == (2, 1, 62)
    alone = ledger.run("manage.py", "pipeline", "--scenario", "price_zero")
    assert (alone.returncode, "--catalogue" in alone.stderr) == (1, True)


@pytest.mark.promise
def test_two_pipelines_do_not_run_at_once(ledger: Ledger, simulator: SimulatorProcess) -> None:
    simulator.reset_counters()
    simulator.faults("hang", "list", seconds=8, times=1)
    first = ledger.start("manage.py", "pipeline", "--json")
    wait_until(lambda: simulator.counters()["in_flight"] > 0, seconds=60, what="the first run's list call")
    second = ledger.run("manage.py", "pipeline", "--json")
    assert second.returncode == 1
    assert "진행 중" in second.stderr
    out, err = first.communicate(timeout=120)
    assert first.returncode == 0, out + err


@pytest.mark.promise
def test_a_run_that_is_told_to_stop_does_not_stay_under_way(ledger: Ledger, simulator: SimulatorProcess) -> None:
    simulator.reset_counters()
    simulator.faults("hang", "list", seconds=4, times=1)
    run = ledger.start("manage.py", "pipeline", "--json")
    wait_until(lambda: simulator.counters()["in_flight"] > 0, seconds=60, what="the run's list call")
    run.terminate()
    out, err = run.communicate(timeout=120)
    assert run.returncode == 128 + signal.SIGTERM, out + err
    status, error, is_finished = json.loads(ledger.run("-c", INTERRUPTED).stdout)
    assert (status, is_finished) == ("failed", True)
    assert "Terminated" in error
    assert ledger.pipeline()["counts"]["products_written"] == 63
