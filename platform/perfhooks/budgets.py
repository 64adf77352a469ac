"""The performance budgets of config/budgets.toml: read, checked against the registry, and judged.

Each entry is one `[[budget]]` table. An entry whose origin is `plan` states its limit; one whose origin is `baseline`
gets it from config/baselines.toml beside it, which `manage.py set_baselines` writes from the first measurement, and has
no limit before. A mistake is a `BudgetError` that names the file, the entry and the field.
"""

from __future__ import annotations

import math
import re
import tomllib
from dataclasses import dataclass, field, fields
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

import msgspec

from perfhooks import catalogue as catalogue  # budgets refer to its names
from perfhooks.registry import OPERATIONS_ITEM, Metric, RegistryError, all_metrics, get_metric

BUDGETS_FILE = Path(__file__).resolve().parents[2] / "config" / "budgets.toml"
BASELINES_NAME = "baselines.toml"
BASELINES_FILE = BUDGETS_FILE.with_name(BASELINES_NAME)

Judgement = Literal["p50", "p95", "p99", "max", "total", "value", "ratio"]
Verdict = Literal["ok", "warn", "breach", "no data", "not enough"]

JUDGING_ITEMS = frozenset({"5", "8.5"})
"""Items of the plan without metrics of their own: the definition of done, and the gate of the ads."""
MAX_AGE_HOURS_MAX = 366 * 24

_OF_HISTOGRAMS = {"p50", "p95", "p99", "max", "total"}
_COUNTING = {"counter", "histogram"}
_ID = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")


class BudgetError(ValueError):
    """An entry of the budgets file is wrong; the message names the file, the entry and the field."""


@dataclass(frozen=True, slots=True)
class Work:
    """An amount of work: `amount` of what `metric` counts (the samples of a histogram, the total of a counter)."""

    metric: str
    amount: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One entry of the file: a promise about one metric, whose limit may still wait for its first measurement.

    `statistic` says which figure is held against `limit`, in `unit`: a percentile, the maximum or the sum of a
    histogram's samples; `value` for the one figure of a gauge, a counter or a derived metric; `ratio` for a comparison
    of two measurements (kind `relative`), which no span observes: its metric is the name under which it is recorded.

    `labels` narrows a histogram to some of its samples. `work` is the amount that the limit is promised for: a run that
    did less proves nothing, the figure of one that did more is brought down to that amount. `scenario` is the only one
    that the limit holds for, if it is named; `needs` are those without which the promise is not proved. A figure older
    than `max_age_hours` counts no more. With `against_commit`, a figure counts only where it compares the code with that
    of another commit. A part that is not `built` yet is listed and not judged. `command` measures it.
    """

    id: str
    plan: str
    metric: str
    statistic: Judgement
    unit: str
    limit: float | None = None
    direction: Literal["max", "min"]
    kind: Literal["slo", "count", "ratio", "relative"]
    origin: Literal["plan", "baseline"] = "plan"
    level: Literal["block", "warn"]
    min_samples: int
    max_age_hours: int = 168
    against_commit: bool = False
    built: bool = True
    why: str
    labels: dict[str, str] = field(default_factory=dict)
    work: Work | None = None
    scenario: str = ""
    needs: tuple[str, ...] = ()
    command: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget(Entry):
    """An entry whose limit is known."""

    limit: float


def samples_needed(entry: Entry) -> int:
    """Return how many samples a figure needs to say anything about a budget; of work done where it names work."""
    return entry.work.amount if entry.work else entry.min_samples


def bring_down(entry: Entry, value: float | None, done: int) -> float | None:
    """Return what the work that a budget is promised for took, from the total of a run that did more."""
    if value is None or entry.work is None or entry.statistic != "total" or done <= entry.work.amount:
        return value
    return value * entry.work.amount / done


def judge(budget: Budget, value: float | None, samples: int) -> Verdict:
    """Return how a measured figure stands: a missed limit is a `breach` where the budget blocks, else `warn`.

    samples: on how many the figure rests; the work done where the budget names work.
    """
    if value is None or not (samples or budget.work):
        return "no data"
    if samples < samples_needed(budget):
        return "not enough"
    is_kept = value <= budget.limit if budget.direction == "max" else value >= budget.limit
    if is_kept:
        return "ok"
    return "breach" if budget.level == "block" else "warn"


def find_budget(budget_id: str) -> Budget:
    """Return one budget; raises `BudgetError` when there is none of that id, or its limit is not measured yet."""
    for entry in load_entries():
        if entry.id == budget_id and isinstance(entry, Budget):
            return entry
    raise BudgetError(f"budget {budget_id!r}: not in {BUDGETS_FILE.name}, or its baseline is not measured yet")


def budgets_for(metric: str) -> list[Budget]:
    """Return the budgets of one metric that hold for every scenario."""
    return [budget for budget in load_budgets() if budget.metric == metric]


def budgets_of(scenario: str) -> tuple[Budget, ...]:
    """Return the budgets that hold for a run of this scenario, those of its own baselines included."""
    known = (entry for entry in load_entries() if isinstance(entry, Budget))
    return tuple(budget for budget in known if budget.scenario in ("", scenario))


def load_budgets(path: Path = BUDGETS_FILE) -> tuple[Budget, ...]:
    """Return the budgets that hold for every scenario, in the file's order; raises `BudgetError`."""
    return tuple(entry for entry in load_entries(path) if isinstance(entry, Budget) and not entry.scenario)


