"""Writes of the performance room: storing a measured run; holding a lock comes from `perfhooks.locks`."""

from __future__ import annotations

from dataclasses import asdict
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.db import connection, transaction
from django.utils import timezone

from perfhooks.budgets import budgets_of
from perfhooks.checkout import measured_commit
from perfhooks.locks import HeldLock, LockHeld, hold_lock
from perfhooks.machine import describe_machine, load_average
from perfhooks.models import PerfRun, PerfStage
from perfhooks.recording import refuse_slo_run
from perfhooks.stages import measure_stages
from perfhooks.trace import current_trace_id

if TYPE_CHECKING:
    from collections.abc import Mapping

    from perfhooks.recorder import Recorder

__all__ = ["HeldLock", "LockHeld", "hold_lock", "store_run"]


@transaction.atomic
def store_run(
    recorder: Recorder,
    *,
    kind: str,
    scenario: str,
    is_slo_run: bool = False,
    notes: Mapping[str, Any] | None = None,
    trace_id: str | None = None,
) -> PerfRun:
    """Store what a recorder saw as one run with its judged stages, and return it.

    `kind` names what ran (pipeline, bench ...), `scenario` on what, so that like is compared with like. Derived
    metrics are stored under the plan's names too. Raises `BudgetError` when the budgets file is wrong, and
    `RecordingError` for an SLO run of a process that silk slows down.
    """
    if is_slo_run:
        refuse_slo_run()
    now = timezone.now()
    run = PerfRun.objects.create(
        kind=kind,
        scenario=scenario,
        trace_id=trace_id or current_trace_id(),
        started_at=now - timedelta(seconds=recorder.elapsed_seconds),
        finished_at=now,
        commit=measured_commit(),
        machine=describe_machine(),
        load_average=load_average(),
        database=connection.vendor,
        is_slo_run=is_slo_run,
        notes=dict(notes or {}),
    )
    PerfStage.objects.bulk_create(
        [PerfStage(run=run, **asdict(stage)) for stage in measure_stages(recorder, budgets_of(scenario))]
    )
    return run
