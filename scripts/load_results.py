"""What a load bench found: as one object, as stored runs, as JSON and as a row of its history. Django must be set up."""

from __future__ import annotations

import csv
import fcntl
import io
from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.db import connection

from locustfiles.verdicts import BROKEN, CANNOT_JUDGE, KEPT, Generator, Verdict, judge_load
from perfhooks.budgets import budgets_of
from perfhooks.recorder import Recorder
from perfhooks.registry import get_metric
from perfhooks.services import store_run

if TYPE_CHECKING:
    from locustfiles.timings import Timing
    from perfhooks.bench.conditions import Conditions
    from perfhooks.models import PerfRun
    from scripts.load_plan import Plan

KIND = "load"


@dataclass(frozen=True, slots=True)
class Phase:
    """One load: on what, which metrics it is there to measure, its timings, and the verdict on them."""

    scenario: str
    metrics: tuple[str, ...]
    timings: list[Timing]
    generator: Generator
    verdict: Verdict

    @property
    def proves(self) -> bool:
        """Whether its times are those of the server at that load, good or bad."""
        return self.verdict.status != CANNOT_JUDGE and not self.verdict.failures


@dataclass(frozen=True, slots=True)
class Measured:
    """Editors at their pace, then nothing but searches; `queries` are the statements of each kind of page."""

    paced: Phase
    searches: Phase
    queries: dict[str, int]

    @property
    def phases(self) -> tuple[Phase, Phase]:
        """Both loads."""
        return self.paced, self.searches

    @property
    def status(self) -> int:
        """The worse exit status of both."""
        return max((phase.verdict.status for phase in self.phases), key=(KEPT, CANNOT_JUDGE, BROKEN).index)

    @property
    def failures(self) -> int:
        """Failed requests of both."""
        return sum(phase.verdict.failures for phase in self.phases)

    @property
    def values(self) -> dict[str, float | None]:
        """The plan's metrics by name; None where too little was measured."""
        return {metric: phase.verdict.value_of(metric) for phase in self.phases for metric in phase.metrics}


def judge_phase(
    plan: Plan, scenario: str, metrics: tuple[str, ...], timings: list[Timing], generator: Generator
) -> Phase:
    """Judge one load by the budgets of its scenario; a quick one only by its failures, whatever rate it reached."""
    if plan.is_quick:
        verdict = judge_load(timings, replace(generator, asked_requests=0), (), samples_min=plan.min_samples)
    else:
        verdict = judge_load(timings, generator, budgets_of(scenario), samples_min=plan.min_samples)
    return Phase(scenario, metrics, timings, generator, verdict)


class Replay(Recorder):
    """A recorder of what another process has timed, over the time that it was measured."""

    def __init__(self, seconds: float) -> None:
        super().__init__()
        self._seconds = seconds

    @property
    def elapsed_seconds(self) -> float:
        """The measured time."""
        return self._seconds

    def add_timings(self, timings: list[Timing], metrics: Collection[str]) -> None:
        """Add the good answers to the histograms that these metrics are derived from."""
        for timing in timings:
            for metric in timing.metrics:
                if metric in metrics and not timing.error:
                    self.add_sample(get_metric(metric).source, timing.milliseconds / 1_000, (), {})


def store_phases(plan: Plan, measured: Measured) -> list[int]:
    """Store each load as a run of kind `load` and return their numbers; a metric with too few samples is left out.

    It counts as an SLO run where it proves something and is the load that the budgets are promised for.
    """
    return [_store_phase(plan, phase, measured).pk for phase in measured.phases]


def describe_results(plan: Plan, measured: Measured, conditions: Conditions, runs: list[int]) -> dict[str, Any]:
    """Return everything that was found, as JSON can hold it."""
    return {
        **make_row(plan, measured, conditions),
        "queries": measured.queries,
        "reasons": [reason for phase in measured.phases for reason in phase.verdict.reasons],
        "groups": [asdict(group) for phase in measured.phases for group in phase.verdict.groups],
        "runs": runs,
    }


def make_row(plan: Plan, measured: Measured, conditions: Conditions) -> dict[str, object]:
    """Return the row of bench/admin_api.csv; the rate is that of the editors."""
    return {
        **asdict(conditions),
        "date": conditions.date.isoformat(timespec="seconds"),
        "database": connection.vendor,
        **asdict(plan),
        **measured.values,
        "requests": measured.paced.verdict.requests,
        "requests_per_second": measured.paced.verdict.requests_per_second,
        "failures": measured.failures,
        "queries_max": max(measured.queries.values(), default=None),
        "generator_core_share": max(phase.generator.core_share for phase in measured.phases),
        "exit_status": measured.status,
    }


def append_row(path: Path, row: Mapping[str, object]) -> None:
    """Append a row, its heading first where the file is new; ValueError where the file has other columns."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a+", encoding="utf-8", newline="") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        file.seek(0)
        known = next(csv.reader(file), None)
        if known is not None and known != list(row):
            raise ValueError(f"{path}: 열이 지금 형식과 다릅니다. 파일을 다른 이름으로 옮긴 뒤 다시 실행하세요.")
        text = io.StringIO(newline="")
        writer = csv.DictWriter(text, list(row), lineterminator="\n")
        if known is None:
            writer.writeheader()
        writer.writerow(row)
        file.write(text.getvalue())


def _store_phase(plan: Plan, phase: Phase, measured: Measured) -> PerfRun:
    replay = Replay(phase.verdict.seconds)
    replay.add_timings(phase.timings, [name for name in phase.metrics if measured.values[name] is not None])
    return store_run(
        replay,
        kind=KIND,
        scenario=phase.scenario,
        is_slo_run=plan.is_standard and phase.proves,
        notes={
            **asdict(plan),
            "status": "failed" if phase.verdict.failures else "done",
            "failures": phase.verdict.failures,
            "reasons": list(phase.verdict.reasons),
            "requests_per_second": round(phase.verdict.requests_per_second, 2),
            "generator_core_share": round(phase.generator.core_share, 3),
            "queries": measured.queries,
        },
    )
