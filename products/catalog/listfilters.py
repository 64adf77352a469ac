"""The product list's filters: price age, readiness, stock, hold, live posts, store, category.

Each is asked of an index or of few rows, so that it stays quick among a million products.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable
from typing import Any

from django.conf import settings
from django.contrib import admin
from django.core.cache import cache
from django.db import connection
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.http import HttpRequest

from products.catalog.models import Category, Placement, Product, ProductStatus, Store
from products.catalog.readiness import is_ready
from products.catalog.search import NUMBER_DIGITS
from products.catalog.selectors import select_stale

MANY_POSTS = 6
KEPT_SECONDS = 60


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


class PriceAgeFilter(ChoiceFilter):
    """Products on sale whose price nobody has confirmed for PRICE_STALE_HOURS, as the dashboard counts them."""

    title = "가격 확인"
    parameter_name = "price"
    choices_offered = {"stale": ("오래됨", lambda: Q(pk__in=select_stale().values("pk")))}

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """The choice, with the hours that are set."""
        return [("stale", f"{settings.PRICE_STALE_HOURS}시간 넘음")]


class KeyFilter(admin.SimpleListFilter, ABC):
    """A filter whose choices are rows of another table. A value that is no key finds nothing."""

    column = ""

    @abstractmethod
    def list_rows(self) -> Iterable[tuple[int, str]]:
        """The keys with their words, in the order in which they are offered."""

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """The rows by their words; a new one is offered after `KEPT_SECONDS` at the latest."""
        key = f"listfilters:{connection.settings_dict['NAME']}:{self.parameter_name}"
        kept: list[tuple[str, str]] | None = cache.get(key)
        if kept is None:
            kept = [(str(key), word) for key, word in self.list_rows()]
            cache.set(key, kept, KEPT_SECONDS)
        return kept

    def queryset(self, request: HttpRequest, queryset: QuerySet[Product]) -> QuerySet[Product]:
        """Those of the chosen row."""
        value = self.value()
        if value is None:
            return queryset
        is_number = value.isdecimal() and len(value) <= NUMBER_DIGITS
        return queryset.filter(**{self.column: int(value)}) if is_number else queryset.none()


class CategoryFilter(KeyFilter):
    """The categories of the shop, by their paths."""

    title = "카테고리"
    parameter_name = "category"
    column = "category_id"

    def list_rows(self) -> Iterable[tuple[int, str]]:
        """All categories."""
        return Category.objects.order_by("path").values_list("pk", "name")


class StoreFilter(KeyFilter):
    """The shops, when there is more than one."""

    title = "스토어"
    parameter_name = "store"
    column = "store_id"

    def list_rows(self) -> Iterable[tuple[int, str]]:
        """All stores."""
        return Store.objects.order_by("name", "pk").values_list("pk", "name")
