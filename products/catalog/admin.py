"""The catalogue's pages on the desk. Products are the store's: everything but the priority is to be read only."""

from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.views.main import ChangeList
from django.db.models import Count, F, IntegerField, OuterRef, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce
from django.forms import BaseModelFormSet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from perfhooks.desk import FastModelAdmin, Tone, ago, link_to, pill, won

from products.catalog.filters import SEARCH_HELP, search_products
from products.catalog.forms import PriorityForm, ProductForm
from products.catalog.models import (
    CatalogueFinding,
    CatalogueRevision,
    Category,
    PriceObservation,
    Product,
    ProductStatus,
    Store,
)
from products.catalog.priorities import record_priority_change
from products.catalog.productpage import read_product_page
from products.catalog.selectors import STALE_AFTER_HOURS, select_stale
from products.catalog.services import PriorityConflict, set_priority

TONES: dict[str, Tone] = {
    ProductStatus.SALE: "ok",
    ProductStatus.OUTOFSTOCK: "warn",
    ProductStatus.WAIT: "grey",
    ProductStatus.UNADMISSION: "warn",
    ProductStatus.REJECTION: "bad",
    ProductStatus.SUSPENSION: "warn",
    ProductStatus.CLOSE: "grey",
    ProductStatus.PROHIBITION: "bad",
    ProductStatus.DELETE: "grey",
}


def format_count(number: int | None) -> SafeString:
    """A whole number with thousands separators, to be aligned right."""
    return format_html('<span class="num">{}</span>', f"{number or 0:,}")


def link_to_product(product: Product) -> SafeString:
    """The product's page on the desk."""
    return link_to(reverse("admin:catalog_product_change", args=[product.pk]), product.name)


class StoreOwnedAdmin(FastModelAdmin[Any]):
    """Rows that come from the store with each sync: nobody adds, changes or deletes them by hand."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        """They come from the store."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """They are what the store says."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """They go when the store drops them."""
        return False


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
        return queryset.filter(category_id=int(value)) if value.isdecimal() else queryset.none()


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


@admin.register(Product)
class ProductAdmin(FastModelAdmin[Product]):
    """The products. The list saves priorities row by row; whoever was overtaken is told, and loses nothing else."""

    form = ProductForm
    list_display = ("name", "sku", "category", "state", "price_won", "sale_won", "stock_count", "priority")
    list_editable = ("priority",)
    list_filter = (PriceAgeFilter, "status", CategoryFilter)
    list_select_related = ("category",)
    search_fields = ("sku", "seller_code", "origin_product_no", "name")
    search_help_text = SEARCH_HELP
    ordering = ("-priority", "id")
    change_form_template = "admin/catalog/product/change_form.html"
    fieldsets = (
        (None, {"fields": ("priority",)}),
        (
            "스토어에서 온 사실",
            {
                "description": "스토어와 동기화할 때마다 바뀝니다. 고치려면 스토어에서 고치세요.",
                "fields": (
                    ("sku", "seller_code"),
                    ("origin_product_no", "channel_product_nos"),
                    ("brand", "manufacturer", "model_name"),
                    ("category", "status"),
                    ("price", "discounted_price", "stock"),
                    ("discount_starts_at", "discount_ends_at"),
                    "benefits",
                    "attributes",
                    "image_url",
                    "description",
                ),
            },
        ),
        (
            "원장의 기록",
            {"fields": (("revision", "version"), ("source_modified_at", "updated_at"), "content_hash", "summary_hash")},
        ),
    )

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Products come from the store."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """A product goes when the store drops it."""
        return False

    def get_readonly_fields(self, request: HttpRequest, obj: Product | None = None) -> list[str]:
        """Everything but the priority."""
        return [field.name for field in Product._meta.fields if field.name != "priority"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Product]:
        """With the category, of which both pages show the name."""
        return super().get_queryset(request).select_related("category", "store")

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Product], search_term: str
    ) -> tuple[QuerySet[Product], bool]:
        """The search that the API has too."""
        return search_products(queryset, search_term), False

    def get_changelist_form(self, request: HttpRequest, **kwargs: Any) -> type[PriorityForm]:
        """The list's rows carry their version."""
        return PriorityForm

    @admin.display(description="상태", ordering="status")
    def state(self, product: Product) -> SafeString:
        """The store's state of it."""
        return pill(product.get_status_display(), TONES[product.status])

    @admin.display(description="판매가", ordering="price")
    def price_won(self, product: Product) -> SafeString:
        """The list price."""
        return won(product.price)

    @admin.display(description="할인가", ordering="discounted_price")
    def sale_won(self, product: Product) -> SafeString:
        """What a buyer pays."""
        return won(product.discounted_price)

    @admin.display(description="재고", ordering="stock")
    def stock_count(self, product: Product) -> SafeString:
        """How many are left."""
        return format_count(product.stock)

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """The list; a valid set of new priorities is saved, and answered with what became of each."""
        if request.method == "POST" and "_save" in request.POST and self.has_change_permission(request):
            formset_class = self.get_changelist_formset(request)
            rows = self._get_list_editable_queryset(request, formset_class.get_default_prefix())
            formset = formset_class(request.POST, queryset=rows)
            if formset.is_valid():
                self._save_priorities(request, formset)
                return HttpResponseRedirect(request.get_full_path())
        return super().changelist_view(request, extra_context)

    def _save_priorities(self, request: HttpRequest, formset: BaseModelFormSet[Product, PriorityForm]) -> None:
        saved = 0
        for form in formset.forms:
            if form.has_changed():
                saved += self._save_priority(request, form)
        if saved:
            messages.success(request, f"상품 {saved:,}개의 우선순위를 저장했습니다.")

    def _save_priority(self, request: HttpRequest, form: PriorityForm) -> bool:
        """Save one row; says so with both values when somebody else was quicker. Returns whether it was saved."""
        wanted, before = form.cleaned_data["priority"], form.initial["priority"]
        try:
            product = set_priority(
                product_id=form.instance.pk,
                priority=wanted,
                expected_version=form.cleaned_data["version"],
                actor=request.user.get_username(),
            )
        except PriorityConflict as conflict:
            message = (
                f"'{conflict.name}': 그사이 다른 사람이 우선순위를 {conflict.current_priority}(으)로 바꿨습니다. "
                f"입력한 값 {wanted}은(는) 저장하지 않았습니다. 바꾸려면 아래 목록에서 다시 저장하세요."
            )
            messages.error(request, message)
            return False
        record_priority_change(user_id=request.user.pk, product=product, before=before)
        return True
