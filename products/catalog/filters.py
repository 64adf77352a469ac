"""The query parameters of the API's list; the admin's filters are in `listfilters`."""

from datetime import UTC, datetime
from typing import Any

import django_filters  # type: ignore[import-untyped]
from django import forms
from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema_field

from products.catalog.models import PRICE_LIMIT_WON, STOCK_LIMIT, Product, ProductStatus
from products.catalog.search import SEARCH_HELP, SEARCH_LENGTH, search_products
from products.catalog.selectors import select_stale

TYPED_FILTERS = ("changed_since", "price_min", "price_max", "stock_min", "stock_max")
"""Parameters whose values are no choices, and are counted under their names alone."""
EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
LATEST = datetime(2100, 1, 1, tzinfo=UTC)


class PlainNumberField(forms.IntegerField):
    """A whole number in plain digits."""

    def to_python(self, value: Any) -> int | None:
        """Refuse the digits of other scripts, which Python would read."""
        if value and not str(value).isascii():
            raise forms.ValidationError(self.error_messages["invalid"], code="invalid")
        return super().to_python(value)


class WholeNumberFilter(django_filters.Filter):  # type: ignore[misc]
    """A whole number within limits."""

    field_class = PlainNumberField


def _bound(field: str, lookup: str, most: int, text: str) -> Any:
    bound = WholeNumberFilter(field_name=field, lookup_expr=lookup, min_value=0, max_value=most, label=text)
    return extend_schema_field({"type": "integer", "minimum": 0, "maximum": most, "description": text})(bound)


class ProductFilterSet(django_filters.FilterSet):  # type: ignore[misc]
    """The query parameters of the product list."""

    q = django_filters.CharFilter(method="search", max_length=SEARCH_LENGTH, label="검색", help_text=SEARCH_HELP)
    category = django_filters.CharFilter(
        field_name="category__source_id", max_length=20, label="카테고리", help_text="스토어의 카테고리 번호"
    )
    status = django_filters.ChoiceFilter(choices=ProductStatus.choices, label="상태", help_text="스토어의 상품 상태")
    store = django_filters.CharFilter(
        field_name="store__code", max_length=40, label="스토어", help_text="상품 행의 store_code"
    )
    changed_since = django_filters.IsoDateTimeFilter(
        field_name="updated_at",
        lookup_expr="gte",
        validators=[MinValueValidator(EARLIEST), MaxValueValidator(LATEST)],
        label="이때부터 바뀐 것",
        help_text="원장에 기록한 시각이 이때이거나 뒤인 상품. ISO 8601, 시간대가 없으면 한국 시간",
    )
    price_min = _bound("discounted_price", "gte", PRICE_LIMIT_WON, "할인가가 이 금액(원) 이상")
    price_max = _bound("discounted_price", "lte", PRICE_LIMIT_WON, "할인가가 이 금액(원) 이하")
    stock_min = _bound("stock", "gte", STOCK_LIMIT, "재고가 이 수 이상")
    stock_max = _bound("stock", "lte", STOCK_LIMIT, "재고가 이 수 이하. 0이면 재고 없는 상품")
    stale = django_filters.ChoiceFilter(
        method="select_stale",
        choices=[("true", "오래됨"), ("false", "확인됨")],
        label="오래된 가격",
        help_text=f"true: 판매 중인데 {settings.PRICE_STALE_HOURS}시간 넘게 가격을 확인하지 못한 상품. false: 그 밖의 상품",
    )

    class Meta:
        model = Product
        fields: list[str] = []

    def search(self, products: QuerySet[Product], name: str, text: str) -> QuerySet[Product]:
        """Apply `q`."""
        status = self.form.cleaned_data["status"]
        return search_products(products, text, within={"status": status} if status else None)

    def select_stale(self, products: QuerySet[Product], name: str, choice: str) -> QuerySet[Product]:
        """Apply `stale`."""
        stale = select_stale().values("pk")
        return products.filter(pk__in=stale) if choice == "true" else products.exclude(pk__in=stale)
