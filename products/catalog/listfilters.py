"""The product list's filters besides category and price: store, stock, live posts, hold, readiness.

Each is asked of an index or of few rows, so that it stays quick among a million products.
"""

from collections.abc import Callable
from typing import Any

from django.contrib import admin
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.http import HttpRequest

from products.catalog.models import Placement, Product, ProductStatus, Store
from products.catalog.readiness import is_ready
from products.catalog.search import NUMBER_DIGITS

MANY_POSTS = 6


def is_in_posts(at_least: int) -> Q:
    """The condition on products that at least so many live posts show (1 or more).

    A product has n of them when one has n - 1 others with a larger key: asked of the placements by index, which are far
    fewer than the products, and never counted for each product.
    """
    live = Placement.objects.filter(is_live=True)
    shown = live.filter(product=OuterRef("pk"))
    if at_least > 1:
        later = live.filter(product=OuterRef("product"), pk__gt=OuterRef("pk")).order_by("pk")
        shown = shown.filter(Exists(later[at_least - 2 : at_least - 1]))
    return Q(Exists(shown))


class ChoiceFilter(admin.SimpleListFilter):
    """A filter whose every choice is a condition. An unknown value finds nothing."""

    choices_offered: dict[str, tuple[str, Callable[[], Q]]] = {}

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """The choices by their words."""
        return [(code, word) for code, (word, _condition) in self.choices_offered.items()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Product]) -> QuerySet[Product]:
        """Those that meet the chosen condition."""
        value = self.value()
        if value is None:
            return queryset
        if value not in self.choices_offered:
            return queryset.none()
        _word, make_condition = self.choices_offered[value]
        return queryset.filter(make_condition())


class StockFilter(ChoiceFilter):
    """What is sold out, by the store's word or by the number left."""

    title = "재고"
    parameter_name = "stock"
    choices_offered = {
        "out": ("품절", lambda: Q(stock=0) | Q(status=ProductStatus.OUTOFSTOCK)),
        "in": ("있음", lambda: Q(stock__gt=0) & ~Q(status=ProductStatus.OUTOFSTOCK)),
    }


class PostsFilter(ChoiceFilter):
    """In how many live posts the product stands."""

    title = "게시 중인 글"
    parameter_name = "posts"
    choices_offered = {
        "0": ("없음", lambda: ~is_in_posts(1)),
        "1": ("1개", lambda: is_in_posts(1) & ~is_in_posts(2)),
        "2-5": ("2–5개", lambda: is_in_posts(2) & ~is_in_posts(MANY_POSTS)),
        "6": ("6개 이상", lambda: is_in_posts(MANY_POSTS)),
    }


class HoldFilter(ChoiceFilter):
    """What editors hold back."""

    title = "보류"
    parameter_name = "hold"
    choices_offered = {"yes": ("보류함", lambda: Q(hold=True)), "no": ("보류 안 함", lambda: Q(hold=False))}


class ReadyFilter(ChoiceFilter):
    """What a post may show as it is."""

    title = "게시 준비"
    parameter_name = "ready"
    choices_offered = {"yes": ("준비됨", is_ready), "no": ("빠진 것 있음", lambda: ~is_ready())}


class StoreFilter(admin.SimpleListFilter):
    """The shops, when there is more than one."""

    title = "스토어"
    parameter_name = "store"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """All stores by their names."""
        return [(str(key), name) for key, name in Store.objects.order_by("name", "pk").values_list("pk", "name")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Product]) -> QuerySet[Product]:
        """Those of the chosen store; none for a value that is no store's."""
        value = self.value()
        if value is None:
            return queryset
        is_number = value.isdecimal() and len(value) <= NUMBER_DIGITS
        return queryset.filter(store_id=int(value)) if is_number else queryset.none()