@lru_cache(maxsize=8)
def load_entries(path: Path = BUDGETS_FILE) -> tuple[Entry, ...]:
    """Read the budgets file and the baselines beside it once; return all entries in order. Raises `BudgetError`."""
    document = read_toml(path)
    if unknown := document.keys() - {"budget"}:
        raise BudgetError(f"{path.name}: {sorted(unknown)}: only [[budget]] tables are known")
    given = document.get("budget", [])
    if not isinstance(given, list) or not given:
        raise BudgetError(f"{path.name}: budget: the file needs at least one [[budget]] table")
    entries = tuple(_read_entry(path.name, number, table) for number, table in enumerate(given, 1))
    _check_ids(path.name, entries)
    measured = read_baselines(path)
    if foreign := measured.keys() - {entry.id for entry in entries if entry.limit is None}:
        raise BudgetError(f"{BASELINES_NAME}: {sorted(foreign)[0]!r} is no budget that waits for a baseline")
    return tuple(_complete(entry, measured.get(entry.id)) for entry in entries)


def read_baselines(path: Path = BUDGETS_FILE) -> dict[str, dict[str, Any]]:
    """Return the measured limits beside a budgets file by id, none where nothing was measured yet. Raises `BudgetError`."""
    baselines = path.with_name(BASELINES_NAME)
    measured = read_toml(baselines) if baselines.is_file() else {}
    for budget_id, table in measured.items():
        limit, scenario = (table.get("limit"), table.get("scenario")) if isinstance(table, dict) else (None, None)
        if not _is_number(limit) or not isinstance(scenario, str):
            raise BudgetError(
                f"{BASELINES_NAME}: {budget_id!r}: limit and scenario are needed, a finite number and a text; "
                "delete the table and run set_baselines again"
            )
    return measured


def find_uncovered() -> list[str]:
    """Return the plan's metrics that no entry speaks of; what only feeds a derived metric needs none."""
    covered = {entry.metric for entry in load_entries()}
    known = all_metrics().values()
    sources = {metric.source for metric in known if metric.statistic != "share"}
    wanted = [metric.name for metric in known if metric.plan_item[0].isdigit() and metric.name not in sources]
    return [name for name in wanted if name not in covered]


