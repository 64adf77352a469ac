"""The products' pages: everything but priority and hold is the store's and to be read only."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.views.main import IGNORED_PARAMS, PAGE_VAR
from django.db import transaction
from django.db.models import QuerySet
from django.forms import BaseFormSet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.utils.html import format_html
from django.utils.safestring import SafeString

from perfhooks.changelist import FastChangeList
from perfhooks.desk import Tone, pill, won
from perfhooks.savedviews import SavedViewsAdmin
from products.catalog.bulkactions import BulkActions
from products.catalog.edits import edit_product
from products.catalog.forms import EditForm, EditFormSet, ProductForm
from products.catalog.listfilters import (
    CategoryFilter,
    HoldFilter,
    PostsFilter,
    PriceAgeFilter,
    ReadyFilter,
    StockFilter,
    StoreFilter,
)
from products.catalog.models import Product, ProductStatus
from products.catalog.priorities import describe_edit, describe_values, record_edit
from products.catalog.productpage import read_product_page
from products.catalog.productparts import format_count
from products.catalog.readiness import list_missing
from products.catalog.search import NUMBER_DIGITS, SEARCH_HELP, search_products
from products.catalog.selectors import with_price_check
from products.catalog.services import PriorityConflict
from products.catalog.sheetpages import SheetPages

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
WITHIN = {"status__exact": "status", "category": "category_id", "store": "store_id"}
"""The list's filters that the word index knows too: {parameter: column}."""


def read_known_filters(asked: QueryDict) -> dict[str, object]:
    """Of the list's filters those that the word index can narrow by: {parameter: value}, one plain value each."""
    known: dict[str, object] = {}
    for parameter, column in WITHIN.items():
        values = asked.getlist(parameter)
        value = values[0] if len(values) == 1 else ""
        if column == "status" and value in ProductStatus.values:
            known[parameter] = value
        elif column != "status" and value.isascii() and value.isdigit() and len(value) <= NUMBER_DIGITS:
            known[parameter] = int(value)
    return known


def show_missing(product: Product) -> SafeString:
    """Readiness as a pill: what is missing by name, held back by an editor in grey."""
    missing = list_missing(product)
    if not missing:
        return pill("준비됨", "ok")
    words = ", ".join(each.label for each in missing)
    return pill(words, "grey" if product.hold else "warn")


def describe_conflict(conflict: PriorityConflict, typed: object) -> str:
    """Both values of a conflict, and what to do."""
    return f"{conflict} 입력한 값 {typed}은(는) 저장하지 않았습니다."


class EditedList(FastChangeList):
    """After a refused edit it shows the rows that were sent, though others may have changed their order meanwhile."""

    _formset: BaseFormSet[Any] | None = None

    @property
    def formset(self) -> BaseFormSet[Any] | None:
        """The inputs of the rows, in the rows' order."""
        return self._formset

    @formset.setter
    def formset(self, formset: BaseFormSet[Any] | None) -> None:
        self._formset = formset
        if formset is not None and formset.is_bound:
            self.result_list = [form.instance for form in formset.forms]


