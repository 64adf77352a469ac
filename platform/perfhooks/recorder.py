"""Raw samples of a run: while a recorder is active, every span and metric of this process also lands in it.

Active recorders are process-wide, not bound to a context, so that worker threads are seen too.
"""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

from perfhooks.percentiles import Percentiles
from perfhooks.registry import get_metric
from perfhooks.series import LabelValues, Series

if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import TracebackType


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


class Recorder:
    """Context manager that keeps raw samples, counter totals and newest gauge values; readable during and after."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._series: dict[str, Series] = {}
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
            return self._series.get(name, Series()).select(wanted)

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
            kept = sorted(self._series.get(name, Series()).slowest, reverse=True)
        return [SlowSample(value, dict(zip(names, given, strict=True)), *tags) for value, given, *tags in kept]

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
            series = self._series.get(name) or self._series.setdefault(name, Series())
            series.add(value, labels, tags, queries, rows)

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

    def export(self) -> dict[str, Any]:
        """Return everything that was recorded as JSON can hold it, for `absorb` in another process."""
        with self._lock:
            return {
                "series": {name: series.export() for name, series in self._series.items()},
                "counters": [[name, list(labels), amount] for (name, labels), amount in self._counters.items()],
                "gauges": [[name, list(labels), value] for (name, labels), value in self._gauges.items()],
            }

    def absorb(self, exported: Mapping[str, Any]) -> None:
        """Add what a recorder of another process exported; its gauges count as newer than the own ones."""
        with self._lock:
            for name, series in exported["series"].items():
                self._series.setdefault(name, Series()).absorb(series)
        for name, labels, amount in exported["counters"]:
            self.add_count(name, amount, tuple(labels))
        for name, labels, value in exported["gauges"]:
            self.set_value(name, value, tuple(labels))


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
