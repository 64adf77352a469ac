"""The page 주간 비교: the newest week of everything that is measured beside the week before, and one series drawn."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from django.core.exceptions import PermissionDenied
from django.template.response import TemplateResponse
from django.utils import timezone

from perfhooks.bench.history import HistoryError
from perfhooks.bench.places import default_history
from perfhooks.budgets import find_budget
from perfhooks.desk import pill
from perfhooks.weekly.chart import draw_week_chart
from perfhooks.weekly.report import describe_change, describe_week
from perfhooks.weekly.selectors import WEEKS_SHOWN, read_weeks

if TYPE_CHECKING:
    from django.contrib.admin import ModelAdmin
    from django.http import HttpRequest, HttpResponse
    from django.utils.safestring import SafeString

    from perfhooks.weekly.weeks import Series

TEMPLATE = "admin/perfhooks/perfrun/weekly.html"
REGRESSION_BUDGET = "no-regression"
"""Its limit tells a change that is worth a look. Nothing is decided by it: that is what `perf_compare` is for."""


@dataclass(frozen=True, slots=True)
class SeriesRow:
    """One line of the page, every figure ready to be read; weeks as Monday, p50, p95, ratio."""

    source: str
    name: str
    link: str
    is_shown: bool
    now: tuple[str, str, str, str]
    before: tuple[str, str, str, str]
    change: SafeString


def show_weeks(model_admin: ModelAdmin[Any], request: HttpRequest) -> HttpResponse:
    """Answer the page; `?series=` names the series that is drawn, the first by default."""
    if not model_admin.has_view_permission(request):
        raise PermissionDenied
    weeks, problem = _read_weeks()
    asked = request.GET.get("series", "")
    shown = next((series for series in weeks if series.key == asked), weeks[0] if weeks else None)
    context = {
        **model_admin.admin_site.each_context(request),
        "title": "주간 비교",
        "opts": model_admin.opts,
        "weeks": WEEKS_SHOWN,
        "problem": problem,
        "shown": shown,
        "shown_weeks": [describe_week(week, shown.unit) for week in shown.weeks] if shown else [],
        "chart": draw_week_chart(shown) if shown else None,
        "rows": [describe_series(series, is_shown=series is shown) for series in weeks],
    }
    return TemplateResponse(request, TEMPLATE, context)


def _read_weeks() -> tuple[list[Series], str]:
    """Return the series, and what is wrong with the benches' file, which then is left out."""
    now = timezone.now()
    try:
        return read_weeks(now=now, weeks=WEEKS_SHOWN, history=default_history()), ""
    except HistoryError as error:
        return read_weeks(now=now, weeks=WEEKS_SHOWN, history=None), str(error)


def describe_series(series: Series, *, is_shown: bool) -> SeriesRow:
    """Return the line of one series."""
    return SeriesRow(
        source=series.source,
        name=series.name,
        link=f"?{urlencode({'series': series.key})}",
        is_shown=is_shown,
        now=describe_week(series.now, series.unit),
        before=describe_week(series.before, series.unit),
        change=_describe_change(series),
    )


def _describe_change(series: Series) -> SafeString:
    if series.change is None:
        return pill("첫 주", "grey")
    text, limit = describe_change(series), find_budget(REGRESSION_BUDGET).limit
    if series.change > limit:
        return pill(f"{text} 느려짐", "warn")
    return pill(f"{text} 빨라짐", "ok") if series.change < 1 / limit else pill(f"{text} 비슷함", "grey")
