"""The studies in docs/studies: their pages follow from their recordings, and a bad recording misses the goals."""

import csv
import random
import shutil
from pathlib import Path

import pytest

from scripts import study_compare, study_ratios
from scripts.study_compare import FOLDER

pytestmark = pytest.mark.once


@pytest.mark.slow
def test_the_page_on_comparisons_follows_from_its_recordings_and_meets_its_goals(tmp_path: Path) -> None:
    for name in ("compare_runs.csv", "compare_live.csv"):
        shutil.copy(FOLDER / name, tmp_path)
    assert study_compare.analyse(tmp_path)
    assert (tmp_path / "compare.md").read_text("utf-8") == (FOLDER / "compare.md").read_text("utf-8")


def test_live_comparisons_never_called_the_same_commit_slower_and_found_what_was_planted() -> None:
    told: dict[str, list[str]] = {}
    for row in study_compare.read_rows(FOLDER / "compare_live.csv"):
        told.setdefault(row["kind"], []).append(row["verdict"])
    assert set(told["planted +30 %"]) == {"regress"}
    assert set(told["same commit"]) <= {"ok", "too noisy"}
    assert set(told["same commit, busy loops beside"]) <= {"ok", "too noisy"}
    assert min(len(verdicts) for verdicts in told.values()) >= study_compare.LIVE_RUNS


def test_recordings_too_wild_to_find_a_slowdown_miss_the_goal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(study_compare, "TRIALS", 50)
    rows = [row for row in study_compare.read_rows(FOLDER / "compare_runs.csv") if row["scenario"] == "hash-2000-rows"]
    draw = random.Random(1)
    wild = [{**row, **{name: str(draw.lognormvariate(0, 0.8)) for name in ("wall", "cpu")}} for row in rows]
    study_compare.write_rows(tmp_path / "compare_runs.csv", list(wild))
    assert not study_compare.analyse(tmp_path)
    page = (tmp_path / "compare.md").read_text("utf-8")
    assert "MISSED" in page
    assert "None recorded yet." in page


def test_the_page_on_ratios_follows_from_its_recordings_and_every_ratio_held(tmp_path: Path) -> None:
    shutil.copy(FOLDER / "ratios.csv", tmp_path)
    assert study_ratios.analyse(tmp_path)
    assert (tmp_path / "ratios.md").read_text("utf-8") == (FOLDER / "ratios.md").read_text("utf-8")


def test_a_ratio_that_moved_beyond_its_interval_is_named(tmp_path: Path) -> None:
    with (FOLDER / "ratios.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    for row in rows:
        if row["beside"] == "busy loops":
            row |= {name: str(float(row[name]) * 3) for name in row if "ratio_" in name}
    study_compare.write_rows(tmp_path / "ratios.csv", list(rows))
    assert not study_ratios.analyse(tmp_path)
    assert "| NO |" in (tmp_path / "ratios.md").read_text("utf-8")
