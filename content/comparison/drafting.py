"""Which products a table compares, what its cells say and who wins a column, from the catalogue's facts alone."""

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from typing import TYPE_CHECKING

import msgspec

from content.comparison.quantities import Reading, read_quantity
from content.comparison.spec import ATTRIBUTE_PREFIX, BASE_COLUMNS, MARKABLE, TableSpec, label_column
from content.comparison.unitprice import AUTO, choose_basis, format_unit_price, price_unit
from content.comparison.wording import NOTHING, format_discount, format_stock, format_won, list_benefits

if TYPE_CHECKING:
    from products.catalog.selectors import ComparedFacts

ROW_LIMIT = 5
ATTRIBUTE_LIMIT = 3
CELL_LENGTH_LIMIT = 200
HASH_LENGTH = 32
REASONS = {"price": "가장 낮은 가격", "unit_price": "가장 낮은 {basis}당 가격", "discount": "가장 높은 할인"}
NO_BASIS = "둘 이상이 같은 단위로 양을 적지 않아 견줄 수 없습니다. 상품명이나 속성에 양을 적거나 단위를 고르세요"
AMONG = " (값을 아는 {known}개 가운데)"


class TableRow(msgspec.Struct, frozen=True, gc=False):
    """One product of a table. cells: texts, one a column; store_code: "" in rows kept before stores were noted."""

    sku: str
    store_code: str
    origin_product_no: int
    cells: tuple[str, ...]

    @property
    def key(self) -> tuple[str, int]:
        """What tells the product apart from all others: a SKU or number alone may be another store's too."""
        return (self.store_code, self.origin_product_no)

    @property
    def hash(self) -> str:
        """32 hex digits that stand for this content wherever it occurs (the first half of its SHA-256)."""
        return hash_row(self.sku, self.store_code, self.origin_product_no, self.cells)


@dataclass(frozen=True, slots=True)
class Mark:
    """A cell that wins its column. row, column: from 0; reason: in words."""

    row: int
    column: int
    reason: str


@dataclass(frozen=True, slots=True)
class TableDraft:
    """A table's content. keys: what each column shows; revision: the newest of its products, 0 when empty."""

    keys: tuple[str, ...]
    rows: tuple[TableRow, ...]
    revision: int
    marks: tuple[Mark, ...] = ()

    @property
    def row_hashes(self) -> list[str]:
        """The fingerprints of the rows, in order."""
        return [row.hash for row in self.rows]

    @property
    def columns(self) -> tuple[str, ...]:
        """The headings."""
        return _list_labels(self.keys)

    def hash_content(self, row_hashes: Sequence[str]) -> str:
        """Fingerprint of columns, rows and marks as 64 hex digits (SHA-256); the revision is no part of it."""
        marks = [[mark.row, mark.column, mark.reason] for mark in self.marks]
        return hashlib.sha256(msgspec.json.encode([self.keys, row_hashes, marks])).hexdigest()


