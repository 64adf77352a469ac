"""The upsert: hash first, so that an unchanged product costs no write at all (plan 2B).

One array query reads the stored fingerprints; only rows that differ enter a transaction. There they are locked in
one order, written in one statement, and their price observations and refresh entries are added beside them.
"""

import contextlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from types import ModuleType

import msgspec
from django.db import connection, transaction
from django.utils import timezone

from perfhooks.metrics import count
from perfhooks.spans import span
from perfhooks.trace import current_trace_id
from products.catalog.indexing import index_products, read_search_rows
from products.catalog.services import count_write, ensure_categories
from products.upsert import postgres, sqlite
from products.upsert.columns import encode_json, to_values
from products.upsert.ports import ProductChange, refresh_port
from products.upsert.rows import ProductRow


@dataclass(frozen=True, slots=True)
class UpsertCounts:
    """What one upsert did. `left_out` are the products whose row was older than what the catalogue already had."""

    seen: int = 0
    created: int = 0
    updated: int = 0
    skipped: int = 0
    observations: int = 0
    enqueued: int = 0
    left_out: tuple[int, ...] = ()

    @property
    def stale(self) -> int:
        """How many were left out."""
        return len(self.left_out)


@dataclass(frozen=True, slots=True)
class Stored:
    """What the catalogue held of a product before this upsert."""

    product_id: int
    price: int
    discounted_price: int
    benefits: str
    source_modified_at: datetime
    revision: int

    def is_newer(self, row: ProductRow, *, asked_at_revision: int) -> bool:
        """Whether another writer brought it after the store was asked for the row, and from a later edit (ADR 3)."""
        return self.revision > asked_at_revision and self.source_modified_at > row.source_modified_at

    def is_price_equal(self, row: ProductRow) -> bool:
        """Whether price, discounted price and benefits are what the row says."""
        prices = (self.price, self.discounted_price) == (row.price, row.discounted_price)
        return prices and msgspec.json.decode(self.benefits) == row.benefits


def _engine() -> ModuleType:
    return postgres if connection.vendor == "postgresql" else sqlite


def _keep_newest(rows: Iterable[ProductRow]) -> list[ProductRow]:
    """One row per product: the one that the store modified last (a list that moves while it is read repeats some)."""
    newest: dict[int, ProductRow] = {}
    for row in rows:
        held = newest.get(row.origin_product_no)
        if held is None or held.source_modified_at <= row.source_modified_at:
            newest[row.origin_product_no] = row
    return list(newest.values())


def _select_changed(rows: Sequence[ProductRow], *, store_id: int) -> list[ProductRow]:
    with connection.cursor() as cursor:
        hashes = _engine().read_hashes(cursor, store_id=store_id, numbers=[row.origin_product_no for row in rows])
    return [row for row in rows if hashes.get(row.origin_product_no) != row.content_hash]


def _read_stored(rows: Sequence[ProductRow], *, store_id: int) -> dict[int, Stored]:
    with connection.cursor() as cursor:
        found = _engine().lock_rows(cursor, store_id=store_id, numbers=[row.origin_product_no for row in rows])
    return {
        number: Stored(key, price, sale, gifts, _aware(when), revision)
        for number, key, price, sale, gifts, when, revision in found
    }


def _aware(when: datetime | str) -> datetime:
    # A raw SQLite cursor gives the naive UTC text that Django keeps.
    parsed = datetime.fromisoformat(when) if isinstance(when, str) else when
    return parsed if timezone.is_aware(parsed) else parsed.replace(tzinfo=UTC)


def _write(
    rows: Sequence[ProductRow], *, store_id: int, revision: int, stored: dict[int, Stored], asked_at_revision: int
) -> dict[int, int]:
    numbers = [row.origin_product_no for row in rows]
    categories = ensure_categories(row.category for row in rows)
    now = timezone.now()
    values = (
        to_values(row, store_id=store_id, category_ids=categories, revision=revision, written_at=now) for row in rows
    )
    with span("db_upsert_seconds", rows=len(rows)) as timed, connection.cursor() as cursor:
        engine = _engine()
        engine.release_skus(cursor, store_id=store_id, claims=[(row.sku, row.origin_product_no) for row in rows])
        written: dict[int, int] = engine.write_rows(
            cursor, store_id=store_id, numbers=numbers, values=values, asked_at_revision=asked_at_revision
        )
        timed.set(written=len(written), known=len(stored))
    return written


