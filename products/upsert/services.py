"""The upsert: hash first, so that an unchanged product costs no write at all (plan 2B).

One array query reads the stored fingerprints; only rows that differ enter a transaction. It enters the store, so that
no other writer of its products can be in the way, writes them in one statement, and adds their price observations and
refresh entries beside them.
"""

import contextlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from django.db import connection, transaction

from perfhooks.metrics import count
from perfhooks.spans import span
from perfhooks.trace import current_trace_id
from products.catalog.indexing import index_products
from products.catalog.services import count_write, record_store_changes
from products.catalog.storelock import enter_store
from products.upsert.ports import refresh_port
from products.upsert.rows import ProductRow
from products.upsert.writing import Compared, Written, compare_rows, engine, keep_newest, write_products


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


def _observe_prices(written: Written, *, observed_at: datetime) -> int:
    number, trace_id = written.revision, current_trace_id()
    moved = [each for each in written.rows if each.is_price_moved]
    values = (
        (each.product_id, number, observed_at, each.row.price, each.row.discounted_price, each.row.benefits, trace_id)
        for each in moved
    )
    # A run that meets a product twice stamps both times with its one revision.
    is_again = any(each.before and each.before.revision == number for each in moved)
    if moved:
        with connection.cursor() as cursor:
            (engine().merge_observations if is_again else engine().insert_observations)(cursor, values)
    return len(moved)


def _apply(
    compared: Compared,
    *,
    store_id: int,
    revision: Callable[[], int],
    observed_at: datetime,
    asked_at_revision: int,
) -> UpsertCounts:
    """Write the rows that differ, with their observations and refresh entries, in one transaction."""
    with span("db_txn_seconds", rows=len(compared.rows)), contextlib.ExitStack() as stack:
        with span("db_lock_wait_seconds"):
            stack.enter_context(transaction.atomic())
            enter_store(store_id)
        written = write_products(compared, store_id=store_id, revision=revision, asked_at_revision=asked_at_revision)
        if not written.rows:
            return UpsertCounts(left_out=written.left_out)
        reworded = written.list_moved_words(store_id=store_id)
        index_products(reworded)
        observations = _observe_prices(written, observed_at=observed_at)
        if changes := written.list_store_changes():
            record_store_changes(changes, revision=written.revision)
        enqueued = refresh_port.call(changes=[each.change for each in written.rows], revision=written.revision)
        count_write(store_id=store_id, is_reworded=bool(reworded) or written.is_matched_anew())
    created = sum(each.before is None for each in written.rows)
    return UpsertCounts(
        created=created,
        updated=len(written.rows) - created,
        observations=observations,
        enqueued=enqueued,
        left_out=written.left_out,
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
    unique = keep_newest(rows)
    compared = compare_rows(unique, store_id=store_id, asked_at_revision=asked_at_revision) if unique else None
    counts = UpsertCounts()
    if compared and compared.rows:
        counts = _apply(
            compared,
            store_id=store_id,
            revision=revision,
            observed_at=observed_at,
            asked_at_revision=asked_at_revision,
        )
    skipped = len(unique) - counts.created - counts.updated - counts.stale
    count("db_upsert_rows_total", counts.created + counts.updated)
    count("no_change_skip_total", skipped)
    count("db_conflict_total", counts.stale)
    return replace(counts, seen=len(rows), skipped=skipped)
