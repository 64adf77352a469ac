"""What every admin page of the desk shares: a quick base class and the way that figures, times and states look."""

from __future__ import annotations

from abc import ABCMeta
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from django.contrib import admin
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.options import IncorrectLookupParameters
from django.db import DataError
from django.db.models import Model
from django.forms import MediaDefiningClass
from django.utils import timezone
from django.utils.html import format_html
from django.utils.text import capfirst
from django.utils.translation import gettext

from perfhooks.changelist import FastChangeList
from perfhooks.keypages import KeyPaginator
from perfhooks.listchecks import has_index
from perfhooks.usage import record_changelist

if TYPE_CHECKING:
    from datetime import datetime, timedelta

    from django.contrib.admin.views.main import ChangeList
    from django.http import HttpRequest, HttpResponse
    from django.utils.safestring import SafeString

    _ModelAdmin = admin.ModelAdmin
else:

    class _ModelAdmin(admin.ModelAdmin):
        def __class_getitem__(cls, _model):  # noqa: ANN001, ANN204
            return cls


M = TypeVar("M", bound=Model)
Tone = Literal["ok", "warn", "bad", "grey"]

NOTHING = "–"
CHECKBOX = '<input type="checkbox" name="{}" value="{}" class="action-select" aria-label="{}">'
VERDICTS: dict[str, tuple[str, Tone]] = {
    "ok": ("예산 안", "ok"),
    "warn": ("주의", "warn"),
    "breach": ("예산 초과", "bad"),
    "no data": ("자료 없음", "grey"),
    "not enough": ("표본 부족", "grey"),
    "": ("예산 없음", "grey"),
}
"""A budget's verdict (perfhooks.budgets.judge) in words, and the colour of its pill."""
_STEPS = ((86_400, "일"), (3_600, "시간"), (60, "분"))
_DAYS_SHOWN_AS_AGO = 30


class FastModelAdmin(_ModelAdmin[M]):
    """Base of every admin page: one count a list, indexed orders, 50 rows a page, no facets (each is a query over the whole set)."""

    is_big = False
    """Of a table that may grow to a million rows: the list sorts by nothing but what an index holds."""
    show_full_result_count = False
    list_per_page = 50
    list_max_show_all = 200
    show_facets = admin.ShowFacets.NEVER
    paginator = KeyPaginator

    def action_checkbox(self, obj: M) -> SafeString:
        """Return the box that chooses a row, written in one go: through its template it took an eighth of a page."""
        label = gettext("Select this object for an action - {}").format(obj)
        return format_html(CHECKBOX, ACTION_CHECKBOX_NAME, obj.pk, label)

    def get_changelist(self, request: HttpRequest, **kwargs: object) -> type[FastChangeList]:
        """Return the list that sorts by what indexes hold."""
        return FastChangeList

    def get_sortable_by(self, request: HttpRequest) -> list[Any] | tuple[Any, ...]:
        """Return the columns that may be clicked."""
        columns = list(super().get_sortable_by(request))
        return [column for column in columns if self._is_indexed(column)] if self.is_big else columns

    def _is_indexed(self, column: Any) -> bool:
        method = column if callable(column) else getattr(self, column, None)
        field = getattr(method, "admin_order_field", None) if method else column
        return isinstance(field, str) and has_index(self.model, (field, "pk"))

    def get_changelist_instance(self, request: HttpRequest) -> ChangeList:
        """Return the list's page, logged and counted when somebody looks at it.

        A look-up value that the database cannot take (a number beyond 64 bits, a NUL) is the address's fault, which the
        admin answers by its list without a filter.
        """
        try:
            shown = super().get_changelist_instance(request)
        except (DataError, OverflowError) as error:
            raise IncorrectLookupParameters(error) from error
        if not shown.is_popup:
            # Django's own ("select one to view") is no Korean; the tab says what the page is.
            shown.title = str(capfirst(self.opts.verbose_name_plural))
        if request.method == "GET":
            record_changelist(shown)
        return shown


class AbstractAdmin(ABCMeta, MediaDefiningClass):
    """The metaclass of pages that leave methods to each room: one without them cannot be registered, and is told which."""


class ReadOnlyAdmin(FastModelAdmin[M]):
    """Base of the pages about rows that the product writes and nobody edits."""

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Nobody adds one by hand."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Nobody changes one by hand."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Nobody deletes one by hand."""
        return False

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        """Return the page under the name of what it shows; Django's own "View ..." reads as no Korean."""
        stock = gettext("View %s") % self.opts.verbose_name
        title = self.opts.verbose_name if context.get("title") == stock else context.get("title")
        return super().render_change_form(request, {**context, "title": title}, *args, **kwargs)


@lru_cache(maxsize=1_024)
def pill(text: str, tone: Tone) -> SafeString:
    """Return a state as a coloured pill that says its word."""
    return format_html('<span class="pill pill-{}">{}</span>', tone, text)


@lru_cache(maxsize=4_096)
def won(amount: int | None) -> SafeString:
    """Return whole won with thousands separators, to be aligned right: 12,900원."""
    if amount is None:
        return format_html('<span class="num muted">{}</span>', NOTHING)
    return format_html('<span class="num">{}원</span>', f"{amount:,}")


def ago(when: datetime | None) -> SafeString:
    """Return how long ago a moment was (3시간 전), with the exact Korean time in the title."""
    if when is None:
        return format_html('<span class="muted">{}</span>', NOTHING)
    local = timezone.localtime(when)
    exact = f"{local:%Y-%m-%d %H:%M:%S} KST"
    return format_html('<time datetime="{}" title="{}">{}</time>', local.isoformat(), exact, _in_words(when))


def link_to(address: str, text: str) -> SafeString:
    """Return a link to another page of the desk."""
    return format_html('<a href="{}">{}</a>', address, text)


def _in_words(when: datetime) -> str:
    passed = timezone.now() - when
    if abs(passed.days) > _DAYS_SHOWN_AS_AGO:
        return f"{timezone.localtime(when):%Y-%m-%d}"
    side = "전" if passed.total_seconds() >= 0 else "후"
    length = _length_in_words(abs(passed))
    return f"{length} {side}" if length else "방금 전"


def _length_in_words(length: timedelta) -> str:
    seconds = int(length.total_seconds())
    for size, word in _STEPS:
        if seconds >= size:
            return f"{seconds // size}{word}"
    return ""
