"""As of when a table's prices are right."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from content.comparison.drafting import build_cells

if TYPE_CHECKING:
    from content.comparison.selectors import TableFacts
    from products.catalog.selectors import ProductFacts

KOREA = ZoneInfo("Asia/Seoul")
FORGOTTEN = "표의 가격은 ---- 기준입니다."


def date_table(table: "TableFacts", products: "Sequence[ProductFacts | None]") -> datetime | None:
    """The moment at which all prices of the table were right: the oldest check; None when one was never checked.

    products: those of the rows as the catalogue has them now, in the rows' order. A row that says the same was right when
    the product was last checked; one that the catalogue has overtaken, or lost, when the table was built.
    """
    times = []
    for row, product in zip(table.rows, products, strict=True):
        is_same = product is not None and row.cells == build_cells(product, table.keys)
        times.append(product.price_checked_at if product is not None and is_same else table.as_of)
    return None if None in times else min((time for time in times if time), default=None)


def describe_table_time(as_of: datetime | None) -> str:
    """The sentence below a table, in Korean time to the minute; "" without a time."""
    return f"표의 가격은 {as_of.astimezone(KOREA):%Y-%m-%d %H:%M} 기준입니다." if as_of else ""


def forget_table_times(text: str, lines: Iterable[str]) -> str:
    """The text with these sentences blanked: prices that were merely confirmed again are no other content."""
    for line in lines:
        text = text.replace(line, FORGOTTEN)
    return text
