"""The geometry of intervals: differences in, the places of an SVG drawing out. One row a figure, each on its own scale."""

from collections.abc import Sequence
from dataclasses import dataclass

WIDTH, ROW_HEIGHT = 640, 56
LEFT, RIGHT, TOP, BOTTOM = 130, 50, 8, 20


@dataclass(frozen=True, slots=True)
class IntervalRow:
    """A difference and its interval, drawn. low, middle and high are places; edges: what is written at both ends."""

    label: str
    y: float
    low: float
    middle: float
    high: float
    edges: tuple[str, str]
    text: str
    is_clear: bool


@dataclass(frozen=True, slots=True)
class IntervalChart:
    """Rows about one line at zero."""

    rows: tuple[IntervalRow, ...]
    zero: float
    width: int
    height: int
    top: int
    bottom: int
    left: int
    right: int


def draw_intervals(intervals: Sequence[tuple[str, float, float, float]]) -> IntervalChart:
    """The drawing of (label, low, difference, high). Zero stands in the middle; each row reaches as far as it must."""
    zero = (LEFT + WIDTH - RIGHT) / 2
    half = (WIDTH - RIGHT - LEFT) / 2
    rows = []
    for number, (label, low, middle, high) in enumerate(intervals):
        reach = max(abs(low), abs(high)) or 1.0
        from_low, at, to_high = (round(zero + value / reach * half, 1) for value in (low, middle, high))
        text = f"{label}: {middle:+,.1f} (95% {low:+,.1f} ~ {high:+,.1f})"
        y = TOP + ROW_HEIGHT * (number + 0.5)
        edges = f"{low:+,.1f}", f"{high:+,.1f}"
        rows.append(IntervalRow(label, y, from_low, at, to_high, edges, text, is_clear=low > 0 or high < 0))
    height = TOP + ROW_HEIGHT * max(1, len(rows)) + BOTTOM
    return IntervalChart(tuple(rows), zero, WIDTH, height, TOP, height - BOTTOM, LEFT, WIDTH - RIGHT)
