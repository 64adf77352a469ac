"""Killed anywhere and run again, the ledger ends up as if nothing had happened."""

import signal
from typing import Any

import pytest
from django.conf import settings

from tests.support.ledger import Ledger

KILL_POINTS = [
    "list_fetch_seconds:1",
    "detail_fetch_seconds:30",
    "db_upsert_seconds:1",
    "match_engine_latency_seconds:5",
    "comparison_table_render_seconds:2",
    "disclaimer_injection_seconds:3",
    "zip_seconds:1",
    "package_build_seconds:7",
    "refresh_score_compute_seconds:1",
]
"""One of each stage; on SQLite every third of them, since what is promised is PostgreSQL."""
IS_POSTGRES = settings.DATABASES["default"]["ENGINE"].endswith("postgresql")


@pytest.mark.slow
@pytest.mark.xdist_group("kill")
@pytest.mark.parametrize("point", KILL_POINTS if IS_POSTGRES else KILL_POINTS[1::3])
def test_a_killed_run_is_made_good_by_the_next(point: str, ledger: Ledger, undisturbed: dict[str, Any]) -> None:
    killed = ledger.run(
        *("manage.py", "pipeline", "--json"), DJANGO_SETTINGS_MODULE="tests.support.kill_settings", KILL_AT=point
    )
    assert killed.returncode == -signal.SIGKILL, f"{point} was never reached: {killed.stderr}"
    ledger.pipeline()
    state = ledger.read_state()
    for name, rows in undisturbed.items():
        assert state[name] == rows, name
