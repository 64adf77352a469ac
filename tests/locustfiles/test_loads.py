"""Real loads on a real server: their exit status, their raw timings, and what they leave in the database."""

import json
import re
import sqlite3
import subprocess
import sys

import pytest

from scripts.load_server import ROOT, run_quietly
from tests.locustfiles.conftest import PRODUCTS, Target

pytestmark = [pytest.mark.slow, pytest.mark.once]
AS_FAST = ("--users", "2", "--spawn-rate", "2", "--rate-per-user", "0")
NAMES = {f"/admin/products [{kind}]" for kind in ("first", "filter", "sort", "page", "search", "priority")}


def test_editors_keep_generous_budgets_and_leave_full_timings(target: Target) -> None:
    load = target.run("admin_products.py", *AS_FAST, "--run-time", "8s", "--min-samples", "3")

    assert load.status == 0, load.output
    assert [(timing.method, timing.status) for timing in load.timings[:2]] == [("GET", 200), ("POST", 302)]
    assert {timing.name for timing in load.timings} <= {*NAMES, "/admin/login", "/admin/products/[id]"}
    assert [timing.error for timing in load.timings if timing.error] == []
    saves = [timing for timing in load.timings if timing.name == "/admin/products [priority]"]
    assert {(save.method, save.status) for save in saves} == {("POST", 302)}
    digits = [re.search(r",\d+\.(\d+),\d+,\d+,$", line) for line in load.lines[1:]]
    assert all(digits)
    assert max(len(found[1]) for found in digits if found) >= 6
    with sqlite3.connect(target.database) as database:
        (edits,) = database.execute("SELECT sum(version) FROM catalog_product").fetchone()
        (counted,) = database.execute("SELECT count(*) FROM django_admin_log").fetchone()
    assert edits == counted >= len(saves) > 0


def test_a_broken_budget_ends_with_one_and_says_which(target: Target) -> None:
    options = (*AS_FAST, "--run-time", "3s", "--min-samples", "1")
    load = target.run("admin_products.py", *options, limit_ms=0.001)
    assert load.status == 1
    assert re.search(r"admin_product_list_p95_ms: [\d,.]+이\(가\) 예산 0.001을\(를\) 넘었습니다", load.output)


def test_too_few_samples_end_with_three(target: Target) -> None:
    load = target.run("admin_products.py", *AS_FAST, "--run-time", "2s")
    assert load.status == 3
    assert "표본" in load.output
    assert "필요 400개" in load.output


def test_a_rate_that_was_not_reached_ends_with_three(target: Target) -> None:
    asked = ("--users", "1", "--rate-per-user", "2000", "--run-time", "2s", "--min-samples", "1")
    load = target.run("admin_products.py", *asked)
    assert load.status == 3
    assert re.search(r"요청한 속도 [\d,.]+/s 가운데 [\d,.]+/s만 보냈습니다", load.output)


def test_machines_search_follow_cursors_and_change_priorities(target: Target) -> None:
    load = target.run("api_products.py", *AS_FAST, "--run-time", "15s")
    assert load.status == 0, load.output
    assert {timing.status for timing in load.timings if timing.name != "/admin/login"} == {200}
    asked = {(timing.method, timing.name) for timing in load.timings}
    assert {("GET", "/api/v1/products [search]"), ("PATCH", "/api/v1/products/[id] [priority]")} <= asked


def test_a_shape_brings_editors_and_machines_in_stages(target: Target) -> None:
    shapes = target.folder / "shapes.toml"
    stages = [
        f"[[brief]]\nseconds = {seconds}\nusers = {users}\nspawn_rate = 9\n" for seconds, users in ((1, 4), (2, 8))
    ]
    shapes.write_text("".join(stages), encoding="utf-8")
    load = target.run("shapes.py", "--shape", "brief", "--min-samples", "1", LOAD_SHAPES=str(shapes))
    assert load.status in (0, 3), load.output
    doors = {timing.name.split("/")[1] for timing in load.timings}
    assert doors == {"admin", "api"}


def test_a_refused_login_ends_with_one(target: Target) -> None:
    load = target.run("admin_products.py", *AS_FAST, "--run-time", "2s", LOAD_PASSWORD="wrong")
    assert load.status == 1, load.output
    assert {timing.name for timing in load.timings} == {"/admin/login"}
    assert any(timing.error for timing in load.timings)


@pytest.mark.parametrize("host", ["http://192.0.2.1:8000", "https://example.com", "http://127.0.0.1.example.com"])
def test_no_load_leaves_this_machine(host: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    timings = tmp_path_factory.mktemp("refused") / "timings.csv"
    command = [sys.executable, "-m", "locust", "-f", "locustfiles/mixed.py", "--headless", "--host", host]
    done = subprocess.run(
        [*command, "--run-time", "1s", "--timings-csv", str(timings)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 2
    assert host in done.stderr
    assert not timings.exists()


def test_the_scratch_database_is_used_again_with_its_priorities_put_back(target: Target) -> None:
    told = json.loads(target.prepare())
    assert told == {"products": PRODUCTS, "is_reused": True, "database": "sqlite"}
    with sqlite3.connect(target.database) as database:
        left = database.execute("SELECT count(*) FROM catalog_product WHERE version > 0").fetchone()
        ranked = database.execute("SELECT count(*) FROM catalog_product WHERE priority > 0").fetchone()
    assert (left, ranked) == ((0,), (PRODUCTS // 10,))


def test_a_database_that_is_no_scratch_database_is_not_touched(target: Target) -> None:
    mine = target.folder / "mine.sqlite3"
    command = [sys.executable, "scripts/bench_database.py", "prepare"]
    with pytest.raises(RuntimeError, match="exit status 2"):
        run_quietly(command, {**target.environment, "DATABASE_URL": f"sqlite:///{mine}"})
    assert not mine.exists()
