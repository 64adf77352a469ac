"""How the lists of the admin and of the API are used: every page of a list that was shown is logged and counted.

The line `list_request` has the plan's fields (6.1: filters, page and sort key). What somebody typed into a search box
appears nowhere: only that there was a text, and about how long. The value of a filter appears where the list offers it
as a choice; of a parameter that somebody wrote into the address, only the name.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import structlog
from django.contrib.admin.views.main import ORDER_VAR
from django.utils import timezone

from perfhooks.models import UsageKind
from perfhooks.usagebuffer import buffer

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from django.contrib.admin.views.main import ChangeList

KEY_LENGTH = 120
DEFAULT_ORDER = "default"
LATER_PAGE = "cursor"
UNNAMED_VALUE = "*"
PAGE_DEPTHS = ((1, "1"), (2, "2"), (5, "3-5"), (10, "6-10"), (50, "11-50"))
DEEPEST_PAGES = "51+"
SEARCH_LENGTHS = ((1, "1"), (2, "2"), (5, "3-5"), (10, "6-10"))
LONGEST_SEARCHES = "11+"

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class ListRequest:
    """One page of a list that was shown.

    list_name: `admin:catalog.product`, `api:products`. filters: {parameter: value}. page: from 1, None for a page that a
    cursor led to. sort_key: the fields asked for, `-` before a falling one. search: the text as typed.
    """

    list_name: str
    filters: Mapping[str, str] = field(default_factory=dict)
    page: int | None = 1
    sort_key: str = DEFAULT_ORDER
    search: str = ""

    @property
    def search_length(self) -> str | None:
        """About how long the text is, in characters; None without one."""
        return _classify(len(self.search), SEARCH_LENGTHS, LONGEST_SEARCHES) if self.search else None


def record_list_request(shown: ListRequest) -> None:
    """Log a list request and count it; the count is written later, by another thread."""
    log.info(
        "list_request",
        list=shown.list_name,
        filters=dict(shown.filters),
        page=LATER_PAGE if shown.page is None else shown.page,
        sort_key=shown.sort_key,
        has_search=bool(shown.search),
        search_length=shown.search_length,
    )
    today = timezone.localdate()
    buffer.add([(today, shown.list_name, kind, key) for kind, key in iter_usage(shown)])


def record_changelist(shown: ChangeList) -> None:
    """Log and count a list of the admin."""
    filters = {name: ",".join(values) for name, values in shown.get_filters_params().items()}
    offered = {name for choice in shown.filter_specs for name in choice.expected_parameters() if name}
    record_list_request(
        ListRequest(
            list_name=f"admin:{shown.opts.label_lower}",
            filters={name: value if name in offered else UNNAMED_VALUE for name, value in filters.items()},
            page=shown.page_num if shown.multi_page else 1,
            sort_key=_read_sort_key(shown),
            search=shown.query,
        )
    )


def record_cursor_list(list_name: str, parameters: Mapping[str, str], *, offered: Iterable[str], sort_key: str) -> None:
    """Log and count a list of the API with its query parameters, of which `offered` are filters; `q` is the search."""
    record_list_request(
        ListRequest(
            list_name=list_name,
            filters={name: parameters[name] for name in offered if parameters.get(name)},
            page=None if parameters.get("cursor") else 1,
            sort_key=sort_key,
            search=parameters.get("q", ""),
        )
    )


def iter_usage(shown: ListRequest) -> Iterator[tuple[str, str]]:
    """Yield what a request adds one to: itself, each filter, its page's depth, its sort key, its search."""
    yield UsageKind.REQUEST, ""
    for name, value in shown.filters.items():
        yield UsageKind.FILTER, f"{name}={value}"[:KEY_LENGTH]
    yield UsageKind.PAGE, LATER_PAGE if shown.page is None else _classify(shown.page, PAGE_DEPTHS, DEEPEST_PAGES)
    yield UsageKind.SORT, shown.sort_key[:KEY_LENGTH]
    if shown.search_length:
        yield UsageKind.SEARCH, shown.search_length


def flush_usage() -> int:
    """Write this process's counts now; returns to how many rows of the table."""
    return buffer.flush()


def _read_sort_key(shown: ChangeList) -> str:
    if not shown.params.get(ORDER_VAR):
        return DEFAULT_ORDER
    columns = shown.get_ordering_field_columns().items()
    named = [(way, _name_column(shown, at)) for at, way in columns if 0 <= at < len(shown.list_display)]
    return ",".join(f"-{name}" if way == "desc" else name for way, name in named) or DEFAULT_ORDER


def _name_column(shown: ChangeList, at: int) -> str:
    column = shown.list_display[at]
    sorted_by = shown.get_ordering_field(column)
    return sorted_by if isinstance(sorted_by, str) else getattr(column, "__name__", str(column))


def _classify(number: int, classes: tuple[tuple[int, str], ...], beyond: str) -> str:
    return next((name for limit, name in classes if number <= limit), beyond)
