"""Products by a rule of an editor: category, brand, price range, in an order."""

from dataclasses import dataclass
from typing import Any

from django.db.models import F, Q, QuerySet
from django.db.models.expressions import Combinable

from products.catalog.models import Category, Product, ProductStatus
from products.catalog.selectors import ComparedFacts, read_compared


@dataclass(frozen=True, slots=True)
class ProductRule:
    """Which sellable products, in which order. category: its path, with all below it; prices: what a buyer pays, in won."""

    category: str = ""
    brand: str = ""
    price_min: int | None = None
    price_max: int | None = None
    sort: str = "priority"


_RULE_ORDERS: dict[str, tuple[str | Combinable, ...]] = {
    "priority": ("-priority",),
    "price_low": ("discounted_price",),
    "price_high": ("-discounted_price",),
    "discount": (F("discounted_price") * 1.0 / F("price"),),
    "newest": ("-source_modified_at",),
}


def list_by_rule(rule: ProductRule, *, limit: int) -> list[ComparedFacts]:
    """The first sellable products of the rule that nobody holds back; of equals by origin number and store.

    Raises KeyError for an order that does not exist.
    """
    found = Product.objects.filter(status=ProductStatus.SALE, stock__gt=0, hold=False)
    if rule.category:
        found = found.filter(category__in=_select_categories(rule.category))
    if rule.brand:
        found = found.filter(brand=rule.brand)
    if rule.price_min is not None:
        found = found.filter(discounted_price__gte=rule.price_min)
    if rule.price_max is not None:
        found = found.filter(discounted_price__lte=rule.price_max)
    return read_compared(found.order_by(*_RULE_ORDERS[rule.sort], "origin_product_no", "store_id")[:limit])


def _select_categories(path: str) -> QuerySet[Category, Any]:
    return Category.objects.filter(Q(path=path) | Q(path__startswith=f"{path}>")).values("pk")


def has_category(path: str) -> bool:
    """Whether a category has this path or lies below it."""
    return _select_categories(path).exists()


def has_brand(brand: str) -> bool:
    """Whether a living product is of this brand."""
    return Product.objects.filter(brand=brand).exclude(status=ProductStatus.DELETE).exists()
