"""What a product needs before a post may show it: said for one product, and asked of the whole catalogue.

The list's column, its filter and the product's page use the same table, so that they never disagree.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db.models import F, Q
from django.utils import timezone

from products.catalog.models import Category, ProductStatus
from products.catalog.selectors import is_unconfirmed


@dataclass(frozen=True, slots=True)
class Requirement:
    """One thing that must be there. label: its word in lists; fix: what to do when it is missing.

    is_met: asked of a product that has `price_checked_at` (`selectors.with_price_check`), its category, and the time.
    """

    code: str
    label: str
    fix: str
    is_met: Callable[[Any, datetime], bool]


def is_price_fresh(checked_at: datetime | None, now: datetime) -> bool:
    """Whether a price confirmed at that time is still current (PRICE_STALE_HOURS)."""
    return checked_at is not None and checked_at >= now - timedelta(hours=settings.PRICE_STALE_HOURS)


REQUIREMENTS = (
    Requirement("name", "상품명", "스토어에서 상품명을 쓰세요.", lambda it, now: bool(it.name)),
    Requirement("price", "가격", "스토어에서 판매가를 정하세요.", lambda it, now: it.price >= it.discounted_price > 0),
    Requirement("image", "이미지", "스토어에서 대표 이미지를 올리세요.", lambda it, now: bool(it.image_url)),
    Requirement(
        "category",
        "카테고리",
        "스토어에서 카테고리를 고르고 다시 동기화하세요.",
        lambda it, now: it.category.name != it.category.source_id,
    ),
    Requirement(
        "sale",
        "판매 상태",
        "스토어에서 판매 중으로 바꾸고 재고를 채우세요.",
        lambda it, now: it.status == ProductStatus.SALE and it.stock > 0,
    ),
    Requirement(
        "fresh",
        "가격 확인",
        "가격을 확인한 지 오래되었거나 확인한 적이 없습니다. 동기화를 실행하세요.",
        lambda it, now: is_price_fresh(it.price_checked_at, now),
    ),
    Requirement("hold", "보류", "보류를 풀면 다시 글에 쓸 수 있습니다.", lambda it, now: not it.hold),
)


def list_missing(product: Any, *, now: datetime | None = None) -> list[Requirement]:
    """What the product lacks, in the table's order; empty when it is ready."""
    moment = now or timezone.now()
    return [wanted for wanted in REQUIREMENTS if not wanted.is_met(product, moment)]


def is_ready() -> Q:
    """The condition on products for which `list_missing` is empty. Names and prices are guaranteed by constraints."""
    unnamed = Category.objects.filter(name=F("source_id"))
    sellable = Q(status=ProductStatus.SALE, stock__gt=0, hold=False)
    return sellable & ~Q(image_url="") & ~Q(category__in=unnamed.values("pk")) & ~is_unconfirmed()
