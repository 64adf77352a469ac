"""The command in a process of its own, on a real database: what it prints, and the status that it exits with."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from operations.gates.models import GateDecision
from operations.gates.services import record_measurement
from perfhooks.machine import COMMIT_VARIABLE
from tests.operations.gates.planting import COMMIT, bad_value, built_blockers, plant, plant_all_well

ROOT = Path(__file__).resolve().parents[3]


def name_test_database() -> str:
    """The address of the database that this test works on."""
    given = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{given['NAME']}"
    address = f"{given['USER']}:{given['PASSWORD']}@{given['HOST'] or 'localhost'}:{given['PORT'] or 5432}"
    return f"postgres://{address}/{given['NAME']}"


def run_gate(*words: str) -> subprocess.CompletedProcess[str]:
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "project.settings.test",
        "DATABASE_URL": name_test_database(),
        COMMIT_VARIABLE: COMMIT,
    }
    return subprocess.run(
        [sys.executable, "manage.py", "release_gate", *words],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("state", "status"), [("well", 0), ("breach", 1), ("warning", 2), ("nothing", 3)])
def test_exit_status(state: str, status: int) -> None:
    if state != "nothing":
        plant_all_well(besides=["match-fallback"] if state == "breach" else [])
    if state == "breach":
        budget = next(budget for budget in built_blockers() if budget.id == "match-fallback")
        plant(budget, bad_value(budget))
    if state == "warning":
        record_measurement(metric="stale_price_content_ratio", value=0.5, samples=9, source="x", commit=COMMIT)

    done = run_gate("--json")
    assert done.returncode == status, done.stderr
    answer = json.loads(done.stdout)
    assert answer["exit_status"] == status
    assert answer["commit"] == COMMIT
    stored = GateDecision.objects.get()
    assert (stored.pk, stored.verdict) == (answer["decision"], answer["verdict"])
    assert answer["counts"]["block"] == (1 if state == "breach" else 0)


@pytest.fixture
def gate_output(
    db: None, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Callable[..., tuple[int, str]]:
    """Run the command in this process and return its status and what it printed."""
    monkeypatch.setattr("operations.gates.checkout.current_commit", lambda: COMMIT)

    def run(*words: str) -> tuple[int, str]:
        try:
            call_command("release_gate", *words)
        except SystemExit as leaving:
            return int(str(leaving.code)), capsys.readouterr().out
        return 0, capsys.readouterr().out

    return run


def test_what_is_not_green_is_named_with_its_figures(gate_output: Callable[..., tuple[int, str]]) -> None:
    plant_all_well(besides=["match-fallback", "admin-list-p95"])
    budget = next(budget for budget in built_blockers() if budget.id == "match-fallback")
    plant(budget, 0.25)
    status, text = gate_output()
    assert status == 1
    assert "차단: 릴리즈를 막습니다" in text
    (line,) = [line for line in text.splitlines() if "match-fallback" in line]
    assert "25%" in line
    assert "≤" in line
    assert "한도를 넘었습니다" in line
    (open_line,) = [line for line in text.splitlines() if "admin-list-p95" in line]
    assert "측정한 적이 없습니다" in open_line
    assert "detail-fetch-p95" not in text


def test_the_whole_board_has_every_budget(gate_output: Callable[..., tuple[int, str]]) -> None:
    plant_all_well()
    status, text = gate_output("--board")
    assert status == 0
    assert "통과: 내보내도 됩니다" in text
    for budget in built_blockers():
        assert budget.id in text
    assert "unsafe-ad-slots" in text


@pytest.mark.django_db
def test_a_broken_budgets_file_is_no_pass_and_no_block(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    from perfhooks.budgets import load_entries

    broken = tmp_path / "budgets.toml"
    broken.write_text("[[budget]]\nid = 'x'\n", "utf-8")
    monkeypatch.setattr("operations.gates.services.load_entries", lambda: load_entries(broken))
    with pytest.raises(CommandError, match="budget 'x'") as caught:
        call_command("release_gate")
    assert caught.value.returncode == 3
