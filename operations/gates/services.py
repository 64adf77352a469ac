"""Writes of the release gate: recording single figures, and deciding."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from operations.gates.checkout import Checkout, read_checkout
from operations.gates.models import GateDecision, GateLine, Measurement
from operations.gates.readings import collect_readings
from operations.gates.verdicts import SEVERITY, Answer, Line, combine, judge_entry
from perfhooks.budgets import load_entries, samples_needed
from perfhooks.checkout import measured_commit
from perfhooks.registry import all_metrics

CLOCK_SKEW = timedelta(minutes=5)


class MeasurementRefused(ValueError):
    """A figure cannot be recorded; the message names the field and what to do."""


@dataclass(frozen=True, slots=True)
class Decision:
    """A stored decision with its lines, those that bear on the verdict first."""

    number: int
    verdict: Answer
    decided_at: datetime
    checkout: Checkout
    lines: tuple[Line, ...]

    def count(self, verdict: Answer) -> int:
        """How many budgets got that verdict."""
        return sum(line.verdict == verdict for line in self.lines)


def record_measurement(
    *,
    metric: str,
    value: float | None,
    samples: int,
    source: str,
    link: str = "",
    scenario: str = "",
    commit: str | None = None,
    base: str = "",
    measured_at: datetime | None = None,
) -> int:
    """Record one figure for the gate and return its number.

    metric: a registered one, or one that a relative budget names (`regression_ratio`); value: in the metric's unit,
    None when it was measured in vain (a comparison that was too noisy): the gate then cannot judge it. samples: how
    many the value rests on, or the work done for a budget that names work. source: the command or job; figures of the
    same source and scenario replace each other. link: an address within the product to what caused the figure. commit:
    what was measured, by default the code that runs, marked where it is not as committed; base: the commit that it was
    compared with, if it was; measured_at: by default now. Raises `MeasurementRefused`.
    """
    now = timezone.now()
    _check_measurement(metric=metric, value=value, samples=samples, source=source, link=link)
    moment = measured_at or now
    if moment > now + CLOCK_SKEW:
        raise MeasurementRefused(f"measured_at: {moment.isoformat()}은 아직 오지 않은 때입니다.")
    return Measurement.objects.create(
        metric=metric,
        scenario=scenario,
        value=value,
        samples=samples,
        source=source,
        link=link,
        commit=measured_commit() if commit is None else commit,
        base=base,
        measured_at=moment,
    ).pk


def decide(*, by: str = "", checkout: Checkout | None = None) -> Decision:
    """Judge every budget by what is stored, store the decision with its inputs, and return it.

    by: who asked, empty for the shell; checkout: the code that is judged, by default that which runs. Raises
    `BudgetError` when the budgets file is wrong.
    """
    now, judged = timezone.now(), checkout or read_checkout()
    entries = load_entries()
    readings = collect_readings(entries)
    lines = [judge_entry(entry, readings[entry.id], now=now, has_same_code=judged.has_same_code) for entry in entries]
    ordered = tuple(sorted(lines, key=_rank))
    verdict = combine(ordered)
    with transaction.atomic():
        stored = GateDecision.objects.create(
            verdict=verdict, decided_at=now, commit=judged.commit, is_dirty=judged.is_dirty, decided_by=by
        )
        GateLine.objects.bulk_create(
            GateLine(decision=stored, position=position, **_as_row(line)) for position, line in enumerate(ordered, 1)
        )
    return Decision(stored.pk, verdict, now, judged, ordered)


def _rank(line: Line) -> tuple[bool, int, bool]:
    """Order lines for reading: what bears on the verdict first; a warning without data bears on nothing."""
    is_idle = line.verdict == "not built" or (line.verdict == "cannot judge" and line.entry.level == "warn")
    return is_idle, SEVERITY.index(line.verdict), line.entry.level != "block"


def _as_row(line: Line) -> dict[str, Any]:
    entry, reading = line.entry, line.reading
    row: dict[str, Any] = {
        "budget_id": entry.id,
        "samples_needed": samples_needed(entry),
        "verdict": line.verdict,
        "reason": line.reason,
    }
    row |= {
        name: getattr(entry, name) for name in ("plan", "metric", "statistic", "unit", "direction", "level", "limit")
    }
    if reading is not None:
        names = ("value", "samples", "measured_at", "commit", "scenario", "source", "link")
        row |= {name: getattr(reading, name) for name in names}
    return row


def _check_measurement(*, metric: str, value: float | None, samples: int, source: str, link: str) -> None:
    if metric not in all_metrics() and metric not in {entry.metric for entry in load_entries()}:
        raise MeasurementRefused(f"metric: {metric!r}은 등록된 지표도 예산의 지표도 아닙니다. 이름을 확인하세요.")
    if value is not None and not math.isfinite(value):
        raise MeasurementRefused(f"value: {value}은 수가 아닙니다. 값을 얻지 못했으면 None을 주세요.")
    if samples < 0:
        raise MeasurementRefused(f"samples: {samples}은 0보다 작습니다. 표본의 수를 주세요.")
    if not source.strip():
        raise MeasurementRefused("source: 무엇이 쟀는지 명령이나 작업의 이름을 주세요.")
    if link and (not link.startswith("/") or link.startswith("//")):
        raise MeasurementRefused(f"link: {link!r}은 제품 안의 주소가 아닙니다. /로 시작하는 주소를 주세요.")
