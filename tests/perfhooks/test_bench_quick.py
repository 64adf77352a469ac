"""The bench of every change: its counts on the real product, and what makes it fail."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from scripts import bench_quick
from scripts.bench_quick import Count
from tests.perfhooks.test_comparison import commit, git

pytestmark = pytest.mark.once

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.slow
def test_the_product_keeps_its_count_budgets(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "scripts/bench_quick.py", "--no-compare", "--json"],
        cwd=ROOT,
        env={**os.environ, "JANGBU_DATA_DIR": str(tmp_path), "DJANGO_SETTINGS_MODULE": "project.settings.perf"},
        capture_output=True,
        text=True,
        timeout=240,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "list_usage_not_written" not in done.stderr
    document = json.loads(done.stdout)
    counted = {count["name"]: count["value"] for count in document["counts"]}
    assert counted["변화 없는 동기화: 상세 요청"] == 0
    assert counted["첫 동기화: 상세 요청"] == bench_quick.PRODUCTS
    assert counted["변화 없는 500행 upsert: 기록 행"] == 0
    assert len([name for name in counted if name.startswith("/admin/")]) > 10
    assert document["comparison"] is None


@pytest.mark.parametrize(
    ("value", "verdict", "status"),
    [(8, "ok", 0), (8, "suspect", 0), (8, "too noisy", 0), (8, "regress", 1), (9, "ok", 1)],
)
def test_a_count_above_its_limit_and_a_slower_commit_fail_and_doubt_does_not(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], value: int, verdict: str, status: int
) -> None:
    figure = {"ratio": {"median": 1.2, "low": 1.1, "high": 1.3}}
    scenario = {"scenario": "hash", "verdict": verdict, "pairs": 9, "wall": figure, "cpu": figure}
    answer: dict[str, Any] = {"verdict": verdict, "scenarios": [scenario]}
    monkeypatch.setattr(bench_quick, "count_everything", lambda: [Count("/admin/x/: 쿼리", value, 8)])
    monkeypatch.setattr(bench_quick, "compare", lambda base: answer)
    monkeypatch.setattr(sys, "argv", ["bench_quick.py", "--base", "HEAD"])
    assert bench_quick.main() == status
    printed = capsys.readouterr().out
    assert bench_quick.WORDS[verdict] in printed
    assert ("초과" in printed) == (value > 8)


def test_the_base_is_where_the_branch_left_main_else_the_parent(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bench_quick, "ROOT", tmp_path)
    assert bench_quick.find_base() == "", "not a repository"
    git(tmp_path, "init", "-q", "-b", "main")
    first = commit(tmp_path)
    assert bench_quick.find_base() == "", "the first commit has none before it"
    second = commit(tmp_path)
    assert bench_quick.find_base() == first
    git(tmp_path, "checkout", "-q", "-b", "topic")
    commit(tmp_path)
    commit(tmp_path)
    assert bench_quick.find_base() == second


def test_without_a_base_nothing_is_compared_and_that_is_said(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(bench_quick, "count_everything", list)
    monkeypatch.setattr(bench_quick, "find_base", str)
    monkeypatch.setattr(sys, "argv", ["bench_quick.py"])
    assert bench_quick.main() == 0
    assert "비교하지 않았습니다" in capsys.readouterr().out
