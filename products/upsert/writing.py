"""The products table alone: which rows differ, what the catalogue held of them, and the statement that writes them."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from types import ModuleType
from typing import NamedTuple

import msgspec
from django.db import connection
from django.utils import timezone

from perfhooks.spans import span
from products.catalog.indexing import SearchRow
from products.catalog.models import ProductStatus
from products.catalog.services import count_writes, ensure_categories
from products.catalog.wordindex import make_text
from products.upsert import postgres, sqlite
from products.upsert.columns import Stamps
from products.upsert.ports import ProductChange
from products.upsert.rows import ProductRow


class Stored(NamedTuple):
    """What the catalogue held of a product before this upsert."""

    product_id: int
    sku: str
    price: int
    discounted_price: int
    benefits: str
    name: str
    brand: str
    model_name: str
    status: str
    category_id: int
    stock: int
    description: str
    attributes: str
    revision: int
    content_hash: str
    edited_meanwhile_at: datetime | None
    """When the store edited what another writer has brought since the store was asked; None: nobody has."""

    def is_newer(self, row: ProductRow) -> bool:
        """Whether it comes from a later edit than the row, which was asked for before (ADR 3)."""
        return self.edited_meanwhile_at is not None and self.edited_meanwhile_at > row.source_modified_at

    def is_price_equal(self, row: ProductRow) -> bool:
        """Whether price, discounted price and benefits are what the row says."""
        prices = (self.price, self.discounted_price) == (row.price, row.discounted_price)
        return prices and msgspec.json.decode(self.benefits) == row.benefits

    def is_found_alike(self, row: ProductRow, *, category_id: int) -> bool:
        """Whether the word index has of it what the row says."""
        held = (self.name, self.brand, self.model_name, self.status, self.category_id)
        return held == (row.name, row.brand, row.model_name, row.status, category_id)

    def is_matched_alike(self, row: ProductRow) -> bool:
        """Whether posts without a product would still not find it: same SKU, description and attributes, not back in stock."""
        is_back = self.stock == 0 < row.stock
        is_same = (self.sku, self.description) == (row.sku, row.description)
        return is_same and not is_back and msgspec.json.decode(self.attributes) == row.attributes


class WrittenRow(NamedTuple):
    """A row that was written, under which id, what stood there before (None: the product is new), and what moved."""

    product_id: int
    row: ProductRow
    before: Stored | None
    is_price_moved: bool
    """Whether price, discounted price or benefits are other than before."""

    @property
    def change(self) -> ProductChange:
        """What the refresh queue is told of it."""
        row, is_new = self.row, self.before is None
        return ProductChange(self.product_id, row.origin_product_no, row.sku, is_new, self.is_price_moved)


@dataclass(frozen=True, slots=True)
class Written:
    """What became of the rows of a batch: written with this revision, or left out since the catalogue had a later edit.

    Those in neither are what another writer had brought already.
    """

    rows: list[WrittenRow]
    revision: int
    left_out: tuple[int, ...]
    category_ids: dict[str, int] = field(default_factory=dict)

    def list_moved_words(self, *, store_id: int) -> list[SearchRow]:
        """What the word index must take over: all of new products, and what is found by other words or filters now."""
        moved = []
        for product_id, row, before, _is_price_moved in self.rows:
            category_id = self.category_ids[row.category.source_id]
            if before is None or not before.is_found_alike(row, category_id=category_id):
                text = make_text(row.name, row.brand, row.model_name)
                moved.append(SearchRow(product_id, text, store_id, category_id, row.status))
        return moved

    def is_matched_anew(self) -> bool:
        """Whether a post without a product may find one of these now, by what the word index does not have of it."""
        return any(before is not None and not before.is_matched_alike(row) for _id, row, before, _is_moved in self.rows)


def engine() -> ModuleType:
    """The write path of the database in use: `postgres` and `sqlite` have the same functions."""
    return postgres if connection.vendor == "postgresql" else sqlite


def keep_newest(rows: Iterable[ProductRow]) -> list[ProductRow]:
    """One row per product, ordered by its number: of several the one that the store modified last.

    A list that moves while it is read repeats some.
    """
    newest: dict[int, ProductRow] = {}
    for row in rows:
        held = newest.get(row.origin_product_no)
        if held is None or held.source_modified_at <= row.source_modified_at:
            newest[row.origin_product_no] = row
    return [newest[number] for number in sorted(newest)]


@dataclass(frozen=True, slots=True)
class Compared:
    """The rows, one per product, of which the catalogue had not the fingerprint when it had been written `writes` times.

    known: the numbers of those that it had with another one.
    """

    rows: list[ProductRow]
    known: frozenset[int]
    writes: int


def select_changed(rows: Sequence[ProductRow], *, store_id: int) -> Compared:
    """The rows whose fingerprint the catalogue does not have: one read, whatever their number."""
    with connection.cursor() as cursor:
        hashes, writes = engine().read_hashes(
            cursor, store_id=store_id, numbers=[row.origin_product_no for row in rows]
        )
    changed = [row for row in rows if hashes.get(row.origin_product_no) != row.content_hash]
    known = frozenset(row.origin_product_no for row in changed if row.origin_product_no in hashes)
    return Compared(changed, known, writes)


def write_products(
    compared: Compared, *, store_id: int, revision: Callable[[], int], asked_at_revision: int
) -> Written:
    """Write the rows that still differ and are not older than what is stored; `upsert_products` explains the arguments.

    Must run inside a transaction that has entered the store. What the catalogue did not have is looked up once more only
    where somebody has written meanwhile: of a batch of new products that look-up was a fifteenth of the time.
    """
    sought = [row for row in compared.rows if row.origin_product_no in compared.known]
    if len(sought) < len(compared.rows) and count_writes(store_id=store_id) != compared.writes:
        sought = compared.rows
    stored = _read_stored(sought, store_id=store_id, asked_at_revision=asked_at_revision) if sought else {}
    left_out, fresh = [], []
    for row in compared.rows:
        before = stored.get(row.origin_product_no)
        if before is None:
            fresh.append(row)
        elif before.is_newer(row):
            left_out.append(row.origin_product_no)
        elif before.content_hash != row.content_hash:
            fresh.append(row)
    if not fresh:
        return Written([], 0, tuple(left_out))
    number = revision()
    category_ids = ensure_categories(row.category for row in fresh)
    stamps = Stamps(store_id, category_ids, number, timezone.now())
    return Written(_write(fresh, stored, stamps), number, tuple(left_out), category_ids)


def _read_stored(rows: Sequence[ProductRow], *, store_id: int, asked_at_revision: int) -> dict[int, Stored]:
    numbers = [row.origin_product_no for row in rows]
    with connection.cursor() as cursor:
        found = engine().read_stored(cursor, store_id=store_id, numbers=numbers, asked_at_revision=asked_at_revision)
    return {found_row[0]: Stored._make(found_row[1:]) for found_row in found}


def _write(rows: Sequence[ProductRow], stored: dict[int, Stored], stamps: Stamps) -> list[WrittenRow]:
    befores = [stored.get(row.origin_product_no) for row in rows]
    claims = [
        (row.sku, row.origin_product_no)
        for row, before in zip(rows, befores, strict=True)
        # A deleted product's SKU may be somebody else's by now.
        if before is None or before.sku != row.sku or before.status == ProductStatus.DELETE
    ]
    with span("db_upsert_seconds", rows=len(rows)) as timed, connection.cursor() as cursor:
        if claims:
            engine().release_skus(cursor, store_id=stamps.store_id, claims=claims)
        new_ids = iter(engine().allocate_ids(cursor, befores.count(None)) if None in befores else ())
        ids = [next(new_ids) if before is None else before.product_id for before in befores]
        write = engine().merge_rows if any(befores) else engine().insert_rows
        write(cursor, list(zip(ids, rows, strict=True)), stamps)
        timed.set(written=len(rows), known=len(rows) - befores.count(None))
    return [
        WrittenRow(key, row, before, before is None or not before.is_price_equal(row))
        for key, row, before in zip(ids, rows, befores, strict=True)
    ]
