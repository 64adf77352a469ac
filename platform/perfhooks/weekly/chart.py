"""The geometry of a series over the weeks: numbers in, the points of an SVG drawing out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape

from perfhooks.figures import format_figure

if TYPE_CHECKING:
    from collections.abc import Sequence

    from perfhooks.weekly.weeks import Series

WIDTH, HEIGHT = 640, 180
LEFT, RIGHT, TOP, BOTTOM = 76, 24, 14, 28
PANEL_HEIGHT = HEIGHT + 34
STYLE = """
text { font: 11px system-ui, sans-serif; fill: #555 } .title { font-size: 13px; fill: #222 } .paper { fill: #fff }
.axis { stroke: #ccc } .line { fill: none; stroke: #2a6496; stroke-width: 2 } .dot { fill: #2a6496 }
.line-second { fill: none; stroke: #777; stroke-width: 1.5; stroke-dasharray: 4 3 } .end { text-anchor: end }
.middle { text-anchor: middle }
@media (prefers-color-scheme: dark) { .paper { fill: #181818 } text { fill: #aaa } .title { fill: #eee } .axis { stroke: #444 }
.line { stroke: #7db8e8 } .dot { fill: #7db8e8 } .line-second { stroke: #aaa } }
"""


@dataclass(frozen=True, slots=True)
class Mark:
    """A place in the drawing, and what stands there."""

    x: float
    y: float
    text: str


@dataclass(frozen=True, slots=True)
class WeekChart:
    """Two SVG polylines ("x,y x,y ..."), the p95 and the p50; dots on the p95, marks of the weeks and of the values."""

    p95_line: str
    p50_line: str
    dots: tuple[Mark, ...]
    weeks: tuple[Mark, ...]
    values: tuple[Mark, ...]
    width: int = WIDTH
    height: int = HEIGHT
    left: int = LEFT
    right: int = WIDTH - RIGHT
    top: int = TOP
    bottom: int = HEIGHT - BOTTOM


def draw_week_chart(series: Series) -> WeekChart:
    """Return the drawing of a series: weeks at their distance in time from left to right, values from zero up."""
    first, last = series.weeks[0].monday, series.weeks[-1].monday
    days = (last - first).days
    highest = max(max(week.p50, week.p95) for week in series.weeks) or 1.0
    places = [_place_x((week.monday - first).days, days) for week in series.weeks]
    heights = [[_place_y(getattr(week, name), highest) for week in series.weeks] for name in ("p95", "p50")]
    return WeekChart(
        p95_line=_join(places, heights[0]),
        p50_line=_join(places, heights[1]),
        dots=tuple(
            Mark(x, y, f"{week.monday:%m-%d} 주: p95 {format_figure(week.p95, series.unit)}, {week.runs}회")
            for x, y, week in zip(places, heights[0], series.weeks, strict=True)
        ),
        weeks=tuple(
            Mark(x, HEIGHT - BOTTOM + 16, f"{week.monday:%m-%d}") for x, week in zip(places, series.weeks, strict=True)
        ),
        values=tuple(
            Mark(LEFT - 8, _place_y(value, highest), format_figure(value, series.unit)) for value in (0.0, highest)
        ),
    )


def draw_file(all_series: Sequence[Series]) -> str:
    """Return an SVG file with one panel per series, one beneath the other."""
    height = PANEL_HEIGHT * len(all_series) + TOP
    panels = (_draw_panel(series, number * PANEL_HEIGHT) for number, series in enumerate(all_series))
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img">',
            f"<title>주간 성능</title><style>{STYLE}</style>",
            f'<rect class="paper" width="{WIDTH}" height="{height}"/>',
            *panels,
            "</svg>\n",
        ]
    )


def _draw_panel(series: Series, offset: int) -> str:
    chart = draw_week_chart(series)
    title = escape(f"{series.source} · {series.name}: 실선 p95, 점선 p50")
    return "\n".join(
        [
            f'<g transform="translate(0 {offset + 20})"><text class="title" x="8" y="-4">{title}</text>',
            f'<line class="axis" x1="{chart.left}" x2="{chart.right}" y1="{chart.bottom}" y2="{chart.bottom}"/>',
            f'<polyline class="line-second" points="{chart.p50_line}"/><polyline class="line" points="{chart.p95_line}"/>',
            *(f'<circle class="dot" cx="{dot.x}" cy="{dot.y}" r="3"/>' for dot in chart.dots),
            *(f'<text class="end" x="{mark.x}" y="{mark.y + 4}">{escape(mark.text)}</text>' for mark in chart.values),
            *(f'<text class="middle" x="{mark.x}" y="{mark.y}">{mark.text}</text>' for mark in chart.weeks),
            "</g>",
        ]
    )


def _place_x(day: int, days: int) -> float:
    share = day / days if days else 0.5
    return round(LEFT + share * (WIDTH - LEFT - RIGHT), 1)


def _place_y(value: float, highest: float) -> float:
    return round(TOP + (1 - value / highest) * (HEIGHT - TOP - BOTTOM), 1)


def _join(places: Sequence[float], heights: Sequence[float]) -> str:
    return " ".join(f"{x},{y}" for x, y in zip(places, heights, strict=True))
