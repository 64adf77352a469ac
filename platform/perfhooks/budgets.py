"""The performance budgets of config/budgets.toml: read, checked against the registry, and judged.

Each entry is one `[[budget]]` table. A mistake is a `BudgetError` that names the entry and the field.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field, fields
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

import msgspec

from perfhooks import catalogue as catalogue  # budgets refer to its names
from perfhooks.registry import Metric, RegistryError, get_metric

BUDGETS_FILE = Path(__file__).resolve().parents[2] / "config" / "budgets.toml"
EVERY_STAGE = "*"

Judgement = Literal["p50", "p95", "p99", "max", "total", "value", "ratio"]
Verdict = Literal["ok", "warn", "breach", "no data", "not enough"]

_OF_HISTOGRAMS = {"p50", "p95", "p99", "max", "total"}


class BudgetError(ValueError):
    """An entry of the budgets file is wrong; the message names the entry and the field."""


@dataclass(frozen=True, slots=True)
class Budget:
    """One promise about one metric.

    `statistic` says which figure is held against `limit`, in `unit`: a percentile, the maximum or the sum of a
    histogram's samples; `value` for the one figure of a gauge, a counter or a derived metric; `ratio` for a comparison
    of two measurements (kind `relative`, judged by a bench). `labels` narrows a histogram to some of its samples.
    """

    id: str
    plan: str
    metric: str
    statistic: Judgement
    unit: str
    limit: float
    direction: Literal["max", "min"]
    kind: Literal["slo", "count", "ratio", "relative"]
    level: Literal["block", "warn"]
    min_samples: int
    why: str
    labels: dict[str, str] = field(default_factory=dict)


def judge(budget: Budget, value: float | None, samples: int) -> Verdict:
    """Return how a measured figure stands: a missed limit is a `breach` where the budget blocks, else `warn`."""
    if value is None or not samples:
        return "no data"
    if samples < budget.min_samples:
        return "not enough"
    is_kept = value <= budget.limit if budget.direction == "max" else value >= budget.limit
    if is_kept:
        return "ok"
    return "breach" if budget.level == "block" else "warn"


def budgets_for(metric: str) -> list[Budget]:
    """Return the budgets of one metric, those for every stage not among them."""
    return [budget for budget in load_budgets() if budget.metric == metric]


@lru_cache(maxsize=8)
def load_budgets(path: Path = BUDGETS_FILE) -> tuple[Budget, ...]:
    """Read the budgets file once and return its entries in order; raises `BudgetError`."""
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, tomllib.TOMLDecodeError) as error:
        raise BudgetError(f"{path.name}: {error}") from error
    if unknown := document.keys() - {"budget"}:
        raise BudgetError(f"{path.name}: {sorted(unknown)}: only [[budget]] tables are known")
    budgets = tuple(_read_entry(number, entry) for number, entry in enumerate(document.get("budget", ()), 1))
    _check_ids(budgets)
    return budgets


def _read_entry(number: int, entry: dict[str, Any]) -> Budget:
    name = f"budget {entry.get('id', f'number {number}')!r}"
    if unknown := entry.keys() - {known.name for known in fields(Budget)}:
        raise BudgetError(f"{name}: unknown field {sorted(unknown)[0]!r}")
    try:
        budget = msgspec.convert(entry, Budget)
        _check_meaning(budget)
    except (msgspec.ValidationError, RegistryError, ValueError) as error:
        raise BudgetError(f"{name}: {error}") from error
    return budget


def _check_meaning(budget: Budget) -> None:
    if (budget.kind == "relative") != (budget.statistic == "ratio"):
        raise ValueError("statistic: 'ratio' belongs to kind 'relative', and only to it")
    if budget.min_samples < 1:
        raise ValueError(f"min_samples: {budget.min_samples} is below 1")
    if not budget.why.strip():
        raise ValueError("why: say where the number comes from")
    if budget.metric != EVERY_STAGE:
        _check_metric(budget, get_metric(budget.metric))
    elif budget.kind != "relative":
        raise ValueError(f"metric: {EVERY_STAGE!r} stands for every stage and needs kind 'relative'")


def _check_metric(budget: Budget, metric: Metric) -> None:
    if budget.kind == "relative":
        return
    if (budget.statistic in _OF_HISTOGRAMS) != (metric.kind == "histogram"):
        raise ValueError(f"statistic: {budget.statistic!r} does not fit the {metric.kind} {metric.name!r}")
    if budget.unit != metric.unit:
        raise ValueError(f"unit: {metric.name!r} is measured in {metric.unit!r}, not in {budget.unit!r}")
    if unknown := budget.labels.keys() - set(metric.labels):
        raise ValueError(f"labels: {metric.name!r} has no label {sorted(unknown)[0]!r}")


def _check_ids(budgets: tuple[Budget, ...]) -> None:
    seen: set[str] = set()
    for budget in budgets:
        if budget.id in seen:
            raise BudgetError(f"budget {budget.id!r}: id: used twice")
        seen.add(budget.id)
