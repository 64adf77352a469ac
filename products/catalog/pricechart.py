"""The geometry of a product's price line: pure numbers in, the points of an SVG drawing out."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

WIDTH, HEIGHT = 640, 160
LEFT, RIGHT, TOP, BOTTOM = 76, 12, 12, 26


@dataclass(frozen=True, slots=True)
class PricePoint:
    """What a product cost from this moment on, in whole won."""

    observed_at: datetime
    price: int
    discounted_price: int


@dataclass(frozen=True, slots=True)
class Mark:
    """A place in the drawing; `text` is what stands there, if anything."""

    x: float
    y: float
    text: str = ""


@dataclass(frozen=True, slots=True)
class PriceChart:
    """Points for two SVG polylines ("x,y x,y ..."), a dot for each seen price, and the marks of the price axis."""

    price_line: str
    sale_line: str
    dots: tuple[Mark, ...]
    marks: tuple[Mark, ...]
    first: datetime
    last: datetime
    width: int = WIDTH
    height: int = HEIGHT
    left: int = LEFT
    right: int = WIDTH - RIGHT
    top: int = TOP
    bottom: int = HEIGHT - BOTTOM


def draw_price_chart(points: Sequence[PricePoint], until: datetime) -> PriceChart | None:
    """Steps, since a price holds until the next one is seen. points: oldest first; None when there are none.

    The vertical axis runs from the lowest to the highest value; a single value stands in the middle.
    """
    if not points:
        return None
    values = [value for point in points for value in (point.price, point.discounted_price)]
    low, high = min(values), max(values)
    first, last = points[0].observed_at, max(until, points[-1].observed_at)
    seconds = (last - first).total_seconds()

    def place_x(when: datetime) -> float:
        share = (when - first).total_seconds() / seconds if seconds else 0.0
        return round(LEFT + share * (WIDTH - LEFT - RIGHT), 1)

    def place_y(won: int) -> float:
        share = (high - won) / (high - low) if high > low else 0.5
        return round(TOP + share * (HEIGHT - TOP - BOTTOM), 1)

    places = [place_x(point.observed_at) for point in points] + [place_x(last)]
    sale_heights = [place_y(point.discounted_price) for point in points]
    return PriceChart(
        price_line=_join_steps(places, [place_y(point.price) for point in points]),
        sale_line=_join_steps(places, sale_heights),
        dots=tuple(Mark(x, y) for x, y in zip(places, sale_heights, strict=False)),
        marks=tuple(Mark(LEFT, place_y(won), f"{won:,}원") for won in sorted({low, high})),
        first=first,
        last=last,
    )


def _join_steps(places: Sequence[float], heights: Sequence[float]) -> str:
    """places: one more than heights, the end of the last step."""
    corners = [
        f"{x},{height}" for start, end, height in zip(places, places[1:], heights, strict=False) for x in (start, end)
    ]
    return " ".join(corners)
