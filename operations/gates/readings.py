"""The stored figures that may speak for the budgets: stages of measured runs, and recorded single figures.

Which run counts for which budget is decided here (docs/adr/0002-what-the-release-gate-believes.md).
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from django.urls import reverse

from operations.gates.models import Measurement
from operations.gates.verdicts import Reading
from perfhooks.budgets import bring_down
from perfhooks.checkout import is_dirty_name
from perfhooks.figures import format_commit
from perfhooks.models import PerfRun, PerfStage

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from perfhooks.budgets import Entry

    Stages = dict[str, PerfStage]

RUNS_READ = 1_000
MEASUREMENTS_READ = 5_000
REAL_WORK = "pipeline"
PROFILER_NOTES = ("silk", "profile")
"""Keys of a run's notes that say, when true, that a profiler was at work."""


def collect_readings(entries: Collection[Entry]) -> dict[str, list[Reading]]:
    """Return the readings of every entry by its id, the newest first, in three queries."""
    runs = _read_runs({name for entry in entries for name in _list_metrics(entry)})
    recorded = _read_measurements({entry.metric for entry in entries})
    return {
        entry.id: sorted(
            [*_of_runs(entry, runs, entries), *_of_measurements(entry, recorded.get(entry.metric, ()))],
            key=lambda reading: reading.measured_at,
            reverse=True,
        )
        for entry in entries
    }


def doubt_run(entry: Entry, run: PerfRun) -> str:
    """Return why a run does not count for a budget, in words; empty when it does.

    A failed run did not do the work. Times count from a pipeline run, which is the product at its real work, and from
    any other run only if it was marked as an SLO run; never with a profiler on. Counts and ratios are moved by neither.
    """
    if run.notes.get("status") == "failed":
        return "실패한 실행의 값은 쓰지 않습니다."
    if entry.kind != "slo":
        return ""
    if any(run.notes.get(note) for note in PROFILER_NOTES):
        return "프로파일러를 켜고 잰 시간은 쓰지 않습니다."
    if run.kind != REAL_WORK and not run.is_slo_run:
        return "SLO 측정으로 표시하지 않은 실행의 시간은 쓰지 않습니다."
    return ""


def doubt_commit(commit: str) -> str:
    """Return why a figure of that commit does not count, in words: what was changed beside it is in no release."""
    if not is_dirty_name(commit):
        return ""
    return f"커밋하지 않은 변경이 있는 코드({format_commit(commit)})에서 잰 값입니다. 커밋한 뒤 다시 재세요."


def _list_metrics(entry: Entry) -> list[str]:
    return [entry.metric, entry.work.metric] if entry.work else [entry.metric]


def _read_runs(metrics: Collection[str]) -> list[tuple[PerfRun, Stages]]:
    runs = {run.pk: run for run in PerfRun.objects.order_by("-finished_at", "-pk")[:RUNS_READ]}
    stages: dict[int, Stages] = defaultdict(dict)
    for stage in PerfStage.objects.filter(run__in=list(runs), metric__in=metrics):
        stages[stage.run_id][stage.metric] = stage
    return [(run, stages[pk]) for pk, run in runs.items()]


def _of_runs(entry: Entry, runs: Iterable[tuple[PerfRun, Stages]], entries: Collection[Entry]) -> Iterator[Reading]:
    mixed = _describe_mixture(entry, entries)
    for run, stages in runs:
        if (stage := stages.get(entry.metric)) is None:
            continue
        value, samples = _figure_of(entry, stage, stages)
        if value is None:
            continue
        yield Reading(
            value=value,
            samples=samples,
            measured_at=run.finished_at,
            commit=run.commit,
            scenario=run.scenario,
            source=f"{run.kind} #{run.pk}",
            link=f"{reverse('admin:perfhooks_perfrun_changelist')}?run={run.pk}",
            group=f"{run.kind}/{run.scenario}",
            doubt=doubt_run(entry, run) or doubt_commit(run.commit) or mixed,
        )


def _figure_of(entry: Entry, stage: PerfStage, stages: Stages) -> tuple[float | None, int]:
    """Return the figure that the entry judges, None where a stage keeps no such one, and its samples or work done."""
    value: float | None = getattr(stage, entry.statistic, None)
    if entry.work is None:
        return value, stage.count
    done = stages[entry.work.metric].count if entry.work.metric in stages else 0
    return bring_down(entry, value, done), done


def _describe_mixture(entry: Entry, entries: Collection[Entry]) -> str:
    """A stage keeps the samples of all labels together: it speaks for one label only while that is the only one."""
    rivals = [other for other in entries if other.metric == entry.metric and other.built and other.labels]
    if entry.labels and any(other.labels != entry.labels for other in rivals):
        return "실행에는 라벨별 값이 저장되지 않습니다."
    return ""


def _read_measurements(metrics: Collection[str]) -> dict[str, list[Measurement]]:
    """Return the newest recorded figure of each metric, source, scenario, commit and base, by metric."""
    newest: dict[tuple[str, ...], Measurement] = {}
    for found in Measurement.objects.filter(metric__in=metrics)[:MEASUREMENTS_READ]:
        newest.setdefault((found.metric, found.source, found.scenario, found.commit, found.base), found)
    by_metric: dict[str, list[Measurement]] = defaultdict(list)
    for found in newest.values():
        by_metric[found.metric].append(found)
    return by_metric


def _of_measurements(entry: Entry, recorded: Iterable[Measurement]) -> Iterator[Reading]:
    """A recorded figure has no labels: it speaks for an entry that has some only as the scenario that fixes them."""
    for found in recorded:
        if entry.labels and found.scenario != entry.scenario:
            continue
        yield Reading(
            value=bring_down(entry, found.value, found.samples),
            samples=found.samples,
            measured_at=found.measured_at,
            commit=found.commit,
            scenario=found.scenario,
            source=f"{found.source} · 기준 {format_commit(found.base)}" if found.base else found.source,
            link=found.link or reverse("admin:gates_measurement_change", args=[found.pk]),
            group=f"{found.source}/{found.scenario}",
            is_final=True,
            doubt=doubt_commit(found.commit),
            base=found.base,
        )
