"""A program: send requests to a product that silk watches, and print what was seen as JSON. Run by test_silk."""

import json
from typing import Any

import django

django.setup()

from django.contrib.auth import get_user_model  # noqa: E402 - after Django was set up
from django.core.management import call_command  # noqa: E402
from django.db import connections  # noqa: E402
from django.test import Client, override_settings  # noqa: E402
from django.utils import timezone  # noqa: E402

from perfhooks.models import PerfRun, PerfStage  # noqa: E402
from perfhooks.recorder import Recorder  # noqa: E402
from perfhooks.recording import RecordingError  # noqa: E402
from perfhooks.services import store_run  # noqa: E402

RUNS = 7
PASSWORD = "a-password-nobody-may-read"


def seed() -> None:
    call_command("migrate", verbosity=0)
    now = timezone.now()
    for number in range(RUNS):
        run = PerfRun.objects.create(
            kind="bench", scenario=f"무선 이어폰 {number}", started_at=now, finished_at=now, load_average=0.0
        )
        PerfStage.objects.create(run=run, metric="zip_seconds", unit="seconds", count=1)
    for name, is_staff in (("editor", True), ("reader", False)):
        get_user_model().objects.create_user(name, password=PASSWORD, is_staff=is_staff)


def client(name: str = "") -> Client:
    browser = Client(SERVER_NAME="127.0.0.1")
    if name:
        browser.force_login(get_user_model().objects.get(username=name))
    return browser


def send_requests() -> dict[str, Any]:
    visitor = client()
    planted = visitor.get("/planted/")
    visitor.get("/planted/")
    visitor.get("/well-made/")
    visitor.get("/metrics")
    visitor.get("/static/silk/css/pages/base.css")
    visitor.post("/admin/login/", f"username=editor&password={PASSWORD}", "application/x-www-form-urlencoded")
    return {"queries": planted.headers["X-Queries"], "aliases": planted.headers["X-Aliases"]}


def look_at_pages() -> dict[str, Any]:
    editor = client("editor")
    page = editor.get("/silk/")
    return {
        "visitor": client().get("/silk/").status_code,
        "reader": client("reader").get("/silk/").status_code,
        "editor": page.status_code,
        "policy": page.headers["Content-Security-Policy"],
        "other_policy": editor.get("/well-made/").headers["Content-Security-Policy"],
        "requests_page": editor.get("/silk/requests/").status_code,
    }


def is_slo_run_refused() -> bool:
    try:
        with Recorder() as recorder:
            pass
        store_run(recorder, kind="bench", scenario="slo", is_slo_run=True)
    except RecordingError:
        return True
    return False


def read_tables(alias: str) -> list[str]:
    return [name for name in connections[alias].introspection.table_names() if name.startswith("silk_")]


def main() -> None:
    seed()
    with override_settings(ROOT_URLCONF="tests.perfhooks.planted"):
        seen = {**send_requests(), "pages": look_at_pages()}
    seen["is_slo_run_refused"] = is_slo_run_refused()
    seen["tables"] = {alias: read_tables(alias) for alias in ("default", "silk")}
    with connections["silk"].cursor() as cursor:
        cursor.execute("SELECT path, raw_body, body FROM silk_request ORDER BY start_time")
        seen["recorded"] = cursor.fetchall()
    print(json.dumps(seen))


if __name__ == "__main__":
    main()