def _list_changes(
    rows: Sequence[ProductRow], *, written: dict[int, int], stored: dict[int, Stored]
) -> list[tuple[ProductRow, ProductChange]]:
    changes = []
    for row in rows:
        product_id = written.get(row.origin_product_no)
        if product_id is None:
            continue
        before = stored.get(row.origin_product_no)
        is_moved = before is None or not before.is_price_equal(row)
        change = ProductChange(product_id, row.origin_product_no, row.sku, before is None, is_moved)
        changes.append((row, change))
    return changes


def _observe_prices(
    changes: Sequence[tuple[ProductRow, ProductChange]], *, revision: int, observed_at: datetime
) -> int:
    trace_id = current_trace_id()
    values = [
        (change.product_id, revision, observed_at, row.price, row.discounted_price, encode_json(row.benefits), trace_id)
        for row, change in changes
        if change.is_price_moved
    ]
    if values:
        with connection.cursor() as cursor:
            _engine().insert_observations(cursor, values)
    return len(values)


def _apply(
    changed: Sequence[ProductRow],
    *,
    store_id: int,
    revision: Callable[[], int],
    observed_at: datetime,
    asked_at_revision: int,
) -> UpsertCounts:
    """Write the rows that differ, with their observations and refresh entries, in one transaction."""
    wanted = {row.origin_product_no: row for row in changed}
    with span("db_txn_seconds", rows=len(changed)), contextlib.ExitStack() as stack:
        with span("db_lock_wait_seconds"):
            stack.enter_context(transaction.atomic())
            stored = _read_stored(changed, store_id=store_id)
        newer = {key for key, held in stored.items() if held.is_newer(wanted[key], asked_at_revision=asked_at_revision)}
        fresh = [row for key, row in wanted.items() if key not in newer]
        if not fresh:
            return UpsertCounts(left_out=tuple(wanted))
        number = revision()
        written = _write(fresh, store_id=store_id, revision=number, stored=stored, asked_at_revision=asked_at_revision)
        index_products(read_search_rows(written.values()))
        changes = _list_changes(fresh, written=written, stored=stored)
        observations = _observe_prices(changes, revision=number, observed_at=observed_at)
        enqueued = refresh_port.call(changes=[change for _row, change in changes], revision=number)
        count_write(store_id=store_id)
    created = sum(change.is_new for _row, change in changes)
    return UpsertCounts(
        created=created,
        updated=len(changes) - created,
        observations=observations,
        enqueued=enqueued,
        left_out=tuple(wanted.keys() - written.keys()),
    )


def upsert_products(
    *,
    store_id: int,
    rows: Sequence[ProductRow],
    revision: Callable[[], int],
    observed_at: datetime,
    asked_at_revision: int = 0,
) -> UpsertCounts:
    """Bring the catalogue to what the store says, in one transaction.

    rows: any number, of one store; of two rows with one product number the later modified one counts.
    revision: gives the catalogue revision to stamp; called inside the transaction, once, only when a row differs.
    observed_at: the time at which the store was asked, kept with each price observation.
    asked_at_revision: the newest revision at that time. What the catalogue had by then gives way to the rows, whatever
    their dates; of what was written since, the later modified counts (ADR 3). 0: the dates alone decide.
    Returns counts; raises django.db.IntegrityError, with nothing written, when a row breaks a constraint.
    """
    unique = _keep_newest(rows)
    changed = _select_changed(unique, store_id=store_id) if unique else []
    counts = UpsertCounts()
    if changed:
        counts = _apply(
            changed,
            store_id=store_id,
            revision=revision,
            observed_at=observed_at,
            asked_at_revision=asked_at_revision,
        )
    skipped = len(unique) - len(changed)
    count("db_upsert_rows_total", counts.created + counts.updated)
    count("no_change_skip_total", skipped)
    count("db_conflict_total", counts.stale)
    return replace(counts, seen=len(rows), skipped=skipped)
