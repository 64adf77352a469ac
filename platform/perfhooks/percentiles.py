"""Percentiles of raw samples, by linear interpolation between the two nearest ranks.

For n sorted samples the q-th percentile stands at rank (n - 1) * q / 100 counted from 0, which is definition 7 of
Hyndman and Fan (1996) and the default of the common numerical libraries. No samples, no percentile: that is an error.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


def percentile(samples: Sequence[float], q: float) -> float:
    """Return the q-th percentile (q in percent: 95, not 0.95) in the samples' unit; raises ValueError."""
    return _interpolate(sorted(samples), q)


@dataclass(frozen=True, slots=True)
class Percentiles:
    """Count, sum and the plan's percentiles of one series, in the samples' unit."""

    count: int
    total: float
    p50: float
    p95: float
    p99: float

    @classmethod
    def of(cls, samples: Sequence[float]) -> Percentiles:
        """Return the percentiles of the samples, sorted once; raises ValueError when there are none."""
        ordered = sorted(samples)
        p50, p95, p99 = (_interpolate(ordered, q) for q in (50, 95, 99))
        return cls(len(ordered), sum(ordered), p50, p95, p99)


def _interpolate(ordered: Sequence[float], q: float) -> float:
    if not ordered:
        raise ValueError("no samples: a percentile of nothing does not exist")
    if not (q == 0 or 1 <= q <= 100):
        raise ValueError(f"q={q}: give percent from 1 to 100 (or 0 for the least), for example 95")
    rank = (len(ordered) - 1) * q / 100
    low = int(rank)
    if low + 1 >= len(ordered):
        return ordered[-1]
    return ordered[low] + (ordered[low + 1] - ordered[low]) * (rank - low)
