"""Raw samples of a run: while a recorder is active, every span and metric of this process also lands in it.

Active recorders are process-wide, not bound to a context, so that worker threads are seen too.
"""

from __future__ import annotations

import heapq
import threading
import time
from array import array
from dataclasses import dataclass, field
from itertools import count as counting
from typing import TYPE_CHECKING, Self

from perfhooks.percentiles import Percentiles
from perfhooks.registry import get_metric

if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import TracebackType

SLOWEST_KEPT = 10
LabelValues = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SlowSample:
    """One of the largest samples of a metric, with what it was about."""

    value: float
    labels: dict[str, str]
    sku: str
    content_id: str


@dataclass(frozen=True, slots=True)
class StageSummary:
    """One histogram of a run: count, percentiles and sum in `unit`, queries sent and rows written within its spans."""

    name: str
    count: int
    p50: float
    p95: float
    p99: float
    total: float
    queries: int
    rows: int
    unit: str


@dataclass(slots=True)
class _Series:
    values: array[float] = field(default_factory=lambda: array("d"))
    labels: list[LabelValues] = field(default_factory=list)
    slowest: list[tuple[float, int, LabelValues, str, str]] = field(default_factory=list)
    queries: int = 0
    rows: int = 0


class Recorder:
    """Context manager that keeps raw samples, counter totals and newest gauge values; readable during and after."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._order = counting()
        self._series: dict[str, _Series] = {}
        self._counters: dict[tuple[str, LabelValues], float] = {}
        self._gauges: dict[tuple[str, LabelValues], float] = {}
        self._started = self._stopped = 0.0

    def __enter__(self) -> Self:
        self._started, self._stopped = time.perf_counter(), 0.0
        _activate(self)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        _deactivate(self)
        self._stopped = time.perf_counter()

    @property
    def elapsed_seconds(self) -> float:
        """Wall time from entering to leaving, or to now while active."""
        return (self._stopped or time.perf_counter()) - self._started if self._started else 0.0

    def samples(self, name: str, **labels: str) -> list[float]:
        """Return the samples of a histogram, of the given labels only; of a derived metric, its scaled source."""
        metric = get_metric(name)
        if metric.source:
            return [value * metric.scale for value in self.samples(metric.source, **labels)]
        wanted = [(metric.labels.index(label), value) for label, value in labels.items()]
        with self._lock:
            series = self._series.get(name, _Series())
            pairs = zip(series.values, series.labels, strict=True)
            return [value for value, given in pairs if all(given[at] == text for at, text in wanted)]

    def totals(self) -> dict[str, float]:
        """Return the sum of every counter that moved, over all of its labels."""
        sums: dict[str, float] = {}
        with self._lock:
            for (name, _labels), amount in self._counters.items():
                sums[name] = sums.get(name, 0.0) + amount
        return sums

    def labelled_totals(self, name: str) -> dict[LabelValues, float]:
        """Return the total of a counter by its label values, in the order of the metric's labels."""
        with self._lock:
            return {labels: amount for (counter, labels), amount in self._counters.items() if counter == name}

    def gauges(self) -> dict[str, float]:
        """Return the newest value of every gauge that was set; labelled gauges keep the newest of any label."""
        with self._lock:
            return {name: value for (name, _labels), value in self._gauges.items()}

    def slowest(self, name: str) -> list[SlowSample]:
        """Return the largest samples of a histogram, the largest first."""
        names = get_metric(name).labels
        with self._lock:
            kept = sorted(self._series.get(name, _Series()).slowest, reverse=True)
        return [
            SlowSample(value, dict(zip(names, given, strict=True)), sku, post) for value, _, given, sku, post in kept
        ]

    def summary(self) -> list[StageSummary]:
        """Return one row per histogram that has samples, in the order of their first sample."""
        with self._lock:
            stages = [(name, list(series.values), series.queries, series.rows) for name, series in self._series.items()]
        return [_summarise(name, values, queries, rows) for name, values, queries, rows in stages]

    def add_sample(
        self, name: str, value: float, labels: LabelValues, tags: Mapping[str, object], queries: int = 0, rows: int = 0
    ) -> None:
        """Keep one sample of a histogram; `tags` may name the sku and content_id that it was about."""
        with self._lock:
            series = self._series.get(name) or self._series.setdefault(name, _Series())
            series.values.append(value)
            series.labels.append(labels)
            series.queries += queries
            series.rows += rows
            if len(series.slowest) < SLOWEST_KEPT or value > series.slowest[0][0]:
                self._keep_slow(series, value, labels, tags)

    def add_count(self, name: str, amount: float, labels: LabelValues) -> None:
        """Add to a counter's total."""
        key = (name, labels)
        with self._lock:
            self._counters[key] = self._counters.get(key, 0.0) + amount

    def set_value(self, name: str, value: float, labels: LabelValues) -> None:
        """Keep the newest value of a gauge."""
        key = (name, labels)
        with self._lock:
            self._gauges.pop(key, None)
            self._gauges[key] = value

    def _keep_slow(self, series: _Series, value: float, labels: LabelValues, tags: Mapping[str, object]) -> None:
        sku, content_id = (str(tags.get(tag) or "") for tag in ("sku", "content_id"))
        push = heapq.heappush if len(series.slowest) < SLOWEST_KEPT else heapq.heapreplace
        push(series.slowest, (value, next(self._order), labels, sku, content_id))


def active_recorders() -> tuple[Recorder, ...]:
    """Return the recorders that are active in this process now."""
    return _active


_active: tuple[Recorder, ...] = ()
_changing = threading.Lock()


def _activate(recorder: Recorder) -> None:
    global _active
    with _changing:
        _active = (*_active, recorder)


def _deactivate(recorder: Recorder) -> None:
    global _active
    with _changing:
        _active = tuple(other for other in _active if other is not recorder)


def _summarise(name: str, values: list[float], queries: int, rows: int) -> StageSummary:
    figures = Percentiles.of(values)
    return StageSummary(
        name, figures.count, figures.p50, figures.p95, figures.p99, figures.total, queries, rows, get_metric(name).unit
    )
