"""The list pages of big tables: orders that an index has, and a count that says whether it is one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib.admin.views.main import ORDER_VAR, ChangeList

from perfhooks.listchecks import has_index

if TYPE_CHECKING:
    from django.db.models import QuerySet
    from django.http import HttpRequest


class FastChangeList(ChangeList):
    """A list that sorts by what was clicked and then by the key in the same direction, which one index serves both ways.

    Django would put the default order in between and the key last but falling, which no index has.
    """

    def get_ordering(self, request: HttpRequest, queryset: QuerySet[Any]) -> list[Any]:
        """Return the order of the rows; always a total one, and of a big table one that an index holds."""
        by_default = list(super().get_ordering(request, queryset))
        if not self.params.get(ORDER_VAR):
            return by_default
        *chosen, last = super().get_ordering(request, queryset.order_by())
        is_rising = last == "-pk" and not (chosen and str(chosen[-1]).startswith("-"))
        ordering = [*chosen, "pk" if is_rising else last]
        is_held = not getattr(self.model_admin, "is_big", False) or has_index(self.model, ordering)
        return ordering if is_held else list(self.model_admin.get_ordering(request))

    def get_results(self, request: HttpRequest) -> None:
        """Read the page; where the end was only guessed, the page and the count are what they turned out to be."""
        super().get_results(request)
        self.result_count = self.paginator.count
        self.page_num = min(self.page_num, max(1, self.paginator.num_pages))

    @property
    def count_in_words(self) -> str:
        """How many rows there are: 1,234개, 약 880,000개, 5,000개 이상."""
        if getattr(self.paginator, "is_floor", False):
            return f"{self.result_count - 1:,}개 이상"
        about = "약 " if getattr(self.paginator, "is_estimate", False) else ""
        return f"{about}{self.result_count:,}개"
