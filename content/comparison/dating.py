"""As of when a table's prices are right."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from content.comparison.drafting import build_cells
from content.times import tell_time

if TYPE_CHECKING:
    from content.comparison.selectors import TableFacts
    from products.catalog.selectors import ComparedFacts

FORGOTTEN = "표의 가격은 ---- 기준입니다."


def date_table(table: "TableFacts", products: "Sequence[ComparedFacts | None]") -> datetime | None:
    """The moment at which all prices of the table were right, by `find_oldest_check`.

    products: those of the rows as the catalogue has them now, in the rows' order. A row that says the same was right when
    the product was last checked; one that the catalogue has overtaken, or lost, when the table was built.
    """
    times = []
    for row, product in zip(table.rows, products, strict=True):
        is_same = product is not None and row.cells == build_cells(product, table.keys)
        times.append(product.price_checked_at if product is not None and is_same else table.as_of)
    return find_oldest_check(times)


def find_oldest_check(times: Iterable[datetime | None]) -> datetime | None:
    """The oldest of these price checks; None where one was never made, or without any."""
    found = list(times)
    return None if None in found else min((time for time in found if time), default=None)


def describe_table_time(as_of: datetime | None) -> str:
    """The sentence below a table, in Korean time to the minute; "" without a time."""
    return f"표의 가격은 {tell_time(as_of)} 기준입니다." if as_of else ""


def forget_table_times(text: str, lines: Iterable[str]) -> str:
    """The text with these sentences blanked: prices that were merely confirmed again are no other content."""
    for line in lines:
        text = text.replace(line, FORGOTTEN)
    return text
