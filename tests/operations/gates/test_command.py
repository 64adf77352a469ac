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

from operations.gates.checkout import Checkout
from operations.gates.management.commands.release_gate import Command
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


@pytest.mark.promise
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


# manage.py with the budgets of another folder: where the file lies is no setting.
ELSEWHERE = """
import sys
from pathlib import Path
root, folder = Path(sys.argv.pop(1)), Path(sys.argv.pop(1))
sys.path[:0] = [str(root), str(root / "platform")]
from perfhooks import budgets
budgets.BUDGETS_FILE = folder / "budgets.toml"
for function in (budgets.load_budgets, budgets.load_entries.__wrapped__, budgets.read_baselines):
    function.__defaults__ = (budgets.BUDGETS_FILE,)
budgets.load_entries = budgets.lru_cache(budgets.load_entries.__wrapped__)
from django.core.management import execute_from_command_line
execute_from_command_line([str(root / "manage.py"), *sys.argv[1:]])
"""


def run_gate_with(folder: Path) -> subprocess.CompletedProcess[str]:
    script = folder / "elsewhere.py"
    script.write_text(ELSEWHERE, "utf-8")
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "project.settings.test",
        "DATABASE_URL": name_test_database(),
        COMMIT_VARIABLE: COMMIT,
    }
    command = [sys.executable, str(script), str(ROOT), str(folder), "release_gate"]
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=120, check=False)


REAL = (ROOT / "config" / "budgets.toml").read_bytes()


@pytest.mark.promise
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("budgets", "baselines", "named"),
    [
        (None, None, "budgets.toml"),
        (b"", None, "budgets.toml: budget"),
        (b"[[budget]\n", None, "budgets.toml"),
        (b"\xff\xfe[[budget]]", None, "budgets.toml"),
        (b"budget = 3", None, "budgets.toml: budget"),
        (REAL, b"[zip-p95\n", "baselines.toml"),
        (REAL, b"\xff\xfe", "baselines.toml"),
        (REAL, b"zip-p95 = 3", "baselines.toml: 'zip-p95'"),
    ],
)
def test_a_file_that_cannot_be_read_is_no_verdict_and_is_named(
    tmp_path: Path, budgets: bytes | None, baselines: bytes | None, named: str
) -> None:
    plant_all_well()
    for name, content in (("budgets.toml", budgets), ("baselines.toml", baselines)):
        if content is not None:
            (tmp_path / name).write_bytes(content)
    done = run_gate_with(tmp_path)
    assert done.returncode == 3, done.stderr
    assert named in done.stderr
    assert "Traceback" not in done.stderr
    assert not GateDecision.objects.exists()


@pytest.mark.promise
@pytest.mark.django_db(transaction=True)
def test_budgets_in_another_folder_are_judged_alike(tmp_path: Path) -> None:
    plant_all_well()
    (tmp_path / "budgets.toml").write_bytes(REAL)
    assert run_gate_with(tmp_path).returncode == 0


@pytest.mark.django_db
@pytest.mark.parametrize("words", [("--bogus",), ("--json", "pass"), ("--verbosity", "9")])
def test_wrong_usage_is_no_verdict(words: tuple[str, ...]) -> None:
    done = run_gate(*words)
    assert done.returncode == 3, done.stderr
    assert words[0] in done.stderr or "unrecognized" in done.stderr


def test_help_is_no_failure() -> None:
    done = subprocess.run(
        [sys.executable, "manage.py", "release_gate", "--help"],
        cwd=ROOT,
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "project.settings.test"},
        capture_output=True,
        text=True,
    )
    assert (done.returncode, "--board" in done.stdout) == (0, True), done.stderr


def test_an_error_that_nobody_foresaw_is_no_verdict(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail() -> None:
        raise ZeroDivisionError("within the gate")

    monkeypatch.setattr("operations.gates.management.commands.release_gate.decide", fail)
    monkeypatch.setattr("django.core.management.base.connections.close_all", lambda: None)
    with pytest.raises(SystemExit) as caught:
        Command().run_from_argv(["manage.py", "release_gate"])
    assert caught.value.code == 3
    assert "within the gate" in capsys.readouterr().err


def test_a_verdict_beside_uncommitted_code_says_so(
    gate_output: Callable[..., tuple[int, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("operations.gates.services.read_checkout", lambda: Checkout(COMMIT, is_dirty=True))
    plant_all_well(besides=["match-fallback"])
    plant(next(budget for budget in built_blockers() if budget.id == "match-fallback"), 0.1, commit=f"{COMMIT}-dirty")
    status, text = gate_output()
    assert status == 3
    assert "커밋하지 않은 변경이 있습니다. 판정은 커밋한 코드에 대한 것입니다." in text
    assert f"{COMMIT[:10]} (수정됨)" in " ".join(text.split())
    assert json.loads(gate_output("--json")[1])["is_dirty"] is True


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
