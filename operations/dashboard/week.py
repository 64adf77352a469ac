"""The newest run of the pipeline: what it counted, and each stage's p95 against its budget, as numbers and as bars."""

from dataclasses import dataclass
from typing import Any

from django.utils.safestring import SafeString

from operations.pipeline.wording import LABELS, STATUS_WORDS
from perfhooks.budgets import Budget
from perfhooks.desk import VERDICTS, Tone, ago, pill
from perfhooks.figures import NOTHING, format_figure
from perfhooks.models import PerfRun
from perfhooks.selectors import ComparedStage, compare_runs, newest_run

BAR_WIDTH = 144
STATUS_TONES: dict[str, Tone] = {"done": "ok", "refused": "warn", "failed": "bad"}
STATISTICS = {"max": "최대 ", "total": "합계 ", "p95": "", "value": ""}


@dataclass(frozen=True, slots=True)
class StageBar:
    """One stage. fill and limit: pixels of a bar of BAR_WIDTH; limit is None where there is nothing to draw."""

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
    """The newest pipeline run with the stages that have a p95, the budgeted ones first; None before the first run."""
    run = newest_run("pipeline")
    if run is None:
        return None
    notes: dict[str, Any] = run.notes
    counts: dict[str, Any] = notes.get("counts", {})
    timed = [stage for stage in compare_runs(run, None) if stage.now.p95 is not None]
    return Week(
        number=run.pk,
        status=_show_status(run),
        started=ago(run.started_at),
        seconds=f"{run.seconds:,.1f}초",
        counts=[(label, _format_count(name, counts[name])) for name, label in LABELS.items() if name in counts],
        error=str(notes.get("error", "")),
        stages=[draw_stage(stage) for stage in sorted(timed, key=lambda stage: stage.budget is None)],
    )


def draw_stage(compared: ComparedStage) -> StageBar:
    """One stage's figures and its bar: a budget stands at two thirds of the width, so that an excess still shows."""
    now, budget = compared.now, compared.budget
    word, tone = VERDICTS.get(now.verdict, VERDICTS[""])
    share = _measure_share(compared)
    mark = BAR_WIDTH * 2 // 3
    return StageBar(
        metric=now.metric,
        help=compared.help,
        p95=format_figure(now.p95, now.unit),
        budget=_show_budget(budget),
        verdict=pill(word, tone),
        tone=tone,
        fill=min(round(share * mark), BAR_WIDTH) if share is not None else 0,
        limit=mark if share is not None else None,
    )


def _measure_share(compared: ComparedStage) -> float | None:
    """How much of its budget the stage used; None without an upper limit, or where the run keeps no such figure."""
    budget = compared.budget
    if budget is None or budget.direction != "max" or budget.limit <= 0:
        return None
    figure: float | None = getattr(compared.now, budget.statistic, None)
    return None if figure is None else figure / budget.limit


def _show_budget(budget: Budget | None) -> str:
    if budget is None:
        return NOTHING
    statistic = STATISTICS.get(budget.statistic, f"{budget.statistic} ")
    return f"{statistic}{'≤' if budget.direction == 'max' else '≥'} {format_figure(budget.limit, budget.unit)}"


def _format_count(name: str, number: float) -> str:
    return f"{number:.1%}" if name.endswith("_ratio") else f"{number:,}"


def _show_status(run: PerfRun) -> SafeString:
    status = str(run.notes.get("status", ""))
    return pill(STATUS_WORDS.get(status, "상태 모름"), STATUS_TONES.get(status, "grey"))
