"""The raw samples of a bench as an SVG drawing: one strip per operation on a logarithmic axis of time per unit."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape

from perfhooks.figures import format_figure

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from perfhooks.bench.results import Result

WIDTH, LEFT, RIGHT = 960, 260, 24
STRIP, TITLE, TOP, BOTTOM = 34, 30, 12, 34
JITTERS = (0, 4, -4, 7, -7, 2, -2, 5, -5)
STYLE = """
text { font: 12px system-ui, sans-serif; fill: #333 } .name { text-anchor: end } .tick { text-anchor: middle; fill: #666 }
.title { font-weight: 600 } .grid { stroke: #ddd } .dot { fill: #3273a8; fill-opacity: .45 } .p50 { stroke: #111; stroke-width: 2 }
.p95 { stroke: #b8590b; stroke-width: 2; stroke-dasharray: 3 2 } .paper { fill: #fff }
@media (prefers-color-scheme: dark) { text { fill: #ddd } .tick { fill: #aaa } .grid { stroke: #444 } .dot { fill: #7db8e8 }
.p50 { stroke: #fff } .p95 { stroke: #f0a860 } .paper { fill: #181818 } }
"""


def draw_plot(bench: str, results: Sequence[Result]) -> str:
    """Return the drawing as the text of an SVG file: a dot per run, a line at the p50, a dashed one at the p95."""
    scenarios = list(dict.fromkeys(result.scenario for result in results))
    bottom = TOP + TITLE * (len(scenarios) + 1) + STRIP * len(results)
    axis = _Axis([wall / result.units for result in results for wall in result.walls])
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {bottom + BOTTOM}" role="img">',
        f"<title>{escape(bench)}</title><style>{STYLE}</style>",
        f'<rect class="paper" width="{WIDTH}" height="{bottom + BOTTOM}"/>',
        f'<text class="title" x="12" y="{TOP + 14}">{escape(bench)}: 단위당 시간 (로그 눈금) · 실선 p50 · 점선 p95</text>',
        *axis.draw(TOP + TITLE, bottom),
    ]
    y = TOP + TITLE
    for scenario in scenarios:
        parts.append(f'<text class="title" x="12" y="{y + 19}">{escape(scenario)}</text>')
        y += TITLE
        for result in (result for result in results if result.scenario == scenario):
            parts += _draw_strip(result, axis, y + STRIP // 2)
            y += STRIP
    return "\n".join([*parts, "</svg>\n"])


class _Axis:
    """A logarithmic scale from the shortest to the longest sample, in seconds."""

    def __init__(self, seconds: Sequence[float]) -> None:
        self._low, self._high = math.log10(min(seconds) * 0.9), math.log10(max(seconds) * 1.1)

    def place(self, seconds: float) -> float:
        share = (math.log10(seconds) - self._low) / (self._high - self._low)
        return round(LEFT + share * (WIDTH - LEFT - RIGHT), 1)

    def draw(self, top: int, bottom: int) -> Iterator[str]:
        steps = (factor * 10.0**power for power in range(math.floor(self._low), 4) for factor in (1, 2, 5))
        for seconds in steps:
            if self._low <= math.log10(seconds) <= self._high:
                x = self.place(seconds)
                yield f'<line class="grid" x1="{x}" x2="{x}" y1="{top}" y2="{bottom}"/>'
                yield f'<text class="tick" x="{x}" y="{bottom + 18}">{format_figure(seconds, "seconds")}</text>'


def _draw_strip(result: Result, axis: _Axis, y: int) -> Iterator[str]:
    yield f'<text class="name" x="{LEFT - 12}" y="{y + 4}">{escape(result.operation)}</text>'
    for number, wall in enumerate(result.walls):
        x = axis.place(wall / result.units)
        yield f'<circle class="dot" cx="{x}" cy="{y + JITTERS[number % len(JITTERS)]}" r="3"/>'
    for name, seconds in (("p50", result.p50), ("p95", result.p95)):
        x = axis.place(seconds / result.units)
        yield f'<line class="{name}" x1="{x}" x2="{x}" y1="{y - 12}" y2="{y + 12}"/>'
