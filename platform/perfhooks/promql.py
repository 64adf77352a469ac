"""Our metrics in Prometheus' query language: the value that a budget is held against, and the figures of a dashboard.

The window is one hour: a store is synced that often, and a page that was slow for an hour is worth a message.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from perfhooks.registry import Metric, get_metric

if TYPE_CHECKING:
    from collections.abc import Mapping

    from perfhooks.budgets import Budget

WINDOW: Final = "1h"
DASHBOARD_WINDOW: Final = "$__rate_interval"
_QUANTILES = {"p50": 0.5, "p95": 0.95, "p99": 0.99, "max": 1.0}


def value_of(budget: Budget) -> str | None:
    """Return the expression of the figure that a budget judges, in its unit; None where Prometheus cannot know it.

    It cannot know comparisons of two measurements, nor what a bench could reach (`rate`): it sees the load that is.
    """
    if budget.kind == "relative":
        return None
    metric = get_metric(budget.metric)
    if metric.kind == "derived":
        return _value_of_derived(metric)
    if metric.kind == "histogram":
        return _value_of_histogram(budget, metric)
    if metric.kind == "counter":
        return f"sum({increase(metric.name, budget.labels)})"
    worst = "max" if budget.direction == "max" else "min"
    return f"{worst}({metric.name}{matchers(budget.labels)})"


def samples_of(budget: Budget) -> str | None:
    """Return the expression of how many samples stand behind a budget's figure; None for a gauge, which has but one."""
    metric = get_metric(budget.metric)
    if metric.kind == "derived":
        base = metric.per if metric.statistic == "share" else f"{metric.source}_count"
        return f"sum({increase(base, {})})"
    return f"sum({increase(f'{metric.name}_count', budget.labels)})" if metric.kind == "histogram" else None


def quantile(metric: str, q: float, labels: Mapping[str, str], window: str = WINDOW) -> str:
    """Return the expression of a quantile (0 to 1) of a histogram over all workers and servers."""
    return f"histogram_quantile({q:g}, sum by (le) ({increase(f'{metric}_bucket', labels, window)}))"


def increase(series: str, labels: Mapping[str, str], window: str = WINDOW) -> str:
    """Return by how much a series grew within the window."""
    return f"increase({series}{matchers(labels)}[{window}])"


def matchers(labels: Mapping[str, str]) -> str:
    """Return labels as a selector; an empty text for none."""
    if not labels:
        return ""
    return "{" + ", ".join(f'{name}="{value}"' for name, value in sorted(labels.items())) + "}"


def _value_of_derived(metric: Metric) -> str | None:
    if metric.statistic == "rate":
        return None
    if metric.statistic == "share":
        return scaled(f"sum({increase(metric.source, {})}) / sum({increase(metric.per, {})})", metric.scale)
    return scaled(quantile(metric.source, _QUANTILES[metric.statistic], {}), metric.scale)


def _value_of_histogram(budget: Budget, metric: Metric) -> str:
    if budget.statistic in _QUANTILES:
        return quantile(metric.name, _QUANTILES[budget.statistic], budget.labels)
    spent = f"sum({increase(f'{metric.name}_sum', budget.labels)})"
    if budget.work is None:
        return spent
    work = get_metric(budget.work.metric)
    done = work.name if work.kind == "counter" else f"{work.name}_count"
    return f"{budget.work.amount} * {spent} / sum({increase(done, {})})"


def scaled(expression: str, scale: float) -> str:
    """Return an expression times a factor, the factor left out where it is one; hours are whole divisions."""
    if scale == 1:
        return expression
    if scale < 1:
        return f"{expression} / {round(1 / scale):g}"
    return f"{scale:g} * {expression}"
