"""Silk, switched on in the perf settings: what it records, what the report names, and who may look."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.test import RequestFactory
from playwright.sync_api import expect
from pytest_django import Settings

from perfhooks import checks
from perfhooks.recording import is_recorded
from perfhooks.silk_report import locate_caller
from perfhooks.sqltext import normalise_recorded
from scripts.take_screenshots import find_chromium, open_desk
from tests.perfhooks.record_requests import PASSWORD, RUNS
from tests.perfhooks.servers import open_server
from tests.support.services import require

pytest.importorskip("silk", reason="django-silk is not installed: make test installs it")

pytestmark = pytest.mark.once
ROOT = Path(__file__).resolve().parents[2]
PRUNE_BY_SCHEDULE = """
import django; django.setup()
from project.celery import app
app.loader.import_default_modules()
print(app.tasks[app.conf.beat_schedule["silk_prune"]["task"]].apply().get())
"""


def surroundings(folder: Path, **more: str) -> dict[str, str]:
    return {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "project.settings.perf",
        "DATABASE_URL": f"sqlite:///{folder / 'product.sqlite3'}",
        "JANGBU_DATA_DIR": str(folder),
        "SILK": "1",
        **more,
    }


def run(folder: Path, *words: str, **more: str) -> subprocess.CompletedProcess[str]:
    environment = surroundings(folder, **more)
    return subprocess.run(
        [sys.executable, *words], cwd=ROOT, env=environment, capture_output=True, text=True, timeout=180, check=False
    )


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("silk")


@pytest.fixture(scope="module")
def seen(folder: Path) -> dict[str, Any]:
    """What tests.perfhooks.record_requests saw, once for this module."""
    done = run(folder, "-m", "tests.perfhooks.record_requests")
    assert done.returncode == 0, done.stderr
    answer: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return answer


@pytest.mark.slow
class TestRecording:
    def test_the_report_names_the_planted_repetition(self, folder: Path, seen: dict[str, Any]) -> None:
        done = run(folder, "manage.py", "silk_report", "--json")
        assert done.returncode == 0, done.stderr
        report = json.loads(done.stdout)

        worst = report["repeated"][0]
        assert (worst["view"], worst["times"], worst["requests"], worst["total"]) == ("planted", RUNS, 2, 2 * RUNS)
        assert 'FROM "perfhooks_perfstage" WHERE "perfhooks_perfstage"."run_id" = ?' in worst["sql"]
        assert worst["where"].startswith("tests/perfhooks/planted.py:")
        assert [query["view"] for query in report["repeated"]].count("well-made") == 0
        assert report["most_queries"][0]["queries_max"] >= RUNS + 1
        planted = next(cost for cost in report["slowest"] if cost["view"] == "planted")
        assert planted["requests"] == 2
        assert 0 < planted["p50_ms"] <= planted["p95_ms"] <= planted["max_ms"]

    def test_the_report_reads_well_without_json_too(self, folder: Path, seen: dict[str, Any]) -> None:
        done = run(folder, "manage.py", "silk_report")
        assert done.returncode == 0, done.stderr
        assert "반복되는 쿼리 (N+1 의심)" in done.stdout
        assert "planted" in done.stdout

    def test_machine_pages_and_silks_own_are_not_recorded(self, seen: dict[str, Any]) -> None:
        paths = {path for path, *_bodies in seen["recorded"]}
        assert {"/planted/", "/well-made/", "/admin/login/"} <= paths
        assert not [path for path in paths if path.startswith(("/metrics", "/static", "/silk"))]

    def test_no_body_is_kept(self, seen: dict[str, Any]) -> None:
        assert PASSWORD not in json.dumps(seen["recorded"])
        assert {(raw, body) for _path, raw, body in seen["recorded"]} == {("", "")}

    def test_its_tables_lie_beside_the_product_and_its_queries_are_not_ours(self, seen: dict[str, Any]) -> None:
        assert seen["tables"]["default"] == []
        assert "silk_request" in seen["tables"]["silk"]
        assert (seen["queries"], seen["aliases"]) == (str(RUNS + 1), str({"default": RUNS + 1}))

    def test_only_staff_see_its_pages(self, seen: dict[str, Any]) -> None:
        pages = seen["pages"]
        assert (pages["visitor"], pages["reader"], pages["editor"], pages["requests_page"]) == (302, 403, 200, 200)

    def test_only_its_pages_have_a_relaxed_policy(self, seen: dict[str, Any]) -> None:
        assert "style-src 'self' 'unsafe-inline'" in seen["pages"]["policy"]
        assert "frame-ancestors 'self'" in seen["pages"]["policy"]
        assert "unsafe" not in seen["pages"]["other_policy"]

    @pytest.mark.browser
    def test_its_pages_work_in_a_browser(self, folder: Path, seen: dict[str, Any]) -> None:
        require("Chromium", find_chromium() is not None, "install the system's package `chromium`")
        with (
            open_server(surroundings(folder, SILK_PERCENT="0")) as server,
            open_desk(server.url, user="editor", password=PASSWORD) as (page, watcher),
        ):
            for path in ("/silk/", "/silk/requests/", "/silk/profiling/"):
                page.goto(server.url + path, wait_until="networkidle")
            page.goto(f"{server.url}/silk/requests/", wait_until="networkidle")
            expect(page.locator(".cell").first).to_contain_text("/well-made/")
            page.locator(".cell").first.click()
            page.wait_for_url("**/silk/request/**", wait_until="networkidle")
            complaints = [text for text in watcher.complaints if "favicon" not in text]
        assert complaints == []

    def test_an_slo_run_is_refused(self, folder: Path, seen: dict[str, Any]) -> None:
        assert seen["is_slo_run_refused"]
        done = run(folder, "manage.py", "check", SLO_RUN="1")
        assert done.returncode == 1
        assert "perfhooks.E006" in done.stderr
        assert run(folder, "manage.py", "check", SLO_RUN="1", SILK_PERCENT="0").returncode == 0

    def test_pruning_keeps_the_newest(self, folder: Path, seen: dict[str, Any]) -> None:
        done = run(folder, "manage.py", "silk_prune", "--keep", "2", "--json")
        assert done.returncode == 0, done.stderr
        assert json.loads(done.stdout) == {"deleted": len(seen["recorded"]) - 2, "kept": 2}
        newest = json.loads(run(folder, "manage.py", "silk_report", "--json").stdout)
        assert newest["requests"] == 2

        ordered = run(folder, "-c", PRUNE_BY_SCHEDULE, SILK_KEEP="1")
        assert ordered.stdout.strip() == "{'deleted': 1, 'kept': 1}", ordered.stderr


@pytest.mark.parametrize("settings", ["dev", "perf"])
def test_nothing_of_silk_is_there_unless_asked_for(settings: str, tmp_path: Path) -> None:
    code = (
        "import django; django.setup(); from django.conf import settings as s; import sys;"
        "print('silk' in s.INSTALLED_APPS, 'silk' in s.DATABASES, s.ROOT_URLCONF, 'silk' in sys.modules)"
    )
    done = run(tmp_path, "-c", code, SILK="0", DJANGO_SETTINGS_MODULE=f"project.settings.{settings}")
    assert done.stdout.split() == ["False", "False", "project.urls", "False"], done.stderr


def test_without_the_package_the_product_starts_and_says_what_is_missing(tmp_path: Path) -> None:
    code = (
        "import sys; sys.modules['silk'] = None; from django.core.management import call_command; call_command('check')"
    )
    done = run(tmp_path, "-c", f"import django, sys; sys.modules['silk'] = None; django.setup(); {code}")
    assert done.returncode == 0, done.stderr
    assert "perfhooks.W001" in done.stderr
    report = run(tmp_path, "manage.py", "silk_report", SILK="0")
    assert report.returncode == 1
    assert "SILK=1" in report.stderr


def test_a_share_is_recorded_and_a_single_request_on_demand(settings: Settings) -> None:
    settings.SILK_PERCENT, settings.SILK_EXCLUDED_PREFIXES = 0, ["/metrics"]
    make = RequestFactory().get
    assert not is_recorded(make("/admin/"))
    assert is_recorded(make("/admin/", headers={"X-Perf-Profile": "1"}))
    assert not is_recorded(make("/metrics", headers={"X-Perf-Profile": "1"}))
    settings.SILK_PERCENT = 50
    assert 300 < sum(is_recorded(make("/admin/")) for _ in range(1_000)) < 700
    settings.SILK_PERCENT = 100
    assert is_recorded(make("/admin/"))


def test_silk_in_production_is_an_error(tmp_path: Path) -> None:
    (found,) = checks.find_silk_outside("project.settings.prod")
    assert found.id == "perfhooks.E004"
    assert "project.settings.prod" in found.msg
    assert checks.find_silk_outside("project.settings.perf") == []


def test_analysing_is_an_error() -> None:
    (found,) = checks.find_analysing(is_analysing=True)
    assert found.id == "perfhooks.E005"


@pytest.mark.parametrize(
    ("sql", "shape"),
    [
        ('SELECT "a"."x" FROM "a" WHERE "a"."sku" = 무선 이어폰 A-1 LIMIT 21', '"a"."sku" = ? LIMIT ?'),
        (
            'SELECT "a"."x" FROM "a" WHERE "a"."name" = it\'s AND "a"."n" LIKE %x% ESCAPE \'\\\'',
            '"a"."n" LIKE ? ESCAPE',
        ),
        ('SELECT "a"."x" FROM "a" WHERE "a"."id" IN (1, 2, 3)', '"a"."id" IN (?)'),
        ('UPDATE "a" SET "name" = 하나, 둘, "x" = 3 WHERE "a"."id" = 9', 'SET "name" = ?, "x" = ? WHERE "a"."id" = ?'),
        ('SELECT "a"."x" FROM "a" INNER JOIN "b" ON ("a"."id" = "b"."a_id")', 'ON ("a"."id" = "b"."a_id")'),
        ('INSERT INTO "a" ("x") VALUES (하나, 2), (둘, 3) RETURNING "a"."id"', 'VALUES (?) RETURNING "a"."id"'),
    ],
)
def test_recorded_statements_lose_their_values(sql: str, shape: str) -> None:
    assert shape in normalise_recorded(sql)


def test_the_caller_is_the_innermost_frame_of_the_product() -> None:
    def frame(path: str, line: int) -> str:
        return f'  File "{path}", line {line}, in work\n    work()\n'

    library = ROOT / ".venv/lib/python3.11/site-packages/django/db/models/query.py"
    stack = "".join(
        [
            frame(str(library), 1),
            frame(str(ROOT / "products/catalog/selectors.py"), 42),
            frame(str(ROOT / "platform/perfhooks/middleware.py"), 3),
        ]
    )
    assert locate_caller(stack) == "products/catalog/selectors.py:42 work"
    assert locate_caller(frame(str(library), 1)) == ""
