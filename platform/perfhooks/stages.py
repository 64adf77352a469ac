"""From a recorder to the rows of a run: one stage per metric, with its percentiles and its verdict."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from perfhooks.budgets import Budget, bring_down, judge, load_budgets
from perfhooks.percentiles import percentile
from perfhooks.registry import Metric, all_metrics, get_metric

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from perfhooks.recorder import Recorder, StageSummary

# A verdict that was reached outranks one that was not; among those, the worst is shown.
SEVERITY = ("no data", "not enough", "ok", "warn", "breach")


@dataclass(frozen=True, slots=True)
class Stage:
    """One metric of one run, in its unit; `value` is the one figure of a gauge, a counter or a derived metric."""

    metric: str
    unit: str
    count: int
    p50: float | None = None
    p95: float | None = None
    p99: float | None = None
    total: float | None = None
    value: float | None = None
    queries: int = 0
    rows: int = 0
    budget_id: str = ""
    verdict: str = ""


def measure_stages(recorder: Recorder, budgets: Iterable[Budget] | None = None) -> list[Stage]:
    """Return a stage for every metric that the recorder saw, derived ones under the plan's names included.

    A stage is judged as the release gate would: by budgets of parts that are built, and only if enough work was done.
    """
    known = [budget for budget in (load_budgets() if budgets is None else budgets) if budget.built]
    stages = list(_measure_all(recorder))
    counts = {stage.metric: stage.count for stage in stages}
    return [_judge_stage(recorder, stage, known, counts) for stage in stages]


def _measure_all(recorder: Recorder) -> Iterator[Stage]:
    histograms = {summary.name: summary for summary in recorder.summary()}
    totals = recorder.totals()
    for summary in histograms.values():
        yield _of_histogram(summary)
    for name, total in totals.items():
        yield Stage(name, get_metric(name).unit, count=round(total), total=total, value=total)
    for name, value in recorder.gauges().items():
        yield Stage(name, get_metric(name).unit, count=1, value=value)
    for metric in [metric for metric in all_metrics().values() if metric.kind == "derived"]:
        if metric.statistic == "share" and totals.get(metric.per):
            share = totals.get(metric.source, 0.0) / totals[metric.per] * metric.scale
            yield Stage(metric.name, metric.unit, count=round(totals[metric.per]), value=share)
        elif metric.source in histograms:
            yield _of_samples(metric, histograms[metric.source], recorder.elapsed_seconds)


def _of_histogram(summary: StageSummary) -> Stage:
    return Stage(
        metric=summary.name,
        unit=summary.unit,
        count=summary.count,
        p50=summary.p50,
        p95=summary.p95,
        p99=summary.p99,
        total=summary.total,
        queries=summary.queries,
        rows=summary.rows,
    )


def _of_samples(metric: Metric, source: StageSummary, elapsed_seconds: float) -> Stage:
    if metric.statistic == "rate":
        return Stage(metric.name, metric.unit, count=source.count, value=source.count / elapsed_seconds)
    p50, p95, p99, total = (figure * metric.scale for figure in (source.p50, source.p95, source.p99, source.total))
    value = {"p50": p50, "p95": p95, "p99": p99}[metric.statistic]
    return replace(
        _of_histogram(source), metric=metric.name, unit=metric.unit, p50=p50, p95=p95, p99=p99, total=total, value=value
    )


def _judge_stage(recorder: Recorder, stage: Stage, budgets: Iterable[Budget], counts: Mapping[str, int]) -> Stage:
    own = [budget for budget in budgets if budget.metric == stage.metric and budget.kind != "relative"]
    judged = [(judge(budget, *_figure_for(recorder, stage, budget, counts)), budget.id) for budget in own]
    if not judged:
        return stage
    verdict, budget_id = max(judged, key=lambda pair: SEVERITY.index(pair[0]))
    return replace(stage, verdict=verdict, budget_id=budget_id)


def _figure_for(
    recorder: Recorder, stage: Stage, budget: Budget, counts: Mapping[str, int]
) -> tuple[float | None, int]:
    """Return the figure that the budget judges, and its samples; the work done where the budget names work."""
    value, samples = _select_figure(recorder, stage, budget)
    if budget.work is None:
        return value, samples
    done = counts.get(budget.work.metric, 0)
    return bring_down(budget, value, done), done


def _select_figure(recorder: Recorder, stage: Stage, budget: Budget) -> tuple[float | None, int]:
    if budget.statistic == "value":
        return stage.value, stage.count
    samples = recorder.samples(stage.metric, **budget.labels)
    if not samples:
        return None, 0
    if budget.statistic == "total":
        return sum(samples), len(samples)
    if budget.statistic == "max":
        return max(samples), len(samples)
    return percentile(samples, float(budget.statistic.removeprefix("p"))), len(samples)
