"""The gate's judgement without a database: what a reading can say, and how verdicts add up."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from operations.gates.verdicts import EXIT_STATUS, Answer, Line, Reading, combine, judge_entry
from perfhooks.budgets import Budget, Entry, Work

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
BUDGET = Budget(
    id="zip",
    plan="2C",
    metric="zip_seconds",
    statistic="p95",
    unit="seconds",
    limit=3.0,
    direction="max",
    kind="slo",
    level="block",
    min_samples=20,
    max_age_hours=48,
    why="because",
)
READING = Reading(
    value=2.0, samples=40, measured_at=NOW - timedelta(hours=1), commit="here", scenario="demo", source="run", group="a"
)


def judge(budget: Entry, *readings: Reading) -> Line:
    return judge_entry(budget, readings, now=NOW, has_same_code=lambda commit: commit in ("here", "same"))


@pytest.mark.parametrize(
    ("change", "verdict", "reason"),
    [
        ({}, "pass", ""),
        ({"commit": "same"}, "pass", ""),
        ({"value": 3.0}, "pass", ""),
        ({"value": 3.1}, "block", "한도를 넘었습니다"),
        ({"samples": 19}, "cannot judge", "표본이 19개뿐입니다. 20개부터"),
        ({"value": None}, "cannot judge", "값을 얻지 못했습니다"),
        ({"commit": "there"}, "cannot judge", "다른 커밋(there)"),
        ({"commit": ""}, "cannot judge", "어느 커밋"),
        ({"measured_at": NOW - timedelta(hours=48)}, "pass", ""),
        ({"measured_at": NOW - timedelta(days=9)}, "cannot judge", "9일 전에 잰 값입니다. 2일까지만"),
        ({"doubt": "프로파일러"}, "cannot judge", "프로파일러"),
    ],
)
def test_one_reading(change: dict[str, object], verdict: Answer, reason: str) -> None:
    line = judge(BUDGET, replace(READING, **change))  # type: ignore[arg-type]
    assert line.verdict == verdict
    assert reason in line.reason
    assert line.reading is not None


def test_without_a_reading_nothing_is_judged() -> None:
    assert judge(BUDGET) == Line(BUDGET, "cannot judge", "측정한 적이 없습니다.")


def test_a_missed_lower_limit_and_a_missed_warning() -> None:
    assert judge(replace(BUDGET, direction="min"), READING).verdict == "block"
    assert judge(replace(BUDGET, level="warn"), replace(READING, value=4.0)).verdict == "warn"


def test_a_part_that_is_not_built_is_listed_whatever_was_measured() -> None:
    assert judge(replace(BUDGET, built=False), replace(READING, value=99.0)).verdict == "not built"


def test_a_baseline_that_was_never_measured_says_how_to_get_one() -> None:
    known = {name: getattr(BUDGET, name) for name in ("id", "plan", "metric", "statistic", "unit", "direction", "kind")}
    entry = Entry(**known, origin="baseline", level="warn", min_samples=1, why="x")
    line = judge(entry, READING)
    assert (line.verdict, line.reading) == ("cannot judge", READING)
    assert "set_baselines" in line.reason


def test_the_newest_reading_with_enough_samples_speaks_for_its_group() -> None:
    few = replace(READING, samples=3, value=99.0, measured_at=NOW)
    assert judge(BUDGET, few, READING).verdict == "pass"
    assert judge(BUDGET, replace(READING, value=9.0, measured_at=NOW), READING).verdict == "block"


def test_the_newest_recorded_figure_is_not_replaced_by_an_older_one() -> None:
    noisy = replace(READING, value=None, measured_at=NOW, is_final=True)
    assert judge(BUDGET, noisy, replace(READING, is_final=True)).verdict == "cannot judge"


def test_of_several_groups_the_worst_is_shown_and_an_open_question_stays_one() -> None:
    broken = replace(READING, group="b", value=9.0, scenario="large")
    worse = replace(READING, group="c", value=10.0)
    few = replace(READING, group="d", samples=1)
    open_question = replace(READING, group="e", value=None, is_final=True)
    assert judge(BUDGET, READING, broken, worse, open_question).reading == worse
    assert judge(BUDGET, READING, open_question).verdict == "cannot judge"
    assert judge(BUDGET, READING, few).verdict == "pass"
    assert judge(BUDGET, few).verdict == "cannot judge"


def test_a_limit_of_one_scenario_is_not_held_against_another() -> None:
    elsewhere = replace(READING, group="b", scenario="huge", value=99.0)
    assert judge(replace(BUDGET, scenario="demo"), READING, elsewhere).verdict == "pass"
    assert judge(replace(BUDGET, scenario="small"), READING, elsewhere).verdict == "cannot judge"


def test_a_needed_scenario_that_is_missing_withholds_a_pass_and_hides_no_breach() -> None:
    budget = replace(BUDGET, needs=("demo", "large"))
    large = replace(READING, group="b", scenario="large")
    elsewhere = replace(READING, group="c", scenario="huge", value=99.0)
    assert judge(budget, READING, large).verdict == "pass"
    missing = judge(budget, READING)
    assert missing.verdict == "cannot judge"
    assert "시나리오 large의 측정이 없습니다" in missing.reason
    assert judge(budget, READING, elsewhere).verdict == "block"


def test_a_comparison_counts_only_against_other_code() -> None:
    budget = replace(BUDGET, kind="relative", statistic="ratio", against_commit=True)
    assert judge(budget, replace(READING, base="there")).verdict == "pass"
    for base in ("", "here", "same"):
        assert judge(budget, replace(READING, base=base)).verdict == "cannot judge"
    worthless = replace(READING, base="here", measured_at=NOW, is_final=True)
    assert judge(budget, worthless, replace(READING, base="there", is_final=True)).verdict == "pass"


def test_a_promise_for_an_amount_of_work_needs_that_amount() -> None:
    budget = replace(BUDGET, min_samples=1, work=Work("detail_fetch_seconds", 1_000))
    assert judge(budget, replace(READING, samples=999)).verdict == "cannot judge"
    assert judge(budget, replace(READING, samples=1_000)).verdict == "pass"


def make_line(verdict: Answer, level: str = "block") -> Line:
    return Line(replace(BUDGET, level=level), verdict)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("lines", "verdict", "status"),
    [
        ([make_line("pass"), make_line("not built")], "pass", 0),
        ([make_line("pass"), make_line("warn", "warn")], "warn", 2),
        ([make_line("pass"), make_line("cannot judge", "warn")], "pass", 0),
        ([make_line("pass"), make_line("cannot judge"), make_line("warn", "warn")], "cannot judge", 3),
        ([make_line("block"), make_line("cannot judge"), make_line("warn", "warn")], "block", 1),
        ([make_line("not built"), make_line("pass", "warn")], "cannot judge", 3),
        ([], "cannot judge", 3),
    ],
)
def test_block_comes_before_cannot_judge_before_warn_before_pass(
    lines: list[Line], verdict: Answer, status: int
) -> None:
    assert combine(lines) == verdict
    assert EXIT_STATUS[combine(lines)] == status
