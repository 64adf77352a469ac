"""Measurements as they lie in the database: one for each budget, kept or broken, fresh or not."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from operations.gates.services import record_measurement
from perfhooks.budgets import Budget, Entry, load_entries, samples_needed
from perfhooks.models import PerfRun, PerfStage

COMMIT = "c0ffee" + "0" * 34
ANOTHER_COMMIT = "bad" + "0" * 37
BASE = "ba5e" + "0" * 36


def built_blockers() -> list[Budget]:
    """Every budget of the real file that can stop a release today."""
    return [entry for entry in load_entries() if isinstance(entry, Budget) and entry.built and entry.level == "block"]


def good_value(budget: Budget) -> float:
    """A figure on the right side of the limit."""
    return budget.limit * 0.5 if budget.direction == "max" else budget.limit * 2


def bad_value(budget: Budget) -> float:
    """A figure on the wrong side of the limit."""
    return budget.limit * 2 + 1 if budget.direction == "max" else budget.limit * 0.5


def make_run(**changes: Any) -> PerfRun:
    """A stored pipeline run without stages, finished just now on COMMIT."""
    finished = changes.pop("finished_at", timezone.now())
    values = {
        "kind": "pipeline",
        "scenario": "demo",
        "trace_id": "t",
        "started_at": finished - timedelta(seconds=30),
        "commit": COMMIT,
        "machine": "2 CPU",
        "load_average": 0.5,
        "database": "postgresql",
    }
    return PerfRun.objects.create(finished_at=finished, **(values | changes))


def plant(
    budget: Entry,
    value: float | None,
    *,
    samples: int | None = None,
    commit: str = COMMIT,
    at: datetime | None = None,
    **run: Any,
) -> None:
    """Store a figure where the gate looks for that budget: as a recorded one, or as a stage of a run of its own."""
    at = at or timezone.now()
    samples = samples_needed(budget) if samples is None else samples
    if budget.kind == "relative" or is_recorded(budget):
        for scenario in [budget.scenario] if budget.scenario else budget.needs or ("upsert",):
            record_measurement(
                metric=budget.metric,
                value=value,
                samples=samples,
                source="compare",
                scenario=scenario,
                link="/admin/",
                commit=commit,
                base=BASE if budget.kind == "relative" else "",
                measured_at=at,
            )
        return
    plant_run(budget, value, samples=samples, commit=commit, finished_at=at, **run)


def is_recorded(budget: Entry) -> bool:
    """Whether it is kept by a figure that a bench records: a stage of a run holds the samples of all labels together."""
    return bool(budget.labels and budget.scenario)


def plant_run(budget: Entry, value: float | None, *, samples: int, **run: Any) -> None:
    """Store a figure as a stage of a run of its own."""
    stored = make_run(**run)
    stage = PerfStage(run=stored, metric=budget.metric, unit=budget.unit, count=samples)
    setattr(stage, budget.statistic, value)
    stage.save()
    if budget.work is not None:
        PerfStage.objects.create(run=stored, metric=budget.work.metric, unit="count", count=samples)


def plant_all_well(besides: Iterable[str] = (), **changes: Any) -> None:
    """Store a good figure for every budget that can stop a release, except for those ids."""
    for budget in built_blockers():
        if budget.id not in set(besides):
            plant(budget, good_value(budget), **changes)
