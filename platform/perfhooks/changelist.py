"""The list pages of big tables: orders that an index has, and deep pages that read keys only until the page begins."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

from django.contrib.admin.views.main import ORDER_VAR, ChangeList
from django.core.paginator import Paginator

if TYPE_CHECKING:
    from django.core.paginator import Page
    from django.db.models import QuerySet
    from django.http import HttpRequest

    _Paginator = Paginator[Any]
else:
    _Paginator = Paginator

DEEP_FROM_ROW = 1_000
"""Earlier pages are read as they are: a subquery would cost more than the few rows that it skips."""


class DeepPaginator(_Paginator):
    """Pages whose rows are looked up by the keys found at that depth, so that the rows before them are never read.

    An index that holds the order and the key answers the inner query.
    """

    def _get_page(self, rows: QuerySet[Any], number: int, paginator: Self) -> Page[Any]:
        listed: QuerySet[Any] = self.object_list  # type: ignore[assignment]
        if rows.query.low_mark >= DEEP_FROM_ROW:
            rows = listed.filter(pk__in=rows.values("pk"))
        page: Page[Any] = super()._get_page(rows, number, paginator)  # type: ignore[misc]
        return page


class FastChangeList(ChangeList):
    """A list that sorts by what was clicked and then by the key in the same direction, which one index serves both ways.

    Django would put the default order in between and the key last but falling, which no index has.
    """

    def get_ordering(self, request: HttpRequest, queryset: QuerySet[Any]) -> list[Any]:
        """Return the order of the rows; always a total one."""
        if not self.params.get(ORDER_VAR):
            return list(super().get_ordering(request, queryset))
        *chosen, last = super().get_ordering(request, queryset.order_by())
        is_rising = last == "-pk" and not (chosen and str(chosen[-1]).startswith("-"))
        return [*chosen, "pk" if is_rising else last]
