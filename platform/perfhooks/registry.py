"""The one list of metrics: what may be measured, in which unit, under which plan item.

A metric is declared once, at import. A duplicate name, a label with unbounded values or a derived metric without a
source is a `RegistryError` at that moment, so that a wrong name never reaches a running process.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

Kind = Literal["counter", "histogram", "gauge", "derived"]
Statistic = Literal["", "p50", "p95", "p99", "rate", "share"]

FORBIDDEN_LABELS = frozenset({"sku", "content_id", "trace_id", "post_id", "url"})
OPERATIONS_ITEM = "ops"
MAX_LABEL_COMBINATIONS = 200

_NAME = re.compile(r"[a-z][a-z0-9_]*")
_PLAN_ITEM = re.compile(r"\d[A-Z]|\d\.\d|\d|ops")


class RegistryError(ValueError):
    """A metric was declared wrongly, or asked for without having been declared."""


@dataclass(frozen=True, slots=True)
class Metric:
    """One declared metric.

    A `derived` metric is never observed: it is `statistic` of `source`, times `scale`. `p50`, `p95` and `p99` read a
    histogram's samples, `rate` its samples per second of the run, `share` a counter's total divided by that of `per`.
    """

    name: str
    kind: Kind
    unit: str
    labels: tuple[str, ...]
    plan_item: str
    help: str
    source: str = ""
    statistic: Statistic = ""
    scale: float = 1.0
    per: str = ""
    buckets: tuple[float, ...] = ()

    @property
    def is_duration(self) -> bool:
        """Whether a span may observe it: a histogram in seconds."""
        return self.kind == "histogram" and self.unit == "seconds"


_metrics: dict[str, Metric] = {}


def register(
    name: str,
    kind: Kind,
    *,
    unit: str,
    plan_item: str,
    help: str,
    labels: tuple[str, ...] = (),
    source: str = "",
    statistic: Statistic = "",
    scale: float = 1.0,
    per: str = "",
    buckets: tuple[float, ...] = (),
) -> Metric:
    """Declare a metric and return it; raises `RegistryError` that names the metric and what to change."""
    metric = Metric(name, kind, unit, labels, plan_item, help, source, statistic, scale, per, buckets)
    _check_names(metric)
    _check_labels(metric)
    _check_kind(metric)
    _metrics[name] = metric
    return metric


def get_metric(name: str) -> Metric:
    """Return the metric of that name; raises `RegistryError` when nobody declared it."""
    try:
        return _metrics[name]
    except KeyError:
        raise RegistryError(f"metric {name!r} is not registered: declare it in perfhooks.catalogue") from None


def all_metrics() -> Mapping[str, Metric]:
    """Return every declared metric by name, in order of declaration (a read-only live view)."""
    return MappingProxyType(_metrics)


def forbidden_labels(metric: Metric) -> frozenset[str]:
    """Return the labels of a metric whose values have no bound; they belong into log fields."""
    return FORBIDDEN_LABELS.intersection(metric.labels)


def _check_names(metric: Metric) -> None:
    if not _NAME.fullmatch(metric.name):
        raise RegistryError(f"metric {metric.name!r}: a name is lower-case letters, digits and underscores")
    if metric.name in _metrics:
        raise RegistryError(f"metric {metric.name!r} is already registered: one name, one meaning")
    if not _PLAN_ITEM.fullmatch(metric.plan_item):
        raise RegistryError(
            f"metric {metric.name!r}: plan_item {metric.plan_item!r} is neither like '2A', '6.1' nor 'ops'"
        )


def _check_labels(metric: Metric) -> None:
    if unbounded := forbidden_labels(metric):
        raise RegistryError(f"metric {metric.name!r}: {sorted(unbounded)} are log fields, never labels")
    if bad := [label for label in metric.labels if not _NAME.fullmatch(label)]:
        raise RegistryError(f"metric {metric.name!r}: {bad} are no label names")


def _check_kind(metric: Metric) -> None:
    if (metric.kind == "counter") != metric.name.endswith("_total"):
        raise RegistryError(f"metric {metric.name!r}: a counter, and only a counter, ends in _total")
    if metric.kind != "derived":
        return
    if not metric.statistic:
        raise RegistryError(f"metric {metric.name!r}: a derived metric names its statistic")
    wanted: Kind = "counter" if metric.statistic == "share" else "histogram"
    for source in (metric.source, metric.per) if metric.statistic == "share" else (metric.source,):
        if get_metric(source).kind != wanted:
            raise RegistryError(f"metric {metric.name!r}: {metric.statistic} needs a {wanted}, {source!r} is none")
