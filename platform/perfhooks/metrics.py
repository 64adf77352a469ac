"""Counters, observations and gauges: checked against the registry, exported to Prometheus, fed to active recorders.

Children are cached, so one call costs a dictionary lookup and the client library's own update. A metric that meets
more label combinations than `MAX_LABEL_COMBINATIONS` puts the rest under the label value `other`. An exemplar is the trace
id of a bucket's newest sample; the client library knows them only where one process serves alone.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any, Final

from prometheus_client import Counter, Gauge, Histogram, disable_created_metrics

from perfhooks import catalogue as catalogue  # the names must exist before anything is measured
from perfhooks import recorder as recorders
from perfhooks import shared_metrics
from perfhooks.registry import MAX_LABEL_COMBINATIONS, Kind, Metric, RegistryError, all_metrics, get_metric
from perfhooks.trace import bound_tags, current_trace_id

if TYPE_CHECKING:
    from collections.abc import Mapping

GAUGE_MULTIPROCESS_MODE: Final = "mostrecent"
UNKNOWN_LABEL = "none"
OVERFLOW_LABEL = "other"

is_exemplar_kept = False

disable_created_metrics()  # type: ignore[no-untyped-call]
shared_metrics.open_folder()


def count(name: str, amount: float = 1, **labels: object) -> None:
    """Add `amount` to a counter; all of its labels must be given. Raises `RegistryError`."""
    channel = open_channel(name, "counter")
    values = channel.exact_values(labels)
    channel.child(values).inc(amount)
    for recorder in recorders.active_recorders():
        recorder.add_count(name, amount, values)


def observe(name: str, value: float, **labels: object) -> None:
    """Add one sample to a histogram, in its unit; all of its labels must be given. Raises `RegistryError`."""
    channel = open_channel(name, "histogram")
    channel.observe(value, channel.exact_values(labels), bound_tags())


def set_gauge(name: str, value: float, **labels: object) -> None:
    """Set a gauge to its newest value; all of its labels must be given. Raises `RegistryError`."""
    channel = open_channel(name, "gauge")
    values = channel.exact_values(labels)
    channel.child(values).set(value)
    for recorder in recorders.active_recorders():
        recorder.set_value(name, value, values)


def export_zeroes() -> None:
    """Let every counter and histogram stand in /metrics before its first sample: growth from nothing is growth too.

    Gauges are left out, since nobody has measured the value 0.
    """
    for metric in all_metrics().values():
        if metric.kind in ("counter", "histogram"):
            open_channel(metric.name, metric.kind)


class Channel:
    """One metric's way out of the process: its Prometheus children by label values, made at first use."""

    __slots__ = ("_children", "_labels", "_parent", "metric")

    def __init__(self, metric: Metric) -> None:
        self.metric = metric
        self._labels = frozenset(metric.labels)
        self._parent = _make_exporter(metric)
        self._children: dict[tuple[str, ...], Any] = {} if metric.labels else {(): self._parent}

    def exact_values(self, labels: Mapping[str, object]) -> tuple[str, ...]:
        """Return the label values in declared order; raises `RegistryError` unless exactly these labels are given."""
        if labels.keys() != self._labels:
            raise RegistryError(f"metric {self.metric.name!r} has the labels {self.metric.labels}, got {tuple(labels)}")
        return tuple([str(labels[label]) for label in self.metric.labels])

    def known_values(self, tags: Mapping[str, object]) -> tuple[str, ...]:
        """Return the label values found among a span's tags; a label that nobody set is `none`."""
        return tuple([str(tags.get(label, UNKNOWN_LABEL)) for label in self.metric.labels])

    def child(self, values: tuple[str, ...]) -> Any:
        """Return the exporter's child for these label values."""
        found = self._children.get(values)
        return self._add_child(values) if found is None else found

    def observe(
        self, value: float, values: tuple[str, ...], tags: Mapping[str, object], queries: int = 0, rows: int = 0
    ) -> None:
        """Export one sample and hand it to the active recorders."""
        self.child(values).observe(value, {"trace_id": current_trace_id()} if is_exemplar_kept else None)
        for recorder in recorders.active_recorders():
            recorder.add_sample(self.metric.name, value, values, tags, queries, rows)

    def _add_child(self, values: tuple[str, ...]) -> Any:
        if len(self._children) >= MAX_LABEL_COMBINATIONS - 1:
            values = (OVERFLOW_LABEL,) * len(values)
        return self._children.setdefault(values, self._parent.labels(*values))


_channels: dict[str, Channel] = {}
_making = threading.Lock()


def open_channel(name: str, kind: Kind) -> Channel:
    """Return the channel of a metric of that kind; raises `RegistryError` when it is unknown or of another kind."""
    channel = _channels.get(name) or _make_channel(name)
    if channel.metric.kind != kind:
        raise RegistryError(f"metric {name!r} is a {channel.metric.kind}, not a {kind}")
    return channel


def _make_channel(name: str) -> Channel:
    metric = get_metric(name)
    if metric.kind == "derived":
        raise RegistryError(f"metric {name!r} is derived: observe {metric.source!r} instead")
    with _making:
        return _channels.get(name) or _channels.setdefault(name, Channel(metric))


def _make_exporter(metric: Metric) -> Any:
    if metric.kind == "counter":
        return Counter(metric.name, metric.help, metric.labels)
    if metric.kind == "gauge":
        return Gauge(metric.name, metric.help, metric.labels, multiprocess_mode=GAUGE_MULTIPROCESS_MODE)
    buckets = metric.buckets or Histogram.DEFAULT_BUCKETS
    return Histogram(metric.name, metric.help, metric.labels, buckets=buckets)