class ProductAdmin(BulkActions, SheetPages, SavedViewsAdmin[Product]):
    """The products. The list saves priorities row by row; whoever was overtaken is told, and loses nothing else."""

    is_big = True
    form = ProductForm
    list_display = ("title", "sku", "readiness", "state", "price_won", "stock_count", "priority")
    list_editable = ("priority",)
    list_display_links = ("title",)
    list_filter = (
        PriceAgeFilter,
        ReadyFilter,
        "status",
        StockFilter,
        HoldFilter,
        PostsFilter,
        StoreFilter,
        CategoryFilter,
    )
    list_select_related = ("category", "store")
    desk_note = (
        "상품은 스토어와 동기화할 때 들어오고 나갑니다. 여기서 더하거나 지우지 않으며, 우선순위와 보류만 고칩니다."
    )
    search_fields = ("sku", "seller_code", "origin_product_no", "name")
    search_help_text = SEARCH_HELP
    ordering = ("-priority", "-id")
    change_form_template = "admin/catalog/product/change_form.html"
    fields = ("priority", "reason")

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Products come from the store."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """A product goes when the store drops it."""
        return False

    def get_queryset(self, request: HttpRequest) -> QuerySet[Product]:
        """With the category and the store, of which the pages show the names, and when the price was confirmed."""
        return with_price_check(super().get_queryset(request).select_related(*self.list_select_related))

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[EditedList]:
        """The list that stays true to a refused edit."""
        return EditedList

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Product], search_term: str
    ) -> tuple[QuerySet[Product], bool]:
        """The search that the API has too."""
        within = read_known_filters(request.GET)
        is_all = not set(request.GET).difference(within, IGNORED_PARAMS, [PAGE_VAR])
        known = {WITHIN[parameter]: value for parameter, value in within.items()}
        return search_products(queryset, search_term, within=known, is_all=is_all), False

    def _get_list_editable_queryset(self, request: HttpRequest, prefix: str) -> QuerySet[Product]:
        """The rows that were sent. An id that no product can have finds nothing; else the whole list would be read."""
        keys = self._get_edited_object_pks(request, prefix)
        plain = [key for key in keys if key.isascii() and key.isdecimal() and len(key) <= NUMBER_DIGITS]
        products = self.get_queryset(request)
        return products.filter(pk__in=plain) if plain else products.none()

    def get_changelist_formset(self, request: HttpRequest, **kwargs: Any) -> Any:
        """The list's rows, checked without a query for each."""
        return super().get_changelist_formset(request, **{"formset": EditFormSet, **kwargs})

    def get_changelist_form(self, request: HttpRequest, **kwargs: Any) -> type[EditForm]:
        """The list's rows carry their version."""
        return EditForm

    @admin.display(description="상품명", ordering="name")
    def title(self, product: Product) -> SafeString:
        """The name, with the category below it."""
        return format_html('{}<span class="below">{}</span>', product.name, product.category.name)

    @admin.display(description="게시 준비")
    def readiness(self, product: Product) -> SafeString:
        """Whether a post may show it, or what is missing."""
        return show_missing(product)

    @admin.display(description="상태", ordering="status")
    def state(self, product: Product) -> SafeString:
        """The store's state of it."""
        return pill(product.get_status_display(), TONES[product.status])

    @admin.display(description="할인가", ordering="discounted_price")
    def price_won(self, product: Product) -> SafeString:
        """What a buyer pays, with the list price below where that is another."""
        paid = won(product.discounted_price)
        if product.discounted_price == product.price:
            return paid
        return format_html('{}<s class="num below" title="판매가">{}원</s>', paid, f"{product.price:,}")

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
            if any(form.instance.pk is None for form in formset.forms):
                messages.error(
                    request, "목록의 상품 일부를 찾을 수 없어 저장하지 않았습니다. 아래 목록에서 다시 고치세요."
                )
                return HttpResponseRedirect(request.get_full_path())
            if formset.is_valid():
                self._save_edits(request, formset)
                return HttpResponseRedirect(request.get_full_path())
        asked = request.GET.copy()
        asked.pop("p", None)
        context = {
            "may_change": self.has_change_permission(request),
            "may_export": self.may_export(request),
            "asked": asked.urlencode(),
        }
        return super().changelist_view(request, {**context, **(extra_context or {})})

    def _save_edits(self, request: HttpRequest, formset: BaseFormSet[Any]) -> None:
        saved = 0
        for form in formset.forms:
            if form.has_changed():
                saved += self._save_edit(request, form)
        if saved:
            messages.success(request, f"상품 {saved:,}개의 변경을 저장했습니다.")

    def _save_edit(self, request: HttpRequest, form: EditForm) -> bool:
        """Save one row; says so with both values when somebody else was quicker. Returns whether it was saved."""
        wanted, shown = form.cleaned_data, form.instance
        before = form.initial["priority"], form.initial["hold"]
        try:
            with transaction.atomic():
                product = edit_product(
                    product_id=shown.pk,
                    priority=wanted["priority"],
                    hold=wanted["hold"],
                    expected_version=wanted["version"],
                    actor=request.user.get_username(),
                )
                message = describe_edit(priority=(before[0], product.priority), hold=(before[1], product.hold))
                record_edit(actor=request.user, product=product, message=message)
        except PriorityConflict as conflict:
            typed = describe_values(wanted["priority"], wanted["hold"])
            messages.error(request, describe_conflict(conflict, typed))
            return False
        return True

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """The product's page; an edit that came between checking and saving sends back to it with both values."""
        try:
            return super().changeform_view(request, object_id, form_url, extra_context)
        except PriorityConflict as conflict:
            messages.error(request, describe_conflict(conflict, request.POST.get("priority", "")))
            return HttpResponseRedirect(request.get_full_path())

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        """Add the history to the facts."""
        product = kwargs["obj"]
        context |= {"page": read_product_page(product), "state": self.state(product)}
        return super().render_change_form(request, context, *args, **kwargs)

    def save_model(self, request: HttpRequest, obj: Product, form: ProductForm, change: bool) -> None:
        """Set priority and hold through the service, and nothing else."""
        if form.is_edited:
            edit_product(
                product_id=obj.pk,
                priority=form.cleaned_data["priority"],
                hold=form.cleaned_data["hold"],
                expected_version=form.cleaned_data["version"],
                actor=request.user.get_username(),
            )

    def construct_change_message(self, request: HttpRequest, form: Any, formsets: Any, add: bool = False) -> Any:
        """What the history says of the edit; empty when nothing was changed."""
        wanted, before = form.cleaned_data, form.initial
        values = {name: (before[name], wanted[name]) for name in ("priority", "hold")}
        return describe_edit(**values, reason=wanted["reason"])

    def log_change(self, request: HttpRequest, obj: Product, message: Any) -> Any:
        """Note an edit that changed something."""
        return super().log_change(request, obj, message) if message else None
