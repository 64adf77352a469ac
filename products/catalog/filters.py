"""The list's filters and the API's parameters."""

from typing import Any

import django_filters  # type: ignore[import-untyped]
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from products.catalog.models import Category, Product, ProductStatus
from products.catalog.search import NUMBER_DIGITS, SEARCH_HELP, SEARCH_LENGTH, search_products
from products.catalog.selectors import STALE_AFTER_HOURS, select_stale


class ProductFilterSet(django_filters.FilterSet):  # type: ignore[misc]
    """The query parameters of the product list."""

    q = django_filters.CharFilter(method="search", max_length=SEARCH_LENGTH, label="검색", help_text=SEARCH_HELP)
    category = django_filters.CharFilter(
        field_name="category__source_id", max_length=20, label="카테고리", help_text="스토어의 카테고리 번호"
    )
    status = django_filters.ChoiceFilter(choices=ProductStatus.choices, label="상태", help_text="스토어의 상품 상태")

    class Meta:
        model = Product
        fields: list[str] = []

    def search(self, products: QuerySet[Product], name: str, text: str) -> QuerySet[Product]:
        """Apply `q`."""
        return search_products(products, text)


class CategoryFilter(admin.SimpleListFilter):
    """The categories of the shop, read once."""

    title = "카테고리"
    parameter_name = "category"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """All categories by their path."""
        rows = Category.objects.order_by("path").values_list("pk", "name")
        return [(str(key), name) for key, name in rows]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Product]) -> QuerySet[Product]:
        """Those of the chosen category; none for a value that is no category's."""
        value = self.value()
        if value is None:
            return queryset
        is_number = value.isdecimal() and len(value) <= NUMBER_DIGITS
        return queryset.filter(category_id=int(value)) if is_number else queryset.none()


class PriceAgeFilter(admin.SimpleListFilter):
    """Products on sale whose price nobody has confirmed for a day."""

    title = "가격 확인"
    parameter_name = "price"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """The one choice."""
        return [("stale", f"{STALE_AFTER_HOURS}시간 넘음")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Product]) -> QuerySet[Product]:
        """Those that the dashboard counts as stale."""
        return queryset.filter(pk__in=select_stale().values("pk")) if self.value() == "stale" else queryset
