"""Reads of the performance room: runs, and the newest one beside the one before."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q

from perfhooks.budgets import Budget, budgets_of
from perfhooks.models import PerfRun, PerfStage
from perfhooks.registry import all_metrics


@dataclass(frozen=True, slots=True)
class ComparedStage:
    """One stage of the newest run, the same one of the run before (None where it had none), and its budget.

    `ratio` is new over old, of the p95 where there is one, else of the value; None where it cannot be said.
    """

    now: PerfStage
    before: PerfStage | None
    budget: Budget | None
    plan_item: str
    help: str
    ratio: float | None


@dataclass(frozen=True, slots=True)
class StageFigures:
    """The percentiles of one stage of one run, in `unit`."""

    unit: str
    count: int
    p50: float
    p95: float
    p99: float


def list_stage_figures(*, since: datetime, until: datetime) -> dict[str, list[StageFigures]]:
    """Return the percentiles of every stage by metric, of the runs that began from `since` to before `until`."""
    stages = PerfStage.objects.filter(run__started_at__gte=since, run__started_at__lt=until, p95__isnull=False)
    figures: dict[str, list[StageFigures]] = {}
    columns = ("metric", "unit", "count", "p50", "p95", "p99")
    for metric, *values in stages.order_by("metric", "run__started_at").values_list(*columns):
        figures.setdefault(metric, []).append(StageFigures(*values))
    return figures


def newest_runs(kind: str, n: int) -> list[PerfRun]:
    """Return the newest `n` runs of a kind, the newest first."""
    return list(PerfRun.objects.filter(kind=kind)[:n])


def newest_run(kind: str = "") -> PerfRun | None:
    """Return the newest run of a kind, or of all kinds."""
    runs = PerfRun.objects.filter(kind=kind) if kind else PerfRun.objects.all()
    return runs.first()


def find_run(number: int) -> PerfRun | None:
    """Return the run of that primary key."""
    return PerfRun.objects.filter(pk=number).first()


def run_before(run: PerfRun) -> PerfRun | None:
    """Return the run before this one, of the same kind and on the same scenario."""
    alike = PerfRun.objects.filter(kind=run.kind, scenario=run.scenario)
    return alike.filter(Q(started_at__lt=run.started_at) | Q(started_at=run.started_at, pk__lt=run.pk)).first()


def compare_newest(kind: str) -> list[ComparedStage]:
    """Return the stages of the newest run of a kind beside those of the run before on the same scenario.

    A histogram whose p95 stands there under the plan's own name is left out.
    """
    newest = newest_run(kind)
    return compare_runs(newest, run_before(newest) if newest else None)


def compare_runs(newest: PerfRun | None, earlier: PerfRun | None) -> list[ComparedStage]:
    """Return the stages of one run beside those of another, in two queries."""
    if newest is None:
        return []
    before = {stage.metric: stage for stage in earlier.stages.all()} if earlier else {}
    budgets = {budget.id: budget for budget in budgets_of(newest.scenario)}
    shown = _without_sources(list(newest.stages.all()))
    return [_compare(stage, before.get(stage.metric), budgets.get(stage.budget_id)) for stage in shown]


def kinds() -> list[str]:
    """Return the kinds of runs that were ever stored, in alphabetical order."""
    return list(PerfRun.objects.order_by("kind").values_list("kind", flat=True).distinct())


def _without_sources(stages: list[PerfStage]) -> list[PerfStage]:
    known = all_metrics()
    named = [known[stage.metric] for stage in stages if stage.metric in known]
    sources = {metric.source for metric in named if metric.statistic.startswith("p")}
    return [stage for stage in stages if stage.metric not in sources or stage.verdict]


def _compare(now: PerfStage, before: PerfStage | None, budget: Budget | None) -> ComparedStage:
    metric = all_metrics().get(now.metric)
    plan_item, text = (metric.plan_item, metric.help) if metric else ("", "")
    return ComparedStage(now, before, budget, plan_item, text, _ratio(now, before))


def _ratio(now: PerfStage, before: PerfStage | None) -> float | None:
    if before is None:
        return None
    new, old = (now.p95, before.p95) if now.p95 is not None else (now.value, before.value)
    return new / old if new is not None and old else None
