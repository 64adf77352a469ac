"""A comparison for people: one line per scenario and figure, and the verdict in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.table import Table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Console

    from perfhooks.bench.resampling import Interval
    from perfhooks.comparison.pairing import Comparison
    from perfhooks.comparison.sides import Side
    from perfhooks.comparison.verdicts import Verdict

WORDS: dict[Verdict, str] = {
    "ok": "[green]이상 없음",
    "suspect": "[yellow]의심: 더 느려 보이지만 확실하지 않습니다",
    "too noisy": "[yellow]판정 불가: 장비가 너무 흔들립니다",
    "regress": "[bold red]느려졌습니다",
}


def print_comparisons(
    comparisons: Sequence[Comparison], sides: tuple[Side, Side], *, limit: float, console: Console
) -> None:
    """Print the ratios head / base with their intervals and the verdicts; the p95 is shown and not judged."""
    base, head = sides
    table = Table("시나리오", "쌍", "p50", "CPU", "p95", "보정 흔들림", "판정")
    for column in table.columns[1:6]:
        column.justify = "right"
    for comparison in comparisons:
        judged = comparison.judgement
        ratios = (judged.wall.ratio, judged.cpu.ratio, judged.wall_p95)
        table.add_row(
            comparison.scenario,
            str(judged.pairs),
            *map(describe_ratio, ratios),
            f"{judged.calibration_spread:.0%}",
            WORDS[judged.verdict],
        )
    console.print(f"base {base.label} → head {head.label}: 시간의 비 head / base (95 % 구간), 한도 {limit:g}")
    console.print(table)


def describe_ratio(ratio: Interval) -> str:
    """Return a ratio with its bounds, for reading."""
    return f"{ratio.median:.3f} ({ratio.low:.3f}~{ratio.high:.3f})"
