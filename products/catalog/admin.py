"""The catalogue's pages on the desk. What the store says is to be read only; products have a module of their own."""

from typing import Any
from urllib.parse import urlencode

from django.contrib import admin
from django.db.models import Count, IntegerField, OuterRef, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from perfhooks.desk import ReadOnlyAdmin, ago, link_to, pill, won
from products.catalog.batchadmin import ChangeBatchAdmin
from products.catalog.benefits import describe_benefits
from products.catalog.models import (
    CatalogueFinding,
    CatalogueRevision,
    Category,
    ChangeBatch,
    PriceObservation,
    Product,
    Store,
)
from products.catalog.productadmin import ProductAdmin
from products.catalog.productchanges import SYNC
from products.catalog.productparts import format_count
from products.catalog.search import SEARCH_HELP, search_products

admin.site.register(Product, ProductAdmin)
admin.site.register(ChangeBatch, ChangeBatchAdmin)


@admin.register(PriceObservation)
class PriceObservationAdmin(ReadOnlyAdmin[PriceObservation]):
    """Prices over time, the newest first."""

    list_display = ("product_name", "sku", "price_won", "sale_won", "benefit_words", "observed", "revision")
    is_big = True
    list_select_related = ("product",)
    search_fields = ("product",)
    search_help_text = SEARCH_HELP
    ordering = ("-observed_at", "-id")
    desk_note = "가격이나 혜택이 바뀐 때에만 한 줄이 늘어납니다."

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[PriceObservation], search_term: str
    ) -> tuple[QuerySet[PriceObservation], bool]:
        """The prices of the products that the one search finds."""
        found = search_products(Product.objects.order_by(), search_term)
        return queryset.filter(product__in=found.values("pk")) if search_term else queryset, False

    @admin.display(description="상품")
    def product_name(self, seen: PriceObservation) -> str:
        """Whose price."""
        return seen.product.name

    @admin.display(description="SKU")
    def sku(self, seen: PriceObservation) -> SafeString:
        """The product's page."""
        return link_to(reverse("admin:catalog_product_change", args=[seen.product_id]), seen.product.sku)

    @admin.display(description="판매가", ordering="price")
    def price_won(self, seen: PriceObservation) -> SafeString:
        """The list price."""
        return won(seen.price)

    @admin.display(description="할인가", ordering="discounted_price")
    def sale_won(self, seen: PriceObservation) -> SafeString:
        """What a buyer paid."""
        return won(seen.discounted_price)

    @admin.display(description="혜택")
    def benefit_words(self, seen: PriceObservation) -> str:
        """The benefits, one after another."""
        return describe_benefits(seen.benefits)

    @admin.display(description="확인", ordering="observed_at")
    def observed(self, seen: PriceObservation) -> SafeString:
        """When it was seen."""
        return ago(seen.observed_at)


def count_products_by(column: str) -> Coalesce:
    """How many products have the row's key in this column, as one subquery a row of the page."""
    counted = Product.objects.filter(**{column: OuterRef("pk")}).order_by().values(column).annotate(n=Count("pk"))
    return Coalesce(Subquery(counted.values("n"), output_field=IntegerField()), Value(0))


class CountedAdmin(ReadOnlyAdmin[Any]):
    """Rows with the number of their products."""

    product_column = ""

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Annotated, so that no row asks for itself."""
        counted = count_products_by(self.product_column)
        rows: QuerySet[Any] = super().get_queryset(request).annotate(product_count=counted)
        return rows

    @admin.display(description="상품 수", ordering="product_count")
    def products(self, row: Any) -> SafeString:
        """How many, leading to them where the product list can filter by it."""
        return format_count(row.product_count)


@admin.register(Store)
class StoreAdmin(CountedAdmin):
    """The shops that products come from."""

    list_display = ("name", "code", "products", "created")
    ordering = ("id",)
    product_column = "store"
    desk_note = "스토어는 처음 동기화할 때 생깁니다. 접속 열쇠는 여기 두지 않고 환경 변수에 둡니다."

    @admin.display(description="등록", ordering="created_at")
    def created(self, store: Store) -> SafeString:
        """Since when it is known."""
        return ago(store.created_at)


@admin.register(Category)
class CategoryAdmin(CountedAdmin):
    """The store's leaf categories."""

    list_display = ("name", "path", "source_id", "products")
    search_fields = ("source_id__exact", "name", "path")
    search_help_text = "카테고리 번호 전체, 또는 이름이나 경로의 일부를 찾습니다."
    ordering = ("name", "id")
    product_column = "category"

    @admin.display(description="상품 수", ordering="product_count")
    def products(self, row: Any) -> SafeString:
        """How many, leading to them."""
        address = f"{reverse('admin:catalog_product_changelist')}?category={row.pk}"
        return format_html('<a class="num" href="{}">{}</a>', address, f"{row.product_count:,}")


@admin.register(CatalogueRevision)
class CatalogueRevisionAdmin(ReadOnlyAdmin[CatalogueRevision]):
    """The numbered states of the catalogue, the newest first."""

    list_display = ("number", "store", "by", "created", "trace_id")
    list_select_related = ("store",)
    search_fields = ("trace_id__exact",)
    search_help_text = "추적 ID 전체를 찾습니다."
    ordering = ("-number",)
    desk_note = "동기화나 API가 상품을 하나라도 바꾸면 번호가 하나 늘어납니다."

    @admin.display(description="누가", ordering="author")
    def by(self, revision: CatalogueRevision) -> str:
        """Who brought it."""
        return revision.author or SYNC

    @admin.display(description="생성", ordering="created_at")
    def created(self, revision: CatalogueRevision) -> SafeString:
        """When it was made."""
        return ago(revision.created_at)


@admin.register(CatalogueFinding)
class CatalogueFindingAdmin(ReadOnlyAdmin[CatalogueFinding]):
    """What somebody should mend in the store's data."""

    list_display = ("key", "kind_pill", "meaning", "store", "found")
    list_select_related = ("store",)
    list_filter = ("kind",)
    search_fields = ("key__exact",)
    search_help_text = "대상 전체를 찾습니다."
    ordering = ("-id",)
    desk_note = "스토어에서 고치면 다음 동기화 때 저절로 사라집니다."

    @admin.display(description="종류", ordering="kind")
    def kind_pill(self, finding: CatalogueFinding) -> SafeString:
        """Which kind."""
        return pill(finding.get_kind_display(), "warn")

    @admin.display(description="내용")
    def meaning(self, finding: CatalogueFinding) -> SafeString:
        """Which products, leading to them."""
        numbers = finding.detail.get("origin_product_nos", [])
        address = f"{reverse('admin:catalog_product_changelist')}?{urlencode({'q': finding.key})}"
        return link_to(address, f"상품 {len(numbers)}개가 같은 코드를 씁니다: {', '.join(map(str, numbers[:5]))}")

    @admin.display(description="발견", ordering="found_at")
    def found(self, finding: CatalogueFinding) -> SafeString:
        """Since when it stands."""
        return ago(finding.found_at)
