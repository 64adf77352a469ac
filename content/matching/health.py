"""The page 매칭 현황: the share of fallbacks by day and ruleset, and how the mix of intents moves."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.core.exceptions import PermissionDenied
from django.template.response import TemplateResponse
from django.utils import timezone

from content.matching.chart import DayShare, draw_shares
from content.matching.drift import PSI_ALERT, measure_drift
from content.matching.selectors import (
    DRIFT_BASE_DAYS,
    DRIFT_DAYS,
    count_decisions,
    get_active_ruleset,
    list_fallback_days,
    read_intent_mixes,
)
from perfhooks.budgets import find_budget
from perfhooks.clock import business_now
from perfhooks.desk import pill

if TYPE_CHECKING:
    from django.contrib.admin import ModelAdmin
    from django.http import HttpRequest, HttpResponse

TEMPLATE = "admin/matching/matchdecision/health.html"
DAYS_SHOWN = 28
FALLBACK_BUDGET = "match-fallback"


def show_health(model_admin: ModelAdmin[Any], request: HttpRequest) -> HttpResponse:
    """Answer the page."""
    if not model_admin.has_view_permission(request):
        raise PermissionDenied
    now = business_now()
    limit = find_budget(FALLBACK_BUDGET).limit
    today = timezone.localdate(now)
    shares = list_fallback_days(now=now, days=DAYS_SHOWN)
    counts = count_decisions()
    newer, older = read_intent_mixes(now)
    drift = measure_drift(newer, older)
    names = {intent.code: intent.name for intent in get_active_ruleset().intents}
    context = {
        **model_admin.admin_site.each_context(request),
        "title": "매칭 현황",
        "opts": model_admin.opts,
        "days": DAYS_SHOWN,
        "limit": f"{limit:.0%}",
        "counts": counts,
        "ratio": f"{counts.fallback_ratio:.1%}",
        "ratio_pill": _judge(counts.fallback_ratio, limit),
        "chart": draw_shares(shares, first=today - timedelta(days=DAYS_SHOWN - 1), last=today, limit=limit),
        "rows": [_describe_day(it, limit) for it in reversed(shares)],
        "newer_days": DRIFT_DAYS,
        "older_days": DRIFT_BASE_DAYS,
        "drift": drift,
        "psi": f"{drift.psi:.3f}" if drift else "",
        "divergence": f"{drift.jensen_shannon:.3f}" if drift else "",
        "drift_pill": _judge(drift.psi, PSI_ALERT) if drift else "",
        "mix": [(names.get(code, code), newer.get(code, 0), older.get(code, 0)) for code in sorted({*newer, *older})],
    }
    return TemplateResponse(request, TEMPLATE, context)


def _judge(value: float, limit: float) -> str:
    return pill("한도 초과", "bad") if value > limit else pill("한도 안", "ok")


def _describe_day(it: DayShare, limit: float) -> dict[str, Any]:
    return {
        "day": f"{it.day:%Y-%m-%d}",
        "version": it.version,
        "total": it.total,
        "part": it.part,
        "share": f"{it.share:.1%}",
        "pill": _judge(it.share, limit),
    }
