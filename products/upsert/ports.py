"""What the upsert asks of the floor above: queue the posts that show a changed product."""

from collections.abc import Sequence
from typing import NamedTuple, Protocol

from perfhooks.ports import Port


class ProductChange(NamedTuple):
    """One product that an upsert wrote."""

    product_id: int
    origin_product_no: int
    sku: str
    is_new: bool
    is_price_moved: bool


class RefreshPort(Protocol):
    """Queue what shows the changed products; runs inside the upsert's transaction."""

    def __call__(self, *, changes: Sequence[ProductChange], revision: int) -> int:
        """Return how many refresh entries were added."""
        ...


refresh_port: Port[RefreshPort] = Port("products.upsert.refresh")
