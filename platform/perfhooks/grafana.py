"""A Grafana dashboard of every metric, a row for each plan item, with the plan's limits as lines."""

from __future__ import annotations

import json
from itertools import count
from typing import TYPE_CHECKING, Any

from perfhooks.budgets import Budget, load_entries
from perfhooks.prometheus_rules import ALERT, LIMIT_RECORD, VALUE_RECORD
from perfhooks.promql import DASHBOARD_WINDOW, increase, matchers, quantile
from perfhooks.registry import OPERATIONS_ITEM, Metric, all_metrics

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

TITLE = "장부 성능"
SCHEMA_VERSION = 39
COLUMNS, WIDTH, HEIGHT = 3, 8, 7
SOURCE = {"type": "prometheus", "uid": "${datasource}"}
UNITS = {"seconds": "s", "ms": "ms", "bytes": "bytes", "ratio": "percentunit", "hours": "h", "per_second": "reqps"}
ITEM_WORDS = {
    "2A": "2A 스토어 동기화",
    "2B": "2B upsert",
    "2C": "2C 패키지",
    "6.1": "6.1 상품 원장",
    "6.2": "6.2 매칭",
    "6.3": "6.3 고지",
    "6.4": "6.4 CRO와 A/B",
    "6.5": "6.5 주간 지표",
    "7.1": "7.1 클러스터",
    "7.2": "7.2 리프레시 큐",
    "7.3": "7.3 리텐션",
    "7.4": "7.4 비교표",
    "7.5": "7.5 UGC",
    "8.1": "8.1 광고 검사",
    "8.2": "8.2 시각 검사",
    "8.3": "8.3 RPM",
    "8.4": "8.4 ads.txt",
    OPERATIONS_ITEM: "운영",
}

Panel = dict[str, Any]
Limits = dict[str, list[tuple[float, str]]]


def render_dashboard() -> str:
    """Return the dashboard as JSON, to be imported; raises `BudgetError` when the budgets file is wrong."""
    panels = place_panels([("예산", _budget_panels()), *make_rows()])
    dashboard = {
        "uid": "jangbu",
        "title": TITLE,
        "tags": ["jangbu"],
        "timezone": "Asia/Seoul",
        "schemaVersion": SCHEMA_VERSION,
        "refresh": "1m",
        "time": {"from": "now-24h", "to": "now"},
        "templating": {
            "list": [{"name": "datasource", "label": "데이터", "type": "datasource", "query": "prometheus"}]
        },
        "panels": panels,
    }
    return json.dumps(dashboard, ensure_ascii=False, indent=1) + "\n"


def make_rows() -> Iterator[tuple[str, list[Panel]]]:
    """Yield each plan item's title and its panels, in the catalogue's order."""
    limits, shown = read_limits(), list(_list_shown())
    for item in dict.fromkeys(metric.plan_item for metric in shown):
        own = [metric for metric in shown if metric.plan_item == item]
        yield ITEM_WORDS.get(item, item), [_metric_panel(metric, limits) for metric in own]


