"""The product list as a table for spreadsheets. Its key columns are those that an import reads."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.utils import timezone

from products.catalog.models import Product, ProductStatus

if TYPE_CHECKING:
    from django.db.models import QuerySet

ROWS_A_READ = 2_000
XLSX_ROWS_LIMIT = 100_000
"""A workbook is made whole before it is sent: some 10 seconds for so many rows."""
COLUMNS = {
    "SKU": "sku",
    "원상품 번호": "origin_product_no",
    "스토어": "store__code",
    "상품명": "name",
    "카테고리": "category__path",
    "상태": "status",
    "판매가": "price",
    "할인가": "discounted_price",
    "재고": "stock",
    "우선순위": "priority",
    "보류": "hold",
    "가격 확인": "price_checked_at",
}
_STATUSES = dict(ProductStatus.choices)


def iter_rows(products: QuerySet[Product]) -> Iterator[list[Any]]:
    """The values in the order of COLUMNS, read in pieces. products: with `selectors.with_price_check`."""
    for row in products.values_list(*COLUMNS.values()).iterator(chunk_size=ROWS_A_READ):
        *first, hold, checked_at = row
        first[5] = _STATUSES[first[5]]
        yield [*first, "예" if hold else "아니오", _show_time(checked_at)]


def _show_time(when: datetime | None) -> str:
    return f"{timezone.localtime(when):%Y-%m-%d %H:%M:%S}" if when else ""
