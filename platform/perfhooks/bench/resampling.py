"""How far a median can be trusted: its bootstrap interval (Efron 1979, percentile method), with a fixed seed."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain, repeat
from statistics import median
from typing import TYPE_CHECKING

from perfhooks.percentiles import percentile

if TYPE_CHECKING:
    from collections.abc import Sequence

RESAMPLES = 2_000
SEED = 1979
TAILS_PERCENT = (2.5, 97.5)


@dataclass(frozen=True, slots=True)
class Interval:
    """A median and the bounds within which 95 % of the resampled medians lie."""

    median: float
    low: float
    high: float

    def overlaps(self, other: Interval) -> bool:
        """Whether the two intervals share a value."""
        return self.low <= other.high and other.low <= self.high


def median_interval(values: Sequence[float]) -> Interval:
    """Return the median of the values with its interval from `RESAMPLES` resamples; raises ValueError for none."""
    medians = resample_medians(values)
    low, high = (percentile(medians, tail) for tail in TAILS_PERCENT)
    return Interval(median(values), low, high)


def resample_medians(values: Sequence[float]) -> list[float]:
    """Return the medians of `RESAMPLES` resamples of the values, ascending; raises ValueError for no values."""
    if not values:
        raise ValueError("no values: nothing has a median")
    ordered = sorted(values)
    drawn = sorted(((ordered[low] + ordered[high]) / 2, times) for (low, high), times in _draw_middles(len(ordered)))
    return list(chain.from_iterable(repeat(middle, times) for middle, times in drawn))


@lru_cache(maxsize=128)
def _draw_middles(size: int) -> tuple[tuple[tuple[int, int], int], ...]:
    """Return the places of the two middle values in resamples of `size` sorted values, with how often each pair came.

    Places do not depend on the values, so they are drawn once per size, and few pairs are left of all resamples.
    """
    draw = random.Random(SEED)  # noqa: S311
    places = range(size)
    resamples = (sorted(draw.choices(places, k=size)) for _ in range(RESAMPLES))
    middles = Counter((resample[(size - 1) // 2], resample[size // 2]) for resample in resamples)
    return tuple(middles.items())
