"""The product list's actions on many products: each drafts a batch and leads to its page, where a person confirms it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, cast

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse

from products.catalog.batches import AMOUNT_KINDS, BatchError, draft_batch
from products.catalog.models import ChangeKind, Product
from products.catalog.priorities import PRIORITY_LIMIT

if TYPE_CHECKING:
    from django.db.models import QuerySet

AMOUNT_LABELS = {ChangeKind.SET: "새 우선순위", ChangeKind.RAISE: "올릴 값", ChangeKind.LOWER: "내릴 값"}
_ROW = re.compile(r"form-(\d+)-id")
_SEEN = re.compile(r"(\d{1,18}):(\d{1,9})")


class AmountForm(forms.Form):
    """The number that an action needs."""

    amount = forms.IntegerField(label="값", min_value=0, max_value=PRIORITY_LIMIT)


class BulkActions:
    """The actions, for the product list's admin to inherit."""

    actions: Any = ("set_priority", "raise_priority", "lower_priority", "hold_products", "release_products")
    admin_site: admin.AdminSite

    @admin.action(description="우선순위 정하기", permissions=["change"])
    def set_priority(self, request: HttpRequest, queryset: QuerySet[Product]) -> HttpResponse | None:
        """One number for all."""
        return self._offer(request, queryset, ChangeKind.SET)

    @admin.action(description="우선순위 올리기", permissions=["change"])
    def raise_priority(self, request: HttpRequest, queryset: QuerySet[Product]) -> HttpResponse | None:
        """By a number."""
        return self._offer(request, queryset, ChangeKind.RAISE)

    @admin.action(description="우선순위 내리기", permissions=["change"])
    def lower_priority(self, request: HttpRequest, queryset: QuerySet[Product]) -> HttpResponse | None:
        """By a number, to 0 at the least."""
        return self._offer(request, queryset, ChangeKind.LOWER)

    @admin.action(description="보류", permissions=["change"])
    def hold_products(self, request: HttpRequest, queryset: QuerySet[Product]) -> HttpResponse | None:
        """Hold them back."""
        return self._offer(request, queryset, ChangeKind.HOLD)

    @admin.action(description="보류 해제", permissions=["change"])
    def release_products(self, request: HttpRequest, queryset: QuerySet[Product]) -> HttpResponse | None:
        """Let posts show them again."""
        return self._offer(request, queryset, ChangeKind.RELEASE)

    def _offer(self, request: HttpRequest, products: QuerySet[Product], kind: ChangeKind) -> HttpResponse | None:
        """Draft the batch and lead to it; ask for the number first where one is needed."""
        form = AmountForm(request.POST if "amount" in request.POST else None)
        form.fields["amount"].label = AMOUNT_LABELS.get(kind, "")
        if kind in AMOUNT_KINDS and not form.is_valid():
            return self._ask(request, products, kind, form)
        try:
            batch = draft_batch(
                products=products,
                kind=kind,
                amount=form.cleaned_data["amount"] if kind in AMOUNT_KINDS else 0,
                actor_id=cast("int", request.user.pk),
                source=_describe_choice(request),
                seen=_read_seen(request),
            )
        except BatchError as error:
            messages.error(request, str(error))
            return None
        return HttpResponseRedirect(reverse("admin:catalog_changebatch_change", args=[batch.pk]))

    def _ask(
        self, request: HttpRequest, products: QuerySet[Product], kind: ChangeKind, form: AmountForm
    ) -> HttpResponse:
        context: dict[str, Any] = {
            **self.admin_site.each_context(request),
            "title": kind.label,
            "opts": Product._meta,
            "form": form,
            "chosen": products.order_by().count(),
            "action": request.POST["action"],
            "selected": request.POST.getlist(ACTION_CHECKBOX_NAME),
            "select_across": int(_is_across(request)),
            "seen": ",".join(f"{key}:{version}" for key, version in _read_seen(request).items()),
            "back": request.get_full_path(),
        }
        return TemplateResponse(request, "admin/catalog/product/ask_amount.html", context)


def _is_across(request: HttpRequest) -> bool:
    return request.POST.get("select_across") == "1"


def _describe_choice(request: HttpRequest) -> str:
    """How the products were chosen."""
    where = request.GET.copy()
    where.pop("p", None)
    words = " ".join(f"{name}={value}" for name, value in where.items()) or "조건 없음"
    return f"목록 전체 ({words})" if _is_across(request) else "목록에서 고름"


def _read_seen(request: HttpRequest) -> dict[int, int]:
    """{product id: version} of the rows that stood on the editor's page: from the list's form, or handed on."""
    if "seen" in request.POST:
        return {int(key): int(version) for key, version in _SEEN.findall(request.POST["seen"])}
    rows = [found[1] for found in map(_ROW.fullmatch, request.POST) if found]
    pairs = [(request.POST[f"form-{row}-id"], request.POST.get(f"form-{row}-version", "")) for row in rows]
    return {int(key): int(version) for key, version in _SEEN.findall(",".join(f"{k}:{v}" for k, v in pairs))}
