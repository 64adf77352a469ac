"""How old a price may be where it is shown, and which discounts may be claimed, asked by whatever renders a page."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.conf import settings
from markupsafe import Markup

from content.disclosure.claims import DiscountClaim, PricePoint, judge_discount
from perfhooks.clock import business_now
from perfhooks.metrics import observe
from products.catalog.selectors import list_price_points

if TYPE_CHECKING:
    from products.catalog.selectors import ProductFacts

CURRENT_PRICE_LABEL = "매장에 표시된 가격"
"""A noun, so that a sentence around the placeholder still reads: 지금 가격은 ...입니다."""


def is_stale(checked_at: datetime | None, *, now: datetime | None = None) -> bool:
    """Whether a price was checked too long ago to count as current (PRICE_STALE_HOURS); never checked is stale."""
    return _is_older(checked_at, settings.PRICE_STALE_HOURS, now)


def is_hidden(checked_at: datetime | None, *, now: datetime | None = None) -> bool:
    """Whether the number is not to be shown any more (PRICE_HIDDEN_HOURS; 0: always shown).

    A price that no scan confirmed yet has no time from which to count; the page says so by a finding instead.
    """
    return checked_at is not None and _is_older(checked_at, settings.PRICE_HIDDEN_HOURS, now)


def link_current_price(address: str) -> Markup:
    """What stands in place of a number that is too old."""
    return Markup('<a href="{}">{}</a>').format(address, CURRENT_PRICE_LABEL)


def judge_discounts(products: Iterable["ProductFacts"]) -> Mapping[int, DiscountClaim]:
    """{product id: judgement} of the products that cost less than their list price; one query, none without any."""
    reduced = {product.id: product for product in products if product.sale_price < product.price}
    points: dict[int, list[PricePoint]] = {product_id: [] for product_id in reduced}
    if reduced:
        for row in list_price_points(reduced):
            points[row.product_id].append(PricePoint(row.observed_at, row.price, row.discounted_price))
    return {
        product.id: judge_discount(
            points[product.id], price=product.price, sold_for=product.sale_price, days=settings.EARLIER_PRICE_DAYS
        )
        for product in reduced.values()
    }


def observe_ages(products: Iterable["ProductFacts"]) -> None:
    """Measure how long ago each price of a page was checked (price_staleness_hours)."""
    now = business_now()
    for product in products:
        if product.price_checked_at is not None:
            observe("price_staleness_seconds", max(0.0, (now - product.price_checked_at).total_seconds()))


def _is_older(checked_at: datetime | None, hours: int, now: datetime | None) -> bool:
    if hours <= 0:
        return False
    return checked_at is None or (now or business_now()) - checked_at > timedelta(hours=hours)
