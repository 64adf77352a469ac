"""Killed anywhere and run again, the ledger ends up as if nothing had happened."""

import signal
from typing import Any

import pytest

from tests.support.ledger import Ledger

KILL_POINTS = [
    "detail_fetch_seconds:30",
    "comparison_table_render_seconds:2",
    "package_build_seconds:7",
]
FURTHER_POINTS = [
    "list_fetch_seconds:1",
    "db_upsert_seconds:1",
    "match_engine_latency_seconds:5",
    "disclaimer_injection_seconds:3",
    "zip_seconds:1",
    "refresh_score_compute_seconds:1",
]
POINTS = [*KILL_POINTS, *(pytest.param(point, marks=pytest.mark.promise) for point in FURTHER_POINTS)]


@pytest.mark.slow
@pytest.mark.parametrize("point", POINTS)
def test_a_killed_run_is_made_good_by_the_next(point: str, ledger: Ledger, undisturbed: dict[str, Any]) -> None:
    killed = ledger.run(
        *("manage.py", "pipeline", "--json"), DJANGO_SETTINGS_MODULE="tests.support.kill_settings", KILL_AT=point
    )
    assert killed.returncode == -signal.SIGKILL, f"{point} was never reached: {killed.stderr}"
    ledger.pipeline()
    state = ledger.read_state()
    for name, rows in undisturbed.items():
        assert state[name] == rows, name
