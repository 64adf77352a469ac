"""The results of a bench for people: one table per scenario, and the conditions beneath."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.table import Table

from perfhooks.figures import NOTHING, format_figure

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Console

    from perfhooks.bench.conditions import Conditions
    from perfhooks.bench.outcome import Outcome
    from perfhooks.bench.resampling import Interval
    from perfhooks.bench.results import JudgedGoal, Result

COLUMNS = (
    "p50",
    "p95",
    "p99",
    "CPU",
    "처리량",
    "쿼리",
    "기록 행",
    "메모리",
    "× 기준",
    "(95 %)",
    "× CPU",
    "목표",
    "판정",
)
SECONDS = frozenset({"p50", "p95", "p99", "cpu", "unit_seconds"})
WORDS = {
    "ratio": "× 기준",
    "cpu_ratio": "× CPU",
    "unit_seconds": "단위당",
    "units_per_second": "처리량",
    "cpu": "CPU",
    "queries": "쿼리",
}
NOISY_CALIBRATION = 1.10
TIME_SLICE_SECONDS = 0.004
UNEQUAL_LENGTHS = 10.0


def print_outcome(outcome: Outcome, console: Console) -> None:
    """Print the scenarios' tables and what they were measured under; goals of a quick run are shown, not judged."""
    for scenario in dict.fromkeys(result.scenario for result in outcome.results):
        rows = [result for result in outcome.results if result.scenario == scenario]
        console.print(draw_table(rows, is_quick=outcome.is_quick))
        if note := find_unequal_lengths(rows):
            console.print(note, style="yellow", highlight=False)
    console.print(describe_conditions(outcome.conditions), style="dim", highlight=False)
    if outcome.database:
        console.print(f"데이터베이스 {outcome.database}", style="dim")
    if outcome.use:
        console.print(outcome.use.bottleneck, highlight=False)
    for path in outcome.profiles:
        console.print(f"프로파일: {path}", highlight=False)


def draw_table(results: Sequence[Result], *, is_quick: bool) -> Table:
    """Return the table of one scenario, its yardstick first."""
    first = results[0]
    title = f"{first.scenario} · 기준 {first.yardstick} · {len(first.walls):,}회"
    table = Table("작업", *COLUMNS, title=title, title_justify="left")
    for column in table.columns[1:]:
        column.justify, column.no_wrap = "right", True
    for result in results:
        table.add_row(result.operation, *_describe(result), *_describe_goals(result.goals, is_quick))
    return table


def find_unequal_lengths(results: Sequence[Result]) -> str:
    """Return a note where one run is seldom interrupted and another always, which makes their ratio unsteady."""
    shortest, longest = (choose(result.p50 for result in results) for choose in (min, max))
    if shortest > TIME_SLICE_SECONDS or longest < UNEQUAL_LENGTHS * shortest:
        return ""
    times = longest / shortest
    return f"한 번의 길이가 {times:.0f}배까지 다릅니다: 붐비는 장비에서 비율이 흔들립니다. 한 번에 할 양을 맞추세요."


def format_ratio(ratio: float) -> str:
    """Return a multiple for reading: `52.1`, `0.36`, and `1/55` where it is below a tenth."""
    return f"{ratio:.3g}" if ratio >= 0.1 else f"1/{1 / ratio:.3g}"


def format_interval(interval: Interval) -> str:
    """Return the bounds of an interval of multiples."""
    return f"{format_ratio(interval.low)}~{format_ratio(interval.high)}"


def describe_conditions(conditions: Conditions) -> str:
    """Return machine, commit, load and calibration in two lines, with a word where the machine changed its speed."""
    commit = (conditions.commit[:11] or NOTHING) + (" (수정됨)" if conditions.is_dirty else "")
    before, after = conditions.calibration_before, conditions.calibration_after
    drift = max(before, after) / min(before, after)
    note = " · 측정 중에 장비 속도가 달라졌습니다: 절대 시간 대신 비율을 보세요" if drift > NOISY_CALIBRATION else ""
    return (
        f"{conditions.machine} · 커밋 {commit} · {conditions.date:%Y-%m-%d %H:%M} UTC\n"
        f"부하 {conditions.load_before:.1f} → {conditions.load_after:.1f} · "
        f"보정 루프 {before * 1e3:.1f} → {after * 1e3:.1f}ms{note}"
    )


def _describe(result: Result) -> list[str]:
    times = (result.p50, result.p95, result.p99, result.cpu)
    return [
        *(format_figure(seconds, "seconds") for seconds in times),
        f"{result.units_per_second:,.0f} {result.unit}/초",
        *(NOTHING if counted is None else f"{counted:,.4g}" for counted in (result.queries, result.rows_written)),
        f"+{result.peak_growth_bytes / 1e6:,.0f}MB",
        format_ratio(result.ratio.median) if result.ratio else "1",
        format_interval(result.ratio) if result.ratio else "",
        format_ratio(result.cpu_ratio.median) if result.cpu_ratio else "1",
    ]


def _describe_goals(goals: Sequence[JudgedGoal], is_quick: bool) -> tuple[str, str]:
    limits = "\n".join(_describe_goal(judged) for judged in goals)
    verdicts = "\n".join("참고" if is_quick else "통과" if judged.is_met else "[bold red]미달" for judged in goals)
    return limits, verdicts


def _describe_goal(judged: JudgedGoal) -> str:
    goal = judged.goal
    limit = format_figure(goal.limit, "seconds") if goal.figure in SECONDS else format_ratio(goal.limit)
    return f"{WORDS.get(goal.figure, goal.figure)} {goal.sign} {limit}{' (예산)' if goal.budget_id else ''}"
