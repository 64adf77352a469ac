"""The raw samples of one histogram: values, their labels, the slowest with what they were about."""

from __future__ import annotations

import heapq
from array import array
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

SLOWEST_KEPT = 10
LabelValues = tuple[str, ...]
SlowEntry = tuple[float, LabelValues, str, str]


@dataclass(slots=True)
class Series:
    """Samples in order of arrival; `slowest` is a heap of (value, labels, sku, content_id), the least of them first."""

    values: array[float] = field(default_factory=lambda: array("d"))
    labels: list[LabelValues] = field(default_factory=list)
    slowest: list[SlowEntry] = field(default_factory=list)
    queries: int = 0
    rows: int = 0

    def add(self, value: float, labels: LabelValues, tags: Mapping[str, object], queries: int, rows: int) -> None:
        """Keep one sample with the queries and written rows of its span."""
        self.values.append(value)
        self.labels.append(labels)
        self.queries += queries
        self.rows += rows
        if len(self.slowest) < SLOWEST_KEPT or value > self.slowest[0][0]:
            self._keep_slow((value, labels, str(tags.get("sku") or ""), str(tags.get("content_id") or "")))

    def select(self, wanted: list[tuple[int, str]]) -> list[float]:
        """Return the values whose labels have the wanted text at each position."""
        pairs = zip(self.values, self.labels, strict=True)
        return [value for value, labels in pairs if all(labels[position] == text for position, text in wanted)]

    def export(self) -> dict[str, Any]:
        """Return everything as lists and numbers, as JSON can hold it."""
        return {
            "values": list(self.values),
            "labels": [list(labels) for labels in self.labels],
            "slowest": [[value, list(labels), sku, content_id] for value, labels, sku, content_id in self.slowest],
            "queries": self.queries,
            "rows": self.rows,
        }

    def absorb(self, exported: Mapping[str, Any]) -> None:
        """Add what another process exported."""
        self.values.extend(exported["values"])
        self.labels.extend(tuple(labels) for labels in exported["labels"])
        self.queries += exported["queries"]
        self.rows += exported["rows"]
        for value, labels, sku, content_id in exported["slowest"]:
            self._keep_slow((value, tuple(labels), sku, content_id))

    def _keep_slow(self, entry: SlowEntry) -> None:
        push = heapq.heappush if len(self.slowest) < SLOWEST_KEPT else heapq.heappushpop
        push(self.slowest, entry)
