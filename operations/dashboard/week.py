"""The newest run of the pipeline: what it counted, and each stage's p95 against its budget, as numbers and as bars."""

from dataclasses import dataclass
from typing import Any

from django.utils.safestring import SafeString

from operations.pipeline.report import LABELS, STATUS_WORDS, VERDICT_WORDS
from perfhooks.desk import Tone, ago, pill
from perfhooks.figures import format_figure
from perfhooks.models import PerfRun
from perfhooks.selectors import ComparedStage, compare_runs, newest_run

BAR_WIDTH = 144
STATUS_TONES: dict[str, Tone] = {"done": "ok", "refused": "warn", "failed": "bad"}
VERDICT_TONES: dict[str, Tone] = {"ok": "ok", "warn": "warn", "breach": "bad"}


@dataclass(frozen=True, slots=True)
class StageBar:
    """One stage. fill and limit: pixels of a bar of BAR_WIDTH; limit is None without a budget."""

    metric: str
    help: str
    p95: str
    budget: str
    verdict: SafeString
    tone: Tone
    fill: int
    limit: int | None


@dataclass(frozen=True, slots=True)
class Week:
    """The newest run, ready to be shown."""

    number: int
    status: SafeString
    started: SafeString
    seconds: str
    counts: list[tuple[str, str]]
    error: str
    stages: list[StageBar]


def read_week() -> Week | None:
    """The newest pipeline run with the stages that have a p95; None before the first. Two queries."""
    run = newest_run("pipeline")
    if run is None:
        return None
    notes: dict[str, Any] = run.notes
    counts: dict[str, Any] = notes.get("counts", {})
    stages = [stage for stage in compare_runs(run, None) if stage.now.p95 is not None]
    return Week(
        number=run.pk,
        status=_show_status(run),
        started=ago(run.started_at),
        seconds=f"{run.seconds:,.1f}초",
        counts=[(label, f"{counts[name]:,}") for name, label in LABELS.items() if name in counts],
        error=str(notes.get("error", "")),
        stages=[draw_stage(stage) for stage in stages],
    )


def draw_stage(compared: ComparedStage) -> StageBar:
    """One stage's figures and its bar: a budget stands at two thirds of the width, so that an excess still shows."""
    now, budget = compared.now, compared.budget
    tone = VERDICT_TONES.get(now.verdict, "grey")
    has_limit = budget is not None and budget.statistic == "p95" and budget.limit > 0
    mark = BAR_WIDTH * 2 // 3
    share = (now.p95 or 0.0) / budget.limit if budget is not None and has_limit else 0.0
    return StageBar(
        metric=now.metric,
        help=compared.help,
        p95=format_figure(now.p95, now.unit),
        budget=f"≤ {format_figure(budget.limit, budget.unit)}" if budget is not None and has_limit else "–",
        verdict=pill(VERDICT_WORDS.get(now.verdict, "예산 없음"), tone),
        tone=tone,
        fill=min(round(share * mark), BAR_WIDTH),
        limit=mark if has_limit else None,
    )


def _show_status(run: PerfRun) -> SafeString:
    status = str(run.notes.get("status", ""))
    return pill(STATUS_WORDS.get(status, "상태 모름"), STATUS_TONES.get(status, "grey"))
