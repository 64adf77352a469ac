"""The page 목록 사용: how much each filter, page depth, sort key and search length of every list is used."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from django.apps import apps
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import Q, Sum
from django.db.models.functions import Coalesce
from django.template.response import TemplateResponse
from django.utils import timezone

from perfhooks.desk import ReadOnlyAdmin
from perfhooks.models import ListUsage, UsageKind
from perfhooks.usage import DEFAULT_ORDER, LATER_PAGE

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

SHORT_DAYS = 7
LONG_DAYS = 28
ROWS_A_LIST = 20
WORDS = {DEFAULT_ORDER: "기본 순서", LATER_PAGE: "다음 쪽(cursor)"}
UNITS = {UsageKind.PAGE: "쪽", UsageKind.SEARCH: "자"}


@dataclass(frozen=True, slots=True)
class UsageRow:
    """How often one thing was asked of a list; `share` is that of the list's requests in percent, over the long span."""

    kind: str
    key: str
    short: int
    long: int
    share: float


@dataclass(frozen=True, slots=True)
class UsedList:
    """One list with its requests and what was asked of it most, the most used first."""

    title: str
    list_name: str
    short: int
    long: int
    rows: list[UsageRow]
    rows_left_out: int


def read_used_lists(today: date) -> list[UsedList]:
    """Return every list that was used in the last 28 days, the most used first, in one query."""
    recent = Q(day__gt=today - timedelta(days=SHORT_DAYS))
    counted = (
        ListUsage.objects.filter(day__gt=today - timedelta(days=LONG_DAYS), day__lte=today)
        .order_by()
        .values_list("list_name", "kind", "key")
        .annotate(short=Coalesce(Sum("uses", filter=recent), 0), long=Sum("uses"))
    )
    by_list: dict[str, list[tuple[str, str, int, int]]] = defaultdict(list)
    for list_name, *usage in counted:
        by_list[list_name].append((usage[0], usage[1], usage[2], usage[3]))
    used = [_describe_list(list_name, usages) for list_name, usages in by_list.items()]
    return sorted(used, key=lambda each: (-each.long, each.list_name))


def _describe_list(list_name: str, usages: list[tuple[str, str, int, int]]) -> UsedList:
    short, long = next(((s, n) for kind, _key, s, n in usages if kind == UsageKind.REQUEST), (0, 0))
    asked = sorted((usage for usage in usages if usage[0] != UsageKind.REQUEST), key=lambda u: (-u[3], u[0], u[1]))
    rows = [
        UsageRow(UsageKind(kind).label, describe_key(kind, key), of_short, of_long, 100 * of_long / long if long else 0)
        for kind, key, of_short, of_long in asked[:ROWS_A_LIST]
    ]
    return UsedList(describe_list_name(list_name), list_name, short, long, rows, max(len(asked) - ROWS_A_LIST, 0))


def describe_key(kind: str, key: str) -> str:
    """Return a counted value in words where it has some: 3-5쪽, 기본 순서; a filter as it stands in the address."""
    return WORDS.get(key, f"{key}{UNITS.get(UsageKind(kind), '')}")


def describe_list_name(list_name: str) -> str:
    """Return the list's name on the desk: `admin:catalog.product` is 상품 (관리자), `api:products` is products (API)."""
    door, _colon, name = list_name.partition(":")
    if door == "admin" and name in {model._meta.label_lower for model in apps.get_models()}:
        return f"{apps.get_model(name)._meta.verbose_name_plural} (관리자)"
    return f"{name} ({door.upper()})"


@admin.register(ListUsage)
class ListUsageAdmin(ReadOnlyAdmin[ListUsage]):
    """The page; its own requests are not counted."""

    change_list_template = "admin/perfhooks/listusage/change_list.html"
    list_display = ("day", "list_name", "kind", "key", "uses")

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Show every list with what is used of it."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        context = {
            **self.admin_site.each_context(request),
            "title": self.opts.verbose_name_plural,
            "opts": self.opts,
            "lists": read_used_lists(timezone.localdate()),
            "short_days": SHORT_DAYS,
            "long_days": LONG_DAYS,
            **(extra_context or {}),
        }
        return TemplateResponse(request, self.change_list_template, context)
