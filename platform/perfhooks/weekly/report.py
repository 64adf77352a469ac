"""The weeks for people on a terminal, and as CSV."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING

from rich.table import Table

from perfhooks.bench.table import format_ratio
from perfhooks.figures import NOTHING, format_figure

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from perfhooks.weekly.weeks import Series, Week

CSV_COLUMNS = ("source", "name", "unit", "week", "runs", "p50", "p95", "ratio", "calibration_seconds")


def draw_weeks(all_series: Sequence[Series]) -> Table:
    """Return the table of the newest week of each series beside its week before."""
    table = Table("출처", "이름", "주", "p50", "p95", "× 기준", "전 주", "p50", "p95", "× 기준", "변화")
    for column in table.columns[2:]:
        column.justify, column.no_wrap = "right", True
    for series in all_series:
        weeks = (*describe_week(series.now, series.unit), *describe_week(series.before, series.unit))
        table.add_row(series.source, series.name, *weeks, describe_change(series))
    return table


def describe_week(week: Week | None, unit: str) -> tuple[str, str, str, str]:
    """Return a week's Monday, p50, p95 and ratio to the yardstick for reading."""
    if week is None:
        return (NOTHING,) * 4
    ratio = NOTHING if week.ratio is None else format_ratio(week.ratio)
    return f"{week.monday:%m-%d}", format_figure(week.p50, unit), format_figure(week.p95, unit), ratio


def describe_change(series: Series) -> str:
    """Return how many times slower than the week before, for reading."""
    return NOTHING if series.change is None else f"×{series.change:.2f}"


def write_csv(path: Path, all_series: Sequence[Series]) -> None:
    """Write one row per series and week."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as file:
        out = csv.writer(file, lineterminator="\n")
        out.writerow(CSV_COLUMNS)
        for series in all_series:
            for week in series.weeks:
                figures = (week.runs, week.p50, week.p95, week.ratio, week.calibration)
                out.writerow([series.source, series.name, series.unit, week.monday, *figures])