@lru_cache(maxsize=1_000)
def _list_labels(keys: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(label_column(key) for key in keys)


def hash_row(sku: str, store_code: str, origin_product_no: int, cells: Sequence[str]) -> str:
    """The fingerprint of a row's content."""
    parts = msgspec.json.encode([sku, store_code, origin_product_no, cells])
    return hashlib.sha256(parts).hexdigest()[:HASH_LENGTH]


def choose_products(groups: Iterable[Iterable["ComparedFacts"]], *, limit: int = ROW_LIMIT) -> list["ComparedFacts"]:
    """The first `limit` sellable products of the groups in order, each once."""
    chosen: dict[int, ComparedFacts] = {}
    for group in groups:
        for product in group:
            if product.is_sellable and len(chosen) < limit:
                chosen.setdefault(product.id, product)
    return list(chosen.values())


def spec_of_post(products: Sequence["ComparedFacts"]) -> TableSpec:
    """The columns of a table that a post gets without an editor's plan: the usual ones, and what its products share."""
    has_basis = len(products) > 1 and all(_read(product).amounts for product in products)
    basis = choose_basis([_read(product) for product in products]) if has_basis else ""
    is_common = bool(basis) and all(price_unit(1, _read(product), basis) is not None for product in products)
    base = [
        key for name in BASE_COLUMNS for key in ((name, "unit_price") if name == "price" and is_common else (name,))
    ]
    shared = [f"{ATTRIBUTE_PREFIX}{name}" for name in choose_attributes(products)]
    return TableSpec(columns=(*base, *shared))


def draft_table(products: Sequence["ComparedFacts"], spec: TableSpec | None = None) -> TableDraft:
    """The table of these products, one row each, in their order; without a spec, with `spec_of_post`'s columns."""
    spec = spec or spec_of_post(products)
    keys = settle_keys(products, spec)
    rows = tuple(TableRow(product.sku, *product.key, build_cells(product, keys)) for product in products)
    revision = max((product.revision for product in products), default=0)
    return TableDraft(keys, rows, revision, find_winners(products, keys, spec.marks))


def settle_keys(products: Sequence["ComparedFacts"], spec: TableSpec) -> tuple[str, ...]:
    """The spec's columns with the basis of the unit price written into it; without a basis the column says nothing."""
    if "unit_price" not in spec.columns:
        return spec.columns
    basis = choose_basis([_read(product) for product in products]) if spec.unit == AUTO else spec.unit
    return tuple(f"unit_price:{basis}" if key == "unit_price" and basis else key for key in spec.columns)


def choose_attributes(products: Sequence["ComparedFacts"]) -> tuple[str, ...]:
    """Up to three attribute names that more than half of the products have, the most common first, then by name."""
    times = Counter(name for product in products for name, value in product.attributes.items() if value)
    common = [name for name, number in times.items() if number * 2 > len(products) and number > 1]
    return tuple(sorted(common, key=lambda name: (-times[name], name))[:ATTRIBUTE_LIMIT])


def build_cells(product: "ComparedFacts", keys: Sequence[str]) -> tuple[str, ...]:
    """The texts of a product's row, by the columns' keys."""
    return tuple([build(product)[:CELL_LENGTH_LIMIT] for build in _list_builders(tuple(keys))])


@lru_cache(maxsize=1_000)
def _list_builders(keys: tuple[str, ...]) -> "tuple[Callable[[ComparedFacts], str], ...]":
    return tuple(_make_builder(key) for key in keys)


def _make_builder(key: str) -> "Callable[[ComparedFacts], str]":
    kind, _colon, rest = key.partition(":")
    if key.startswith(ATTRIBUTE_PREFIX):
        name = key.removeprefix(ATTRIBUTE_PREFIX)
        return lambda product: str(product.attributes.get(name) or NOTHING)
    if kind == "unit_price":
        return lambda product: _build_unit_price(product, rest)
    return _BUILDERS[kind]


def _build_unit_price(product: "ComparedFacts", basis: str) -> str:
    price = price_unit(product.sale_price, _read(product), basis) if basis else None
    return NOTHING if price is None else format_unit_price(price)


_BUILDERS: "Mapping[str, Callable[[ComparedFacts], str]]" = {
    "name": lambda product: product.name,
    "brand": lambda product: product.brand or NOTHING,
    "price": lambda product: format_won(product.sale_price),
    "discount": lambda product: format_discount(product.discount_percent),
    "benefits": lambda product: ", ".join(list_benefits(product.benefits)) or NOTHING,
    "stock": lambda product: format_stock(product.stock, is_sellable=product.is_sellable),
}


def find_winners(
    products: Sequence["ComparedFacts"], keys: Sequence[str], marks: Sequence[str] = MARKABLE
) -> tuple[Mark, ...]:
    """Who wins each marked column, and why: nobody where fewer than two are known or all are alike; ties win together."""
    found: list[Mark] = []
    sellable = [(at, product) for at, product in enumerate(products) if product.is_sellable]
    for column, key in enumerate(keys):
        kind, _colon, basis = key.partition(":")
        if kind not in marks or kind not in REASONS:
            continue
        known = [(value, at) for at, product in sellable if (value := _rank(product, kind, basis)) is not None]
        best = min(known, default=(0, 0))[0]
        if all(value == best for value, _at in known):
            continue
        reason = REASONS[kind].format(basis=basis)
        reason += AMONG.format(known=len(known)) if len(known) < len(products) else ""
        found += [Mark(at, column, reason) for value, at in known if value == best]
    return tuple(found)


def _rank(product: "ComparedFacts", kind: str, basis: str) -> Fraction | int | None:
    """The smaller, the better; None where it is not known."""
    if kind == "unit_price":
        return price_unit(product.sale_price, _read(product), basis) if basis else None
    return product.sale_price if kind == "price" else -product.discount_percent


def explain_unit_prices(products: "Sequence[ComparedFacts]", keys: Sequence[str]) -> tuple[tuple[str, str], ...]:
    """(product, why its unit price is missing) of each empty cell of the unit price's column, in the rows' order.

    keys: the columns as `settle_keys` left them. Without a common basis the column is empty for one reason of its own.
    """
    if "unit_price" in keys:
        return (("모든 상품", NO_BASIS),) if products else ()
    bases = [key.removeprefix("unit_price:") for key in keys if key.startswith("unit_price:")]
    return tuple((product.name, why) for basis in bases for product in products if (why := _explain(product, basis)))


def _explain(product: "ComparedFacts", basis: str) -> str:
    reading = _read(product)
    if price_unit(product.sale_price, reading, basis) is not None:
        return ""
    return reading.problem or f"{basis} 기준의 양이 적혀 있지 않습니다"


def _read(product: "ComparedFacts") -> Reading:
    return _read_cached(product.name, tuple(_texts(product.attributes)), product.category_path)


def _texts(attributes: Mapping[str, object]) -> Iterable[tuple[str, str]]:
    return ((name, str(value)) for name, value in attributes.items())


@lru_cache(maxsize=20_000)
def _read_cached(name: str, attributes: tuple[tuple[str, str], ...], category_path: str) -> Reading:
    return read_quantity(name, dict(attributes), category_path)
