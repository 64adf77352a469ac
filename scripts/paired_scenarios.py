"""What `manage.py perf_compare` runs on both commits by default: cheap, and the same every time.

`SCENARIOS` holds, by name, functions that take a scratch folder of their side and give a context manager; within it,
calling what it yields does the work once and returns how many units that was. This file is loaded from the commit that
is measured, or from today's tree where that commit has none, so it needs nothing but what it measures.
"""

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from products.upsert.rows import CategoryRef, ProductRow, hash_row, make_row

if TYPE_CHECKING:
    from products.catalog.models import Store

HASHED_ROWS = 2_000
UPSERTED_ROWS = 500
OBSERVED_AT = datetime(2026, 11, 1, tzinfo=UTC)


def make_rows(number: int) -> list[ProductRow]:
    """Rows as wide as real ones, with their fingerprints."""
    category = CategoryRef("50000001", "청소기", "디지털/가전>생활가전>청소기")
    return [
        make_row(
            origin_product_no=10_000_000_000 + at,
            channel_product_nos=[11_000_000_000 + at],
            sku=f"JB-{at:06}",
            seller_code=f"JB-{at:06}",
            barcode=f"880{at:010}",
            name=f"온담 무선 스틱 청소기 V{at} 초경량 1.3kg 저소음 거치대 포함",
            brand="온담",
            manufacturer="온담전자",
            model_name=f"OD-{at}",
            category=category,
            status="SALE",
            price=129_000,
            discounted_price=99_000,
            discount_starts_at=OBSERVED_AT,
            discount_ends_at=None,
            benefits={"purchase_point": 990, "review_point": 500},
            stock=at % 1_000,
            image_url=f"https://shop.invalid/images/{at}.jpg",
            description="가볍고 조용합니다. 한 번 충전으로 60분을 씁니다. " * 3,
            attributes={"흡입력": "230AW", "무게": "1.3kg", "소음": "62dB"},
            summary_hash=f"{at:032x}",
            source_modified_at=OBSERVED_AT,
        )
        for at in range(number)
    ]


@contextmanager
def hash_rows(_scratch: Path) -> Iterator[Callable[[], int]]:
    """The fingerprints of product rows: processor only, no database, no Django."""
    rows = make_rows(HASHED_ROWS)

    def run() -> int:
        for row in rows:
            hash_row(row)
        return len(rows)

    yield run


@contextmanager
def upsert_unchanged(scratch: Path) -> Iterator[Callable[[], int]]:
    """The upsert of products of which none has changed, on an SQLite file of this side."""
    file = scratch / "catalogue.sqlite3"
    is_new = not file.exists()
    os.environ["DJANGO_SETTINGS_MODULE"] = "project.settings.perf"
    os.environ["DATABASE_URL"] = f"sqlite:///{file}"
    os.environ["JANGBU_DATA_DIR"] = str(scratch)

    import django

    django.setup()

    from django.core.management import call_command
    from django.db import connection

    from products.catalog.services import get_or_create_store

    rows = make_rows(UPSERTED_ROWS)
    with closing(connection):
        if is_new:
            call_command("migrate", verbosity=0, interactive=False)
            upsert(get_or_create_store(code="paired", name="paired"), rows)
        store = get_or_create_store(code="paired", name="paired")
        yield lambda: upsert(store, rows)


def upsert(store: "Store", rows: Sequence[ProductRow]) -> int:
    """Hand rows to the catalogue and return how many."""
    from products.catalog.services import allocate_revision
    from products.upsert.services import upsert_products

    counts = upsert_products(
        store_id=store.pk,
        rows=rows,
        revision=lambda: allocate_revision(store_id=store.pk),
        observed_at=OBSERVED_AT,
    )
    return counts.seen


SCENARIOS: dict[str, Callable[[Path], AbstractContextManager[Callable[[], int]]]] = {
    "hash-2000-rows": hash_rows,
    "upsert-500-unchanged": upsert_unchanged,
}
