"""Rows as a store sync makes them, and the little that must exist around them."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from products.catalog.models import Store
from products.catalog.services import allocate_revision, get_or_create_store
from products.upsert.rows import CategoryRef, ProductRow, make_row
from products.upsert.services import UpsertCounts, upsert_products

EPOCH = datetime(2026, 11, 1, 9, 0, tzinfo=UTC)


def make_product_row(number: int, **changes: Any) -> ProductRow:
    """A plausible row for origin product number `number`."""
    fields: dict[str, Any] = {
        "origin_product_no": number,
        "channel_product_nos": [number + 1_000_000_000],
        "sku": f"JB-{number}",
        "seller_code": f"JB-{number}",
        "barcode": "",
        "name": f"온담 무선 청소기 {number}",
        "brand": "온담",
        "manufacturer": "온담전자",
        "model_name": f"OD-{number}",
        "category": CategoryRef("50000001", "청소기", "디지털/가전>생활가전>청소기"),
        "status": "SALE",
        "price": 129_000,
        "discounted_price": 99_000,
        "discount_starts_at": None,
        "discount_ends_at": EPOCH + timedelta(days=30),
        "benefits": {"purchase_point": 990},
        "stock": 12,
        "image_url": "",
        "description": "가볍고 조용합니다.",
        "attributes": {"무게": "1.3kg"},
        "summary_hash": f"{number:032x}",
        "source_modified_at": EPOCH,
    }
    return make_row(**{**fields, **changes})


def make_store(code: str = "my-store") -> Store:
    """A store to put rows into."""
    return get_or_create_store(code=code, name="내 스토어")


def revision_of(store: Store) -> Callable[[], int]:
    """A revision source that allocates anew each time, as a run that upserts once does."""
    return lambda: allocate_revision(store_id=store.pk)


def upsert(store: Store, *rows: ProductRow, asked_at_revision: int = 0) -> UpsertCounts:
    """Upsert rows at a fixed observation time."""
    return upsert_products(
        store_id=store.pk,
        rows=rows,
        revision=revision_of(store),
        observed_at=EPOCH,
        asked_at_revision=asked_at_revision,
    )
