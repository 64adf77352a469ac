"""Figures as people read them: a value with its unit, in Korean."""

from __future__ import annotations

import math

NOTHING = "–"
_WORDS = {
    "seconds": "초",
    "ms": "ms",
    "hours": "시간",
    "per_second": "/초",
    "count": "",
    "pages": "쪽",
    "won": "원",
    "rows": "행",
}


def format_figure(value: float | None, unit: str) -> str:
    """Return a value of a metric's unit for reading: short times in ms or µs, ratios in percent, sizes in KB or MB."""
    if value is None or not math.isfinite(value):
        return NOTHING if value is None else f"{value:g}"
    if unit == "ratio":
        return f"{value * 100:.3g}%"
    if unit == "bytes":
        return f"{value / 1e6:,.1f}MB" if value >= 1e6 else f"{value / 1e3:,.1f}KB"
    if unit in ("seconds", "ms"):
        return _format_seconds(value if unit == "seconds" else value / 1_000)
    return f"{_shorten(value)}{_WORDS.get(unit, unit)}"


def _format_seconds(seconds: float) -> str:
    if abs(seconds) >= 1:
        return f"{_shorten(seconds)}초"
    if abs(seconds) >= 0.001 or not seconds:
        return f"{_shorten(seconds * 1e3)}ms"
    return f"{_shorten(seconds * 1e6)}µs"


def _shorten(value: float) -> str:
    if value == int(value):
        return f"{value:,.0f}"
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"
