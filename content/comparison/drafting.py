"""Which products a table compares and what its cells say, from the catalogue's facts alone."""

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from content.comparison.wording import NOTHING, format_discount, format_stock, format_won, list_benefits

if TYPE_CHECKING:
    from products.catalog.selectors import ProductFacts

ROW_LIMIT = 5
ATTRIBUTE_LIMIT = 3
CELL_LENGTH_LIMIT = 200
BASE_COLUMNS = ("상품", "브랜드", "가격", "할인", "혜택", "재고")


@dataclass(frozen=True, slots=True)
class TableRow:
    """One product of a table. cells: texts, one a column; store_code: "" in rows kept before stores were noted."""

    sku: str
    store_code: str
    origin_product_no: int
    cells: tuple[str, ...]

    @property
    def key(self) -> tuple[str, int]:
        """What tells the product apart from all others: a SKU or number alone may be another store's too."""
        return (self.store_code, self.origin_product_no)


@dataclass(frozen=True, slots=True)
class TableDraft:
    """A table's content. revision: the newest of its products, 0 when empty."""

    columns: tuple[str, ...]
    rows: tuple[TableRow, ...]
    revision: int

    @property
    def content_hash(self) -> str:
        """Fingerprint of columns and rows as 64 hex digits (SHA-256); the revision is no part of it."""
        parts = [self.columns, [[row.sku, row.store_code, row.origin_product_no, row.cells] for row in self.rows]]
        return hashlib.sha256(json.dumps(parts, ensure_ascii=False).encode()).hexdigest()


def choose_products(groups: Iterable[Iterable["ProductFacts"]], *, limit: int = ROW_LIMIT) -> list["ProductFacts"]:
    """The first `limit` sellable products of the groups in order, each once."""
    chosen: dict[int, ProductFacts] = {}
    for group in groups:
        for product in group:
            if product.is_sellable and len(chosen) < limit:
                chosen.setdefault(product.id, product)
    return list(chosen.values())


def draft_table(products: Sequence["ProductFacts"]) -> TableDraft:
    """The table of these products, one row each, in their order."""
    shared = choose_attributes(products)
    rows = tuple(TableRow(product.sku, *product.key, build_cells(product, shared)) for product in products)
    revision = max((product.revision for product in products), default=0)
    return TableDraft((*BASE_COLUMNS, *shared), rows, revision)


def choose_attributes(products: Sequence["ProductFacts"]) -> tuple[str, ...]:
    """Up to three attribute names that more than half of the products have, the most common first, then by name."""
    times = Counter(name for product in products for name, value in product.attributes.items() if value)
    common = [name for name, number in times.items() if number * 2 > len(products) and number > 1]
    return tuple(sorted(common, key=lambda name: (-times[name], name))[:ATTRIBUTE_LIMIT])


def build_cells(product: "ProductFacts", attributes: Sequence[str]) -> tuple[str, ...]:
    """The texts of a product's row."""
    cells = (
        product.name,
        product.brand or NOTHING,
        format_won(product.sale_price),
        format_discount(product.discount_percent),
        ", ".join(list_benefits(product.benefits)) or NOTHING,
        format_stock(product.stock, is_sellable=product.is_sellable),
        *(str(product.attributes.get(name) or NOTHING) for name in attributes),
    )
    return tuple(cell[:CELL_LENGTH_LIMIT] for cell in cells)
