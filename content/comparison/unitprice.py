"""Prices made comparable: won per 100 g, per 100 ml or per piece, on one basis for a whole table."""

from collections import Counter
from collections.abc import Sequence
from fractions import Fraction

from content.comparison.quantities import GRAM, MILLILITRE, Reading

AUTO = "auto"
PER_100 = {"100g": GRAM, "100ml": MILLILITRE}
SMALL_WON = 100
"""Below this many won a unit price is shown with one digit after the point."""


def choose_basis(readings: Sequence[Reading]) -> str:
    """The basis that most of the products can be compared on, such as "100g", "100ml" or "1매"; "" when none fits two.

    Of bases that fit equally many, weight goes before volume and volume before pieces.
    """
    times = Counter(kind for reading in readings for kind in reading.amounts)
    order = {GRAM: 0, MILLILITRE: 1}
    best = min(times, key=lambda kind: (-times[kind], order.get(kind, 2), kind), default="")
    return name_basis(best) if best and times[best] > 1 else ""


def name_basis(kind: str) -> str:
    """ "g" -> "100g", "매" -> "1매"."""
    return f"100{kind}" if kind in (GRAM, MILLILITRE) else f"1{kind}"


def price_unit(won: int, reading: Reading, basis: str) -> Fraction | None:
    """The exact price of one basis in won; None where the product's amount is not known in it."""
    kind = PER_100.get(basis, basis.removeprefix("1"))
    amount = reading.amounts.get(kind)
    if not amount:
        return None
    return Fraction(won) * (100 if basis in PER_100 else 1) / amount


def format_unit_price(price: Fraction) -> str:
    """1,235원, or 12.4원 below a hundred; halves are rounded up."""
    if price < SMALL_WON:
        tenths = int(price * 10 + Fraction(1, 2))
        if tenths < SMALL_WON * 10:
            return f"{tenths // 10}.{tenths % 10}원" if tenths % 10 else f"{tenths // 10}원"
    return f"{int(price + Fraction(1, 2)):,}원"
