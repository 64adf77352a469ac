"""Rows that come from outside of a sync: their SKUs, the upsert, and what it means for other products' SKUs."""

from collections.abc import Sequence
from dataclasses import dataclass

import msgspec
import structlog
from django.db import transaction
from django.utils import timezone

from products.catalog.services import allocate_revision
from products.catalog.storelock import enter_store
from products.upsert.codes import choose_skus, record_findings, resolve_skus
from products.upsert.rows import ProductRow
from products.upsert.services import UpsertCounts, upsert_products

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class BulkOutcome:
    """What became of the rows. revision: None when none of them changed anything."""

    counts: UpsertCounts
    revision: int | None


class OneRevision:
    """The revision of one request, allocated at the first need."""

    def __init__(self, store_id: int, author: str) -> None:
        self.store_id, self.author = store_id, author
        self.number: int | None = None

    def __call__(self) -> int:
        """The number."""
        if self.number is None:
            self.number = allocate_revision(store_id=self.store_id, author=self.author)
        return self.number


def write_bulk(*, store_id: int, rows: Sequence[ProductRow], caller: str, author: str) -> BulkOutcome:
    """Upsert rows of one store, each product once, and let other products' SKUs follow; all in one transaction.

    `sku` of the rows is chosen here. A row that is older than what the catalogue has is left out and counted.
    caller: for the log; author: for people, in the products' history.
    """
    revision = OneRevision(store_id, author)
    with transaction.atomic():
        enter_store(store_id)
        skus = choose_skus(store_id=store_id, codes={row.origin_product_no: row.seller_code for row in rows})
        named = [msgspec.structs.replace(row, sku=skus[row.origin_product_no]) for row in rows]
        counts = upsert_products(store_id=store_id, rows=named, revision=revision, observed_at=timezone.now())
        if revision.number is not None:
            resolve_skus(store_id=store_id, revision=revision)
            record_findings(store_id=store_id)
    log.info("products_written", caller=caller, store_id=store_id, rows=counts.seen, revision=revision.number)
    return BulkOutcome(counts, revision.number)
