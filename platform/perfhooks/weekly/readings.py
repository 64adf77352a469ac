"""Where the weeks' figures come from: rows of the benches' history file, and stages of stored runs."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from perfhooks.bench.history import read_history
from perfhooks.models import PerfStage
from perfhooks.registry import all_metrics
from perfhooks.weekly.weeks import Reading

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path


def read_bench_readings(history: Path, since: datetime) -> Iterator[Reading]:
    """Yield the benched operations of a history file; quick runs and the yardsticks themselves are left out."""
    for row in read_history(history):
        if row["is_quick"] == "False" and row["ratio"] and datetime.fromisoformat(row["date"]) >= since:
            yield _read_row(row)


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
    return Reading(
        source=row["bench"] + engine,
        name=f"{row['scenario']} · {row['operation']} ({units:,} {row['unit']})",
        unit="seconds",
        measured_at=datetime.fromisoformat(row["date"]),
        p50=float(row["p50_seconds"]),
        p95=float(row["p95_seconds"]),
        ratio=float(row["ratio"]),
        calibration=(float(row["calibration_before"]) + float(row["calibration_after"])) / 2,
    )
