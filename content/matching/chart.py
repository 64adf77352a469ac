"""The geometry of shares over days: numbers in, the points of an SVG drawing out."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

WIDTH, HEIGHT = 640, 220
LEFT, RIGHT, TOP, BOTTOM = 52, 16, 14, 28
DAYS_LABELLED = 7
STEPS = (0.25, 0.5, 1.0)
"""The upper edge is the first of these that holds every value."""


@dataclass(frozen=True, slots=True)
class DayShare:
    """One day of one version. total: decisions; part: fallbacks among them."""

    day: date
    version: int
    total: int
    part: int

    @property
    def share(self) -> float:
        """0 to 1."""
        return self.part / self.total if self.total else 0.0


@dataclass(frozen=True, slots=True)
class Mark:
    """A place in the drawing, and what stands there."""

    x: float
    y: float
    text: str


@dataclass(frozen=True, slots=True)
class Line:
    """The days of one version: an SVG polyline ("x,y x,y ..."), and a dot on each day."""

    version: int
    points: str
    dots: tuple[Mark, ...]


@dataclass(frozen=True, slots=True)
class ShareChart:
    """Lines by version, the height of the limit, and what is written along the axes."""

    lines: tuple[Line, ...]
    limit_y: float
    days: tuple[Mark, ...]
    values: tuple[Mark, ...]
    width: int = WIDTH
    height: int = HEIGHT
    left: int = LEFT
    right: int = WIDTH - RIGHT
    bottom: int = HEIGHT - BOTTOM


def draw_shares(shares: Sequence[DayShare], *, first: date, last: date, limit: float) -> ShareChart:
    """The drawing of the days from first to last; shares by version and day."""
    highest = max([limit, *(it.share for it in shares)])
    top = next(step for step in STEPS if step >= highest)
    days = max(1, (last - first).days)

    def place(day: date, share: float) -> tuple[float, float]:
        x = LEFT + (day - first).days / days * (WIDTH - LEFT - RIGHT)
        return round(x, 1), round(TOP + (1 - share / top) * (HEIGHT - TOP - BOTTOM), 1)

    versions = sorted({it.version for it in shares})
    lines = []
    for version in versions:
        own = sorted((it for it in shares if it.version == version), key=lambda it: it.day)
        places = [place(it.day, it.share) for it in own]
        dots = tuple(
            Mark(x, y, f"{it.day:%m-%d} {it.version}판: {it.share:.1%} ({it.part}/{it.total})")
            for (x, y), it in zip(places, own, strict=True)
        )
        lines.append(Line(version, " ".join(f"{x},{y}" for x, y in places), dots))
    labelled = [date.fromordinal(day) for day in range(last.toordinal(), first.toordinal() - 1, -DAYS_LABELLED)]
    return ShareChart(
        lines=tuple(lines),
        limit_y=place(first, limit)[1],
        days=tuple(Mark(place(day, 0)[0], HEIGHT - BOTTOM + 16, f"{day:%m-%d}") for day in labelled),
        values=tuple(Mark(LEFT - 6, place(first, value)[1], f"{value:.0%}") for value in (0.0, limit, top)),
    )
