"""Recording and alert rules for Prometheus, made from the plan's budgets.

Baselines are not among them: they hold a bench on one machine against itself. A part of the plan that is not built yet has
its rule, which says nothing while there is no figure. What cannot be a rule is named at the top, with the reason.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import yaml

from perfhooks.budgets import Budget, Entry, load_entries
from perfhooks.promql import samples_of, value_of

if TYPE_CHECKING:
    from collections.abc import Iterable

VALUE_RECORD = "jangbu:budget:value"
LIMIT_RECORD = "jangbu:budget:limit"
ALERT = "BudgetMissed"
HOLDS_FOR = "10m"
# A bench may ask for more; of this many samples the p95 is no longer the largest.
SAMPLES_NEEDED = 20
SEVERITY = {"block": "critical", "warn": "warning"}
HEADER = "# Written by `manage.py prometheus_rules` from config/budgets.toml; change it there.\n"


def render_rules() -> str:
    """Return the rules file as YAML; raises `BudgetError` when the budgets file is wrong."""
    planned = [entry for entry in load_entries() if entry.origin == "plan"]
    reasons = {entry.id: reason for entry in planned if (reason := find_obstacle(entry))}
    budgets = [entry for entry in planned if isinstance(entry, Budget) and entry.id not in reasons]
    absent = "".join(f"# {budget_id}: {reason}\n" for budget_id, reason in reasons.items())
    return HEADER + ("# No rules for:\n" + absent if absent else "") + _dump(make_groups(budgets))


def make_groups(budgets: Iterable[Budget]) -> list[dict[str, Any]]:
    """Return the groups of rules: each budget's value and limit recorded, and an alert where the limit is missed."""
    known = list(budgets)
    records = [record for budget in known for record in _record(budget)]
    return [
        {"name": "jangbu-budget-values", "interval": "1m", "rules": records},
        {"name": "jangbu-budget-alerts", "interval": "1m", "rules": [_alert(budget) for budget in known]},
    ]


def find_obstacle(entry: Entry) -> str:
    """Return why an entry of the budgets file cannot be a rule; an empty text where it can."""
    if not isinstance(entry, Budget):
        return "has no limit yet"
    if entry.kind == "relative":
        return "compares two measurements, which a bench makes"
    return "" if value_of(entry) else "is what a bench can reach, not what the load asks for"


def _record(budget: Budget) -> list[dict[str, Any]]:
    value = value_of(budget)
    if samples := samples_of(budget):
        needed = min(budget.min_samples, SAMPLES_NEEDED)
        # Prometheus extrapolates: one sample may grow a counter by a little less than 1.
        enough = f">= {needed}" if needed > 1 else "> 0"
        value = f"({value}) and on() ({samples} {enough})"
    recorded = ((VALUE_RECORD, value), (LIMIT_RECORD, f"vector({budget.limit:g})"))
    return [
        {"record": name, "expr": expression, "labels": {"budget": budget.id, "plan": budget.plan}}
        for name, expression in recorded
    ]


def _alert(budget: Budget) -> dict[str, Any]:
    missed = ">" if budget.direction == "max" else "<"
    return {
        "alert": ALERT,
        "expr": f'{VALUE_RECORD}{{budget="{budget.id}"}} {missed} {budget.limit:g}',
        "for": HOLDS_FOR,
        "labels": {"budget": budget.id, "plan": budget.plan, "severity": SEVERITY[budget.level]},
        "annotations": {
            "summary": budget.why,
            "description": f"{budget.metric}: {{{{ $value }}}} {budget.unit}, 한도 {budget.limit:g} {budget.unit}",
        },
    }


def _dump(groups: list[dict[str, Any]]) -> str:
    text: str = yaml.safe_dump({"groups": groups}, allow_unicode=True, sort_keys=False, width=400)
    return text