def place_panels(rows: Iterable[tuple[str, list[Panel]]]) -> list[Panel]:
    """Number the panels and lay them out, three in a line below the title of their row."""
    placed: list[Panel] = []
    numbers, top = count(1), 0
    for title, panels in rows:
        here = {"h": 1, "w": COLUMNS * WIDTH, "x": 0, "y": top}
        placed.append({"id": next(numbers), "type": "row", "title": title, "collapsed": False, "gridPos": here})
        top += 1
        for place, panel in enumerate(panels):
            line, column = divmod(place, COLUMNS)
            here = {"h": HEIGHT, "w": WIDTH, "x": column * WIDTH, "y": top + line * HEIGHT}
            placed.append({"id": next(numbers), **panel, "gridPos": here})
        top += -(-len(panels) // COLUMNS) * HEIGHT
    return placed


def read_limits() -> Limits:
    """Return the plan's limits by the metric whose panel shows them, each with its direction, in that metric's unit."""
    limits: Limits = {}
    for budget in load_entries():
        if isinstance(budget, Budget) and budget.origin == "plan" and budget.metric in all_metrics():
            metric = all_metrics()[budget.metric]
            is_percentile = metric.kind == "derived" and metric.statistic in ("p50", "p95", "p99")
            shown_by, scale = (metric.source, metric.scale) if is_percentile else (metric.name, 1.0)
            if budget.statistic not in ("ratio", "total"):
                limits.setdefault(shown_by, []).append((budget.limit / scale, budget.direction))
    return limits


def _list_shown() -> Iterator[Metric]:
    """Every metric with a panel of its own; a derived percentile is shown by its histogram."""
    for metric in all_metrics().values():
        if metric.kind != "derived" or metric.statistic in ("share", "rate"):
            yield metric


def _metric_panel(metric: Metric, limits: Limits) -> Panel:
    derived = [other.name for other in all_metrics().values() if other.source == metric.name]
    named = ", ".join([metric.name, *derived])
    return _panel(metric.help, named, UNITS.get(metric.unit, "short"), _targets(metric), limits.get(metric.name, []))


def _targets(metric: Metric) -> list[tuple[str, str]]:
    """The metric's queries, each with its legend."""
    if metric.kind == "histogram":
        return [(quantile(metric.name, q, {}, DASHBOARD_WINDOW), f"p{q * 100:g}") for q in (0.5, 0.95, 0.99)]
    by = f" by ({', '.join(metric.labels)})" if metric.labels else ""
    legend = " ".join(f"{{{{{label}}}}}" for label in metric.labels) or metric.name
    if metric.kind == "counter":
        return [(f"sum{by} ({increase(metric.name, {}, DASHBOARD_WINDOW)})", legend)]
    if metric.statistic == "share":
        source, per = (increase(name, {}, DASHBOARD_WINDOW) for name in (metric.source, metric.per))
        return [(f"sum({source}) / sum({per})", metric.name)]
    if metric.statistic == "rate":
        return [(f"sum(rate({metric.source}_count[{DASHBOARD_WINDOW}]))", metric.name)]
    return [(f"max{by} ({metric.name}{matchers({})})", legend)]


def _panel(
    title: str, description: str, unit: str, targets: list[tuple[str, str]], limits: list[tuple[float, str]]
) -> Panel:
    defaults = {
        "unit": unit,
        "thresholds": {"mode": "absolute", "steps": _steps(limits)},
        "custom": {"thresholdsStyle": {"mode": "line" if limits else "off"}, "spanNulls": True},
    }
    return {
        "type": "timeseries",
        "title": title,
        "description": description,
        "datasource": SOURCE,
        "fieldConfig": {"defaults": defaults, "overrides": []},
        "options": {"legend": {"displayMode": "list", "placement": "bottom"}, "tooltip": {"mode": "multi"}},
        "targets": [
            {"refId": chr(ord("A") + place), "datasource": SOURCE, "expr": expression, "legendFormat": legend}
            for place, (expression, legend) in enumerate(targets)
        ],
    }


def _steps(limits: list[tuple[float, str]]) -> list[dict[str, Any]]:
    """Green up to the limits that must not be passed, red below those that must be reached."""
    is_floor = any(direction == "min" for _limit, direction in limits)
    colours = ("red", "green") if is_floor else ("green", "red")
    lines = sorted({round(limit, 9) for limit, _direction in limits})
    return [{"color": colours[0], "value": None}, *({"color": colours[1], "value": line} for line in lines)]


def _budget_panels() -> list[Panel]:
    used = f"{VALUE_RECORD} / on (budget, plan) {LIMIT_RECORD}"
    return [
        _panel("한도 대비 값", "1이면 한도와 같다", "percentunit", [(used, "{{plan}} {{budget}}")], []),
        _panel("값", VALUE_RECORD, "short", [(VALUE_RECORD, "{{plan}} {{budget}}")], []),
        _panel("넘은 예산", ALERT, "short", [(f'ALERTS{{alertname="{ALERT}"}}', "{{budget}} {{alertstate}}")], []),
    ]