def read_toml(path: Path) -> dict[str, Any]:
    """Return a TOML file; raises `BudgetError` with its name where it is absent, no UTF-8 or no TOML."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise BudgetError(f"{path.name}: {error}") from error


def _read_entry(file: str, number: int, given: object) -> Entry:
    if not isinstance(given, dict):
        raise BudgetError(f"{file}: budget 'number {number}': {given!r} is no [[budget]] table")
    name = f"{file}: budget {given.get('id', f'number {number}')!r}"
    try:
        _refuse_unknown(given, Entry)
        if isinstance(given.get("work"), dict):
            _refuse_unknown(given["work"], Work, "work: ")
        entry = msgspec.convert(given, Entry)
        _check_meaning(entry)
    except (msgspec.ValidationError, RegistryError, ValueError) as error:
        raise BudgetError(f"{name}: {error}") from error
    return entry


def _refuse_unknown(given: dict[str, Any], shape: type, place: str = "") -> None:
    if unknown := given.keys() - {known.name for known in fields(shape)}:
        raise ValueError(f"{place}unknown field {sorted(unknown)[0]!r}")


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _complete(entry: Entry, measured: dict[str, Any] | None) -> Entry:
    """Return the entry as a budget once its limit is known: from the file itself, or from its baseline."""
    own = {known.name: getattr(entry, known.name) for known in fields(Entry)}
    if entry.limit is not None:
        return Budget(**own)
    if measured is None:
        return entry
    return Budget(**{**own, "limit": float(measured["limit"]), "scenario": measured["scenario"]})


def _check_meaning(entry: Entry) -> None:
    if not _ID.fullmatch(entry.id):
        raise ValueError(f"id: {entry.id!r} is not lower-case words joined by hyphens")
    if entry.plan not in _list_plan_items():
        raise ValueError(f"plan: {entry.plan!r} is no item of the plan; those are {', '.join(_list_plan_items())}")
    if entry.limit is not None and not _is_number(entry.limit):
        raise ValueError(f"limit: {entry.limit} is no limit; give a finite number")
    if (entry.kind == "relative") != (entry.statistic == "ratio"):
        raise ValueError("statistic: 'ratio' belongs to kind 'relative', and only to it")
    if entry.limit is None and (entry.origin, entry.level) != ("baseline", "warn"):
        raise ValueError("limit: only a warning whose origin is 'baseline' can wait for it")
    if min(entry.min_samples, entry.max_age_hours) < 1 or entry.max_age_hours > MAX_AGE_HOURS_MAX:
        raise ValueError(f"min_samples, max_age_hours: at least 1, and at most {MAX_AGE_HOURS_MAX} hours")
    if entry.against_commit and entry.kind != "relative":
        raise ValueError(
            "against_commit: only what is measured side by side (kind 'relative') is held against a commit"
        )
    if not entry.why.strip():
        raise ValueError("why: say where the number comes from")
    if entry.work is not None and (entry.work.amount < 1 or get_metric(entry.work.metric).kind not in _COUNTING):
        raise ValueError("work: needs an amount of at least 1 and a metric that counts, a counter or a histogram")
    _check_metric(entry)


def _check_metric(entry: Entry) -> None:
    if entry.kind == "relative":
        if entry.metric in all_metrics() or not entry.metric.endswith("_ratio"):
            raise ValueError(
                f"metric: a relative one is recorded, not observed: {entry.metric!r} must be named *_ratio"
            )
        if entry.unit != "ratio":
            raise ValueError(f"unit: two measurements side by side give a 'ratio', not {entry.unit!r}")
        return
    metric: Metric = get_metric(entry.metric)
    if (entry.statistic in _OF_HISTOGRAMS) != (metric.kind == "histogram"):
        raise ValueError(f"statistic: {entry.statistic!r} does not fit the {metric.kind} {metric.name!r}")
    if entry.unit != metric.unit:
        raise ValueError(f"unit: {metric.name!r} is measured in {metric.unit!r}, not in {entry.unit!r}")
    if unknown := entry.labels.keys() - set(metric.labels):
        raise ValueError(f"labels: {metric.name!r} has no label {sorted(unknown)[0]!r}")


def _list_plan_items() -> list[str]:
    """Return the items that the catalogue has metrics of, and those that only judge metrics of others."""
    items = {metric.plan_item for metric in all_metrics().values()} - {OPERATIONS_ITEM}
    return sorted(items | JUDGING_ITEMS)


def _check_ids(file: str, entries: tuple[Entry, ...]) -> None:
    seen: set[str] = set()
    for entry in entries:
        if entry.id in seen:
            raise BudgetError(f"{file}: budget {entry.id!r}: id: used twice")
        seen.add(entry.id)
