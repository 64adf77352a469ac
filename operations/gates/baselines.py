"""Limits from the first measurement: what config/baselines.toml holds, and how it is written."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from operations.gates.readings import collect_readings
from perfhooks.budgets import (
    BASELINES_NAME,
    BUDGETS_FILE,
    Budget,
    BudgetError,
    find_budget,
    load_entries,
    read_baselines,
    samples_needed,
)
from perfhooks.registry import all_metrics

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from pathlib import Path

    from operations.gates.verdicts import Reading
    from perfhooks.budgets import Entry

    Table = dict[str, float | int | str]

REGRESSION = "no-regression"
SIGNIFICANT_DIGITS = 6
HEADER = """# Limits of the budgets whose origin is "baseline": the first measurement, and as much worse as a release may be.
# Written by `manage.py set_baselines`. Delete an entry and run it again to measure that baseline anew.
"""


@dataclass(frozen=True, slots=True)
class BaselineCounts:
    """What happened to the entries that live by a baseline: ids that were set, kept as they were, or lack a figure.

    `never_counted` are those of the last whose counter never moved: there is nothing that a limit could be made of.
    """

    written: tuple[str, ...]
    kept: tuple[str, ...]
    without_figure: tuple[str, ...]
    never_counted: tuple[str, ...]


def set_baselines(*, again: Collection[str] = (), path: Path = BUDGETS_FILE) -> BaselineCounts:
    """Write the limits that are still missing from the newest stored figures; `again` names those to be replaced.

    Raises `BudgetError` when the budgets file is wrong, or `again` names an entry that has no measured limit.
    """
    target, tables = path.with_name(BASELINES_NAME), read_baselines(path)
    if unknown := sorted(set(again) - tables.keys()):
        raise BudgetError(f"budget {unknown[0]!r}: {target.name} holds no limit of it that could be replaced")
    entries = [entry for entry in load_entries(path) if entry.origin == "baseline" and entry.built]
    wanted = [entry for entry in entries if not isinstance(entry, Budget) or entry.id in again]
    readings = collect_readings(wanted)
    chosen = {entry.id: _choose_reading(entry, readings[entry.id]) for entry in wanted}
    written = {entry.id: _describe(entry, reading) for entry in wanted if (reading := chosen[entry.id]) is not None}
    _write_tables(target, tables | written)
    load_entries.cache_clear()
    return BaselineCounts(
        written=tuple(written),
        kept=tuple(entry.id for entry in entries if entry.id not in chosen),
        without_figure=tuple(entry_id for entry_id, reading in chosen.items() if reading is None),
        never_counted=tuple(entry.id for entry in wanted if chosen[entry.id] is None and _is_counter(entry)),
    )


def derive_limit(value: float, direction: str, unit: str) -> float:
    """Return the limit after a first measurement: as much worse than it as a release may be (plan 5); no share above 1."""
    tolerated = (find_budget(REGRESSION).limit - 1) * abs(value)
    limit = value + tolerated if direction == "max" else value - tolerated
    limit = min(limit, 1.0) if unit == "ratio" else limit
    return float(f"{limit:.{SIGNIFICANT_DIGITS}g}")


def _choose_reading(entry: Entry, readings: Sequence[Reading]) -> Reading | None:
    """Return the newest reading that says something, of whichever commit; a figure of 0 leaves no room for a limit."""
    needed = samples_needed(entry)
    telling = (reading for reading in readings if not reading.doubt and reading.value)
    return next((reading for reading in telling if reading.samples >= needed), None)


def _is_counter(entry: Entry) -> bool:
    metric = all_metrics().get(entry.metric)
    return metric is not None and metric.kind == "counter"


def _describe(entry: Entry, reading: Reading) -> Table:
    value = reading.value or 0.0
    return {
        "limit": derive_limit(value, entry.direction, entry.unit),
        "measured": value,
        "samples": reading.samples,
        "scenario": reading.scenario,
        "source": reading.source,
        "commit": reading.commit,
        "measured_at": reading.measured_at.isoformat(timespec="seconds"),
    }


def _write_tables(path: Path, tables: Mapping[str, Table]) -> None:
    """Write the file anew in the order of its names, so that two runs differ only where a figure does."""
    parts = [HEADER]
    for entry_id in sorted(tables):
        lines = [f"{name} = {json.dumps(value, ensure_ascii=False)}" for name, value in tables[entry_id].items()]
        parts.append("\n".join([f"[{entry_id}]", *lines, ""]))
    draft = path.with_suffix(".new")
    draft.write_text("\n".join(parts), encoding="utf-8")
    draft.replace(path)
