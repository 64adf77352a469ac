"""What lies in deploy/: current, complete, and about metrics that exist."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from perfhooks.budgets import Budget, load_entries
from perfhooks.grafana import place_panels, render_dashboard
from perfhooks.prometheus_rules import find_obstacle, render_rules
from perfhooks.promql import value_of
from perfhooks.registry import all_metrics

DEPLOY = Path(__file__).resolve().parents[2] / "deploy"
SERIES = re.compile(
    r"\b([a-z][a-z0-9_]*?)(?:_bucket|_count|_sum)?(?:\{[^}]*\})?\[[^]]+\]|\b(?:max|min)(?: by \([^)]*\))? \(?(\w+)"
)
OWN_RECORDS = ("jangbu", "ALERTS")


def find_budget(budget_id: str) -> Budget:
    (found,) = [entry for entry in load_entries() if entry.id == budget_id]
    assert isinstance(found, Budget)
    return found


def read_rules() -> list[dict[str, Any]]:
    text = (DEPLOY / "prometheus-rules.yaml").read_text("utf-8")
    return [rule for group in yaml.safe_load(text)["groups"] for rule in group["rules"]]


def read_panels() -> list[dict[str, Any]]:
    panels: list[dict[str, Any]] = json.loads((DEPLOY / "grafana-dashboard.json").read_text("utf-8"))["panels"]
    return panels


def test_the_committed_files_are_current() -> None:
    told = "run: python manage.py {} > deploy/{}"
    rules = (DEPLOY / "prometheus-rules.yaml").read_text("utf-8")
    assert rules == render_rules(), told.format("prometheus_rules", "prometheus-rules.yaml")
    dashboard = (DEPLOY / "grafana-dashboard.json").read_text("utf-8")
    assert dashboard == render_dashboard(), told.format("grafana_dashboard", "grafana-dashboard.json")


def test_every_limit_of_the_plan_has_an_alert_or_a_reason_why_not() -> None:
    planned = [entry for entry in load_entries() if entry.origin == "plan"]
    alerts = {rule["labels"]["budget"]: rule for rule in read_rules() if "alert" in rule}
    head = (DEPLOY / "prometheus-rules.yaml").read_text("utf-8").partition("groups:")[0]
    for entry in planned:
        if reason := find_obstacle(entry):
            assert f"# {entry.id}: {reason}" in head
        else:
            budget = find_budget(entry.id)
            assert alerts.pop(entry.id)["expr"].endswith(
                f"{'>' if budget.direction == 'max' else '<'} {budget.limit:g}"
            )
    assert alerts == {}


def test_a_blocking_budget_is_critical_and_the_others_warn() -> None:
    for rule in read_rules():
        if "alert" in rule:
            level = find_budget(rule["labels"]["budget"]).level
            assert rule["labels"]["severity"] == {"block": "critical", "warn": "warning"}[level]


@pytest.mark.parametrize("source", ["rules", "dashboard"])
def test_expressions_ask_for_registered_metrics_only(source: str) -> None:
    if source == "rules":
        expressions = [rule["expr"] for rule in read_rules() if "record" in rule]
    else:
        expressions = [target["expr"] for panel in read_panels() for target in panel.get("targets", ())]
    asked = {name for text in expressions for pair in SERIES.findall(text) for name in pair if name}
    assert len(asked) > 5
    unknown = {name for name in asked if name not in all_metrics() and not name.startswith(OWN_RECORDS)}
    assert unknown == set()


def test_every_metric_has_its_panel() -> None:
    shown = " ".join(panel.get("description", "") for panel in read_panels())
    missing = [name for name in all_metrics() if not re.search(rf"\b{name}\b", shown)]
    assert missing == []


def test_the_limit_of_the_admin_list_is_a_line_in_seconds() -> None:
    limit = find_budget("admin-list-p95").limit
    (panel,) = [
        panel for panel in read_panels() if panel.get("description", "").startswith("admin_product_list_seconds")
    ]
    defaults = panel["fieldConfig"]["defaults"]
    assert defaults["unit"] == "s"
    assert [step["value"] for step in defaults["thresholds"]["steps"]] == [None, limit / 1_000]
    assert "histogram_quantile(0.95" in panel["targets"][1]["expr"]


def test_panels_do_not_overlap() -> None:
    taken: set[tuple[int, int]] = set()
    panels = read_panels()
    for place in (panel["gridPos"] for panel in panels):
        cells = {(place["x"] + x, place["y"] + y) for x in range(place["w"]) for y in range(place["h"])}
        assert not cells & taken
        taken |= cells
    assert len({panel["id"] for panel in panels}) == len(panels)
    assert place_panels([]) == []


def test_figures_come_in_the_budgets_unit() -> None:
    listed = value_of(find_budget("admin-list-p95"))
    assert listed == "1000 * histogram_quantile(0.95, sum by (le) (increase(admin_product_list_seconds_bucket[1h])))"
    assert value_of(find_budget("api-429-share")) == (
        "sum(increase(api_429_total[1h])) / sum(increase(api_requests_total[1h]))"
    )
    aged = value_of(find_budget("price-staleness-p95"))
    assert aged is not None
    assert aged.endswith("/ 3600")
    assert value_of(find_budget("upsert-batch-over-row")) is None
