"""Where the weeks' figures come from: rows of the benches' history file, and stages of stored runs."""

from __future__ import annotations

from datetime import datetime
from math import isfinite
from typing import TYPE_CHECKING

from perfhooks.bench.history import HistoryError, read_history
from perfhooks.models import PerfStage
from perfhooks.registry import all_metrics
from perfhooks.weekly.weeks import Reading

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

FIGURES = ("p50_seconds", "p95_seconds", "ratio", "calibration_before", "calibration_after")


def read_bench_readings(history: Path, since: datetime) -> Iterator[Reading]:
    """Yield the benched operations of a history file; quick runs and the yardsticks themselves are left out.

    Raises HistoryError that names the row whose figures cannot be read.
    """
    for number, row in enumerate(read_history(history), start=2):
        if row["is_quick"] == "False" and row["ratio"]:
            try:
                reading = _read_row(row)
            except (ValueError, OverflowError) as error:
                raise HistoryError(
                    f"{history}: {number}행을 읽을 수 없습니다({error}). 행을 고치거나 지우세요."
                ) from error
            if reading.measured_at >= since:
                yield reading


def read_run_readings(since: datetime) -> Iterator[Reading]:
    """Yield the stages with percentiles of every run that began since then, in one query.

    A histogram whose p95 stands there under the plan's own name is left out.
    """
    sources = {metric.source for metric in all_metrics().values() if metric.statistic.startswith("p")}
    stages = PerfStage.objects.filter(run__started_at__gte=since, p50__isnull=False, p95__isnull=False).exclude(
        metric__in=sources
    )
    columns = ("run__kind", "run__scenario", "metric", "unit", "run__started_at", "p50", "p95")
    for kind, scenario, *figures in stages.order_by("run__started_at", "pk").values_list(*columns):
        yield Reading(f"{kind} · {scenario}", *figures)


def _read_row(row: Mapping[str, str]) -> Reading:
    engine = f" · {row['database']}" if row["database"] else ""
    units = int(row["units"])
    figures = {name: float(row[name]) for name in FIGURES}
    if not all(map(isfinite, figures.values())):
        raise ValueError("nan, inf")
    measured_at = datetime.fromisoformat(row["date"])
    if measured_at.tzinfo is None:
        raise ValueError(row["date"])
    return Reading(
        source=row["bench"] + engine,
        name=f"{row['scenario']} · {row['operation']} ({units:,} {row['unit']})",
        unit="seconds",
        measured_at=measured_at,
        p50=figures["p50_seconds"],
        p95=figures["p95_seconds"],
        ratio=figures["ratio"],
        calibration=(figures["calibration_before"] + figures["calibration_after"]) / 2,
    )
