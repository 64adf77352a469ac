"""The products table alone: which rows differ, what the catalogue held of them, and the statement that writes them."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from operator import attrgetter
from types import ModuleType
from typing import NamedTuple

import msgspec
from django.db import IntegrityError, connection, transaction
from django.db.backends.utils import CursorWrapper
from django.utils import timezone

from perfhooks.spans import span
from products.catalog.indexing import SearchRow
from products.catalog.services import count_writes, ensure_categories
from products.catalog.wordindex import make_text
from products.upsert import postgres, sqlite
from products.upsert.columns import TOLD, IdentifiedRow, Stamps
from products.upsert.ports import ProductChange
from products.upsert.rows import ProductRow


class Stored(NamedTuple):
    """What the catalogue held of a product before this upsert."""

    product_id: int
    sku: str
    seller_code: str
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

    def is_settled(self, row: ProductRow, *, category_id: int) -> bool:
        """Whether the row moves none of SETTLED."""
        held = (self.sku, self.seller_code, self.name, self.status, self.category_id)
        return held == (row.sku, row.seller_code, row.name, row.status, category_id)

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

    def list_store_changes(self) -> dict[int, list[tuple[str, str, str]]]:
        """{product id: (field, before, after)} of what a product's history tells besides prices; new products have none."""
        changes = {}
        for product_id, row, before, _is_price_moved in self.rows:
            if before is not None and (moves := list_moves(before, row)):
                changes[product_id] = moves
        return changes

    def is_matched_anew(self) -> bool:
        """Whether a post without a product may find one of these now, by what the word index does not have of it."""
        return any(before is not None and not before.is_matched_alike(row) for _id, row, before, _is_moved in self.rows)


_told = attrgetter(*TOLD)


def list_moves(before: Stored, row: ProductRow) -> list[tuple[str, str, str]]:
    """(field, before, after) of each field of TOLD that the row moves."""
    held, said = _told(before), _told(row)
    return [] if held == said else [move for move in zip(TOLD, held, said, strict=True) if move[1] != move[2]]


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

    stored: by product number what it had of each instead; a product that is not in it is new.
    """

    rows: list[ProductRow]
    stored: dict[int, Stored]
    writes: int


def compare_rows(rows: Sequence[ProductRow], *, store_id: int, asked_at_revision: int) -> Compared:
    """The rows whose fingerprint the catalogue does not have, and what it has of them: one read, whatever their number."""
    hashes = {row.origin_product_no: row.content_hash for row in rows}
    with connection.cursor() as cursor:
        found, writes = engine().read_differing(
            cursor, store_id=store_id, hashes=hashes, asked_at_revision=asked_at_revision
        )
    differing = {number for number, *_held in found}
    stored = {number: Stored(key, *held) for number, key, *held in found if key is not None}
    return Compared([row for row in rows if row.origin_product_no in differing], stored, writes)


def write_products(
    compared: Compared, *, store_id: int, revision: Callable[[], int], asked_at_revision: int
) -> Written:
    """Write the rows that still differ and are not older than what is stored; `upsert_products` explains the arguments.

    Must run inside a transaction that has entered the store. They are compared once more only where somebody has written
    meanwhile.
    """
    if count_writes(store_id=store_id) != compared.writes:
        compared = compare_rows(compared.rows, store_id=store_id, asked_at_revision=asked_at_revision)
    left_out, fresh = [], []
    for row in compared.rows:
        before = compared.stored.get(row.origin_product_no)
        if before is not None and before.is_newer(row):
            left_out.append(row.origin_product_no)
        else:
            fresh.append(row)
    if not fresh:
        return Written([], 0, tuple(left_out))
    number = revision()
    category_ids = ensure_categories(row.category for row in fresh)
    stamps = Stamps(store_id, category_ids, number, timezone.now())
    return Written(_write(fresh, compared.stored, stamps), number, tuple(left_out), category_ids)


def _write(rows: Sequence[ProductRow], stored: Mapping[int, Stored], stamps: Stamps) -> list[WrittenRow]:
    befores = [stored.get(row.origin_product_no) for row in rows]
    with span("db_upsert_seconds", rows=len(rows)) as timed, connection.cursor() as cursor:
        new_ids = iter(engine().allocate_ids(cursor, befores.count(None)) if None in befores else ())
        written = [
            WrittenRow(
                next(new_ids) if before is None else before.product_id,
                row,
                before,
                before is None or not before.is_price_equal(row),
            )
            for row, before in zip(rows, befores, strict=True)
        ]
        _write_rows(cursor, written, stamps)
        timed.set(written=len(rows), known=len(rows) - befores.count(None))
    return written


def _write_rows(cursor: CursorWrapper, rows: Sequence[WrittenRow], stamps: Stamps) -> None:
    """Send the rows. A SKU that another product has is taken from it, which is rare: it is looked for when it is in the way."""
    new = [(each.product_id, each.row) for each in rows if each.before is None]
    settled: list[IdentifiedRow] = []
    moved: list[IdentifiedRow] = []
    for key, row, before, _is_price_moved in rows:
        if before is not None:
            is_settled = before.is_settled(row, category_id=stamps.category_ids[row.category.source_id])
            (settled if is_settled else moved).append((key, row))

    def send() -> None:
        if new:
            engine().insert_rows(cursor, new, stamps)
        if settled or moved:
            engine().update_rows(cursor, settled, moved, stamps)

    if not new and not moved:
        send()
        return
    try:
        with transaction.atomic():
            send()
    except IntegrityError:
        claims = [(row.sku, row.origin_product_no) for _key, row in (*new, *moved)]
        if not engine().release_skus(cursor, store_id=stamps.store_id, claims=claims):
            raise
        # One of them may have lost its SKU to another just now: with two claims of one SKU in a batch nothing is written.
        moved += settled
        settled.clear()
        send()
