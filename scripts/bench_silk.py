"""What silk, the query counter and the list of slow statements cost a page of 20 queries.

    python scripts/bench_silk.py [--quick] [--json] [--plot FILE.svg] ...

The same page in one process: without silk's middleware, with it but recording nothing, and recording everything; then
its 20 queries alone, bare, counted, and counted with the slow list on. Silk rewires the ORM with the first request that
it records, after which every query is compiled twice: the recording scenario comes last, and its yardstick is a request
that this rewired process does not record. Exits with 1 when a goal is missed.
"""

import os
import sys
import tempfile
from argparse import Namespace
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

_scratch = tempfile.TemporaryDirectory(prefix="bench_silk_")
os.environ["DJANGO_SETTINGS_MODULE"] = "project.settings.perf"
os.environ["SILK"] = "1"
os.environ["SILK_DATABASE_URL"] = f"sqlite:///{_scratch.name}/silk.sqlite3"

import django

django.setup()

from django.conf import settings
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.test import Client, override_settings
from django.urls import path
from django.utils import timezone

from perfhooks.bench import Goal, Operation, Scenario, main
from perfhooks.bench.database import own_database
from perfhooks.models import RunLock
from perfhooks.recording import SILK_MIDDLEWARE
from perfhooks.silk_pruning import prune_silk
from perfhooks.slow_statements import SlowList

QUERIES_PER_PAGE = 20
ROUNDS_PER_RUN = 5
IDLE_RATIO_MIN, COUNTED_RATIO_MIN = 1 / 1.05, 1 / 1.1


def ask_database() -> int:
    """Send 20 small queries."""
    return sum(len(RunLock.objects.filter(name=f"lock-{number}")) for number in range(QUERIES_PER_PAGE))


def show_page(_request: HttpRequest) -> HttpResponse:
    """The page: 20 queries and a line of text."""
    return HttpResponse(str(ask_database()))


urlpatterns = [path("page/", show_page, name="page")]


class Browser:
    """Fetches the page at a share of recorded requests, through a chain of middleware made once."""

    def __init__(self, *, percent: float, has_silk: bool = True) -> None:
        self._percent = percent
        self._client = Client(SERVER_NAME="127.0.0.1")
        chain = [name for name in settings.MIDDLEWARE if has_silk or name != SILK_MIDDLEWARE]
        with override_settings(MIDDLEWARE=chain, SILK_PERCENT=0):
            self._client.get("/page/")

    def fetch(self) -> None:
        """Fetch it some times."""
        settings.SILK_PERCENT = self._percent
        for _ in range(ROUNDS_PER_RUN):
            self._client.get("/page/")


def ask_with(*wrappers: Any) -> None:
    """Send the queries some times with exactly these execute wrappers."""
    usual, connection.execute_wrappers[:] = list(connection.execute_wrappers), wrappers
    try:
        for _ in range(ROUNDS_PER_RUN):
            ask_database()
    finally:
        connection.execute_wrappers[:] = usual


def list_scenarios(_options: Namespace) -> list[Scenario]:
    """Idle silk and the counter, which have goals; recording silk, which only has a price."""
    counter = list(connection.execute_wrappers)
    slow = SlowList(size=20, folder=Path(_scratch.name))
    idle = Browser(percent=0)
    return [
        Scenario(
            name="silk installed, recording nothing",
            operation=Operation("page with idle silk", idle.fetch, ROUNDS_PER_RUN),
            yardstick=Operation("page without silk", Browser(percent=0, has_silk=False).fetch, ROUNDS_PER_RUN),
            unit="page",
            repetitions=60,
            goals=(Goal.at_least("ratio", IDLE_RATIO_MIN),),
        ),
        Scenario(
            name="query counter",
            operation=Operation("20 queries, counted", lambda: ask_with(*counter), ROUNDS_PER_RUN),
            yardstick=Operation("20 queries, bare", ask_with, ROUNDS_PER_RUN),
            peers=(
                Operation("counted, slow list on", lambda: ask_with(*counter, slow.time_statement), ROUNDS_PER_RUN),
            ),
            unit="page",
            repetitions=60,
            goals=(Goal.at_least("ratio", COUNTED_RATIO_MIN),),
        ),
        Scenario(
            name="silk recording everything",
            operation=Operation(
                "page, recorded", Browser(percent=100).fetch, ROUNDS_PER_RUN, prepare=lambda: prune_silk(keep=0)
            ),
            yardstick=Operation("page, not recorded", idle.fetch, ROUNDS_PER_RUN),
            unit="page",
            repetitions=20,
        ),
    ]


@contextmanager
def prepared_database() -> Iterator[None]:
    """A database of its own with the rows that the page asks for; silk's lies in a folder of its own."""
    with own_database(), override_settings(ROOT_URLCONF=__name__, SILK_PERCENT=0):
        now = timezone.now()
        RunLock.objects.bulk_create(
            RunLock(name=f"lock-{number}", holder="bench", acquired_at=now, heartbeat_at=now)
            for number in range(QUERIES_PER_PAGE)
        )
        yield


if __name__ == "__main__":
    with _scratch:
        sys.exit(main(list_scenarios, about=__doc__, within=prepared_database))
