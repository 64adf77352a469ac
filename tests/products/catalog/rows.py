"""Catalogue rows for tests: small, plausible, every field changeable by keyword."""

from datetime import timedelta
from typing import Any

from django.utils import timezone

from products.catalog.indexing import index_products, read_search_rows
from products.catalog.models import CatalogueScan, Category, PriceObservation, Product, ProductStatus, Store


def make_store(code: str = "hanbit") -> Store:
    """The store of this code, made once."""
    return Store.objects.get_or_create(code=code, defaults={"name": "한빛상점"})[0]


def make_category(source_id: str = "50000151", name: str = "이어폰") -> Category:
    """The category of this number, made once."""
    defaults = {"name": name, "path": f"디지털/가전>음향가전>{name}"}
    return Category.objects.get_or_create(source_id=source_id, defaults=defaults)[0]


def make_product(number: int = 1, **changes: Any) -> Product:
    """A product on sale; `number` makes its keys."""
    now = timezone.now()
    values: dict[str, Any] = {
        "store": changes.pop("store", None) or make_store(),
        "category": changes.pop("category", None) or make_category(),
        "origin_product_no": 9_000_000_000 + number,
        "channel_product_nos": [8_000_000_000 + number],
        "sku": f"HB-{number:05d}",
        "seller_code": f"HB-{number:05d}",
        "name": f"무선 이어폰 {number}호",
        "brand": "한빛",
        "status": ProductStatus.SALE,
        "price": 59_000,
        "discounted_price": 49_000,
        "stock": 20,
        "summary_hash": f"{number:032x}",
        "content_hash": f"{number:032x}",
        "revision": 1,
        "source_modified_at": now,
        "updated_at": now,
    }
    product = Product.objects.create(**{**values, **changes})
    index_products(read_search_rows([product.pk]))
    return product


def make_observation(product: Product, revision: int, price: int, days_ago: int = 0) -> PriceObservation:
    """The product had this price from so many days ago on, with a tenth off."""
    return PriceObservation.objects.create(
        product=product,
        revision=revision,
        observed_at=timezone.now() - timedelta(days=days_ago),
        price=price,
        discounted_price=price * 9 // 10,
        trace_id=f"{revision:032x}",
    )


def make_scan(hours_ago: int = 0) -> CatalogueScan:
    """A complete reading of the store's list, so many hours ago."""
    scanned_at = timezone.now() - timedelta(hours=hours_ago)
    return CatalogueScan.objects.create(store=make_store(), scanned_at=scanned_at, is_complete=True)
