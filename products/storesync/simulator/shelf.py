"""The products on sale, in memory: readers take an immutable shelf, writers swap in the next one."""

import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from products.storesync.simulator import bodies, derivation, shapes
from products.storesync.simulator.clock import StoreClock
from products.storesync.simulator.messages import encode_json


@dataclass(frozen=True)
class Product:
    """One completed row, the shapes that its JSON takes, and the bytes that are served for it, encoded once."""

    row: Mapping[str, Any]
    shapes: tuple[str, ...] = ()

    @cached_property
    def list_bytes(self) -> bytes:
        """The element of the list's `contents`, as JSON."""
        return encode_json(shapes.shape_entry(bodies.build_list_entry(self.row), self.shapes))

    @cached_property
    def detail_bytes(self) -> bytes:
        """The body of the detail, as JSON."""
        return encode_json(shapes.shape_detail(bodies.build_detail(self.row), self.shapes))


@dataclass(frozen=True)
class Shelf:
    """All products at one moment, by origin number; `gone` are those that were deleted."""

    products: Mapping[int, Product]
    gone: Mapping[int, Product] = field(default_factory=dict)

    @cached_property
    def newest_first(self) -> tuple[Product, ...]:
        """The products by descending number, which is the order `NO`."""
        return tuple(self.products[product_no] for product_no in sorted(self.products, reverse=True))

    @cached_property
    def origin_nos(self) -> Mapping[int, int]:
        """Channel product number to origin product number."""
        pairs = ((channel_no, number) for number in self.products for channel_no in self._channel_nos(number))
        return dict(pairs)

    def _channel_nos(self, product_no: int) -> Iterable[int]:
        row = self.products[product_no].row
        return (row[key] for key in ("channelProductNo", "windowChannelProductNo") if key in row)

    def show_gone(self, product_no: int) -> bytes | None:
        """Return the detail of a deleted product with the state DELETE; None when there never was such a product."""
        product = self.gone.get(product_no)
        return replace(product, row={**product.row, "statusType": "DELETE"}).detail_bytes if product else None


class Store:
    """The shelf of the moment, with the seed and picture address that complete every row put on it."""

    def __init__(
        self, rows: Iterable[Mapping[str, Any]], *, seed: int, image_origin: str, clock: StoreClock | None = None
    ) -> None:
        self.clock = clock or StoreClock()
        self.seed = seed
        self.image_origin = image_origin
        self.shelf = Shelf({row["originProductNo"]: self.complete(row) for row in rows})
        self._write_lock = threading.Lock()

    def complete(self, row: Mapping[str, Any], shapes: tuple[str, ...] = ()) -> Product:
        """Return the product of a native row, gaps filled."""
        return Product(derivation.complete_row(row, self.seed, self.image_origin), shapes)

    def replace(self, edit: Callable[[dict[int, Product]], None]) -> None:
        """Swap in a copy of the shelf that `edit` has changed; when it raises, nothing changes."""
        with self._write_lock:
            before, products = self.shelf, dict(self.shelf.products)
            edit(products)
            gone = {
                number: item for number, item in {**before.gone, **before.products}.items() if number not in products
            }
            self.shelf = Shelf(products, gone)
