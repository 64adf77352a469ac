"""The run's report: one HTML file for people, the same figures as JSON for machines and as a table in the shell."""

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from django.conf import settings
from django.template.loader import render_to_string
from django.utils import timezone
from rich.console import Console
from rich.table import Table

from content.clusters.maps import draw_whole
from content.clusters.selectors import get_health
from content.packages.previewing import PackageUnreadable, embed_pictures
from content.packages.selectors import list_newest
from content.refresh.effects import list_picked
from content.refresh.wording import draw_parts, show_reason, tell_points
from operations.pipeline.services import PipelineReport
from operations.pipeline.wording import LABELS, STATUS_WORDS
from perfhooks.budgets import Budget, load_budgets
from perfhooks.desk import VERDICTS
from perfhooks.figures import format_figure
from perfhooks.recorder import Recorder
from perfhooks.stages import measure_stages

NEWEST_PACKAGES_SHOWN = 12
CLUSTERS_DRAWN = 100
PICTURES_SHOWN, PICTURE_SIDE_PX = 3, 144


@dataclass(frozen=True, slots=True)
class StageLine:
    """One stage as it is printed: percentiles in the metric's own unit."""

    metric: str
    unit: str
    count: int
    p50: float | None
    p95: float | None
    p99: float | None
    value: float | None
    limit: str
    verdict: str

    @property
    def verdict_words(self) -> str:
        """The verdict as people read it; nothing for a stage without a budget."""
        return VERDICTS[self.verdict][0] if self.verdict else ""

    @property
    def figures(self) -> tuple[str, str, str]:
        """p50, p95 and p99 as people read them; a single figure stands in the middle."""
        if self.p95 is None:
            return ("", format_figure(self.value, self.unit), "")
        return tuple(format_figure(figure, self.unit) for figure in (self.p50, self.p95, self.p99))  # type: ignore[return-value]


def _show_limit(budget: Budget) -> str:
    return f"{'≤' if budget.direction == 'max' else '≥'} {format_figure(budget.limit, budget.unit)}"


def _show_count(key: str, value: float) -> str:
    return format_figure(value, "ratio" if key.endswith("_ratio") else "count")


def _embed(package: Any) -> list[tuple[str, str]]:
    """A package's first pictures; none of one whose file is gone, which the next run builds anew."""
    try:
        return embed_pictures(package, limit=PICTURES_SHOWN, side=PICTURE_SIDE_PX)
    except PackageUnreadable:
        return []


def _list_link_figures() -> list[tuple[str, str]]:
    """How the links stand, in words; nothing before they were measured."""
    health = get_health()
    if health is None:
        return []
    shares = {"고아 글": health.orphan_share, "허브 연결률": health.hub_coverage, "다른 클러스터와": health.cross_share}
    numbers = {"링크": health.links, "끊긴 링크": health.broken, "어긴 규칙": health.violations}
    return [
        *((label, format_figure(share, "ratio")) for label, share in shares.items() if share is not None),
        *((label, format_figure(number, "count")) for label, number in numbers.items()),
        ("세션당 글", "자료 없음"),
    ]


def list_stages(recorder: Recorder) -> list[StageLine]:
    """Every stage that the recorder saw, judged against its budget."""
    limits = {budget.id: _show_limit(budget) for budget in load_budgets()}
    return [
        StageLine(
            metric=stage.metric,
            unit=stage.unit,
            count=stage.count,
            p50=stage.p50,
            p95=stage.p95,
            p99=stage.p99,
            value=stage.value,
            limit=limits.get(stage.budget_id, ""),
            verdict=stage.verdict,
        )
        for stage in measure_stages(recorder)
    ]


def write_report(report: PipelineReport, recorder: Recorder) -> str:
    """Write the HTML report (and a copy under the name latest.html); returns its path."""
    folder: Path = settings.REPORT_DIR
    folder.mkdir(parents=True, exist_ok=True)
    html = render_to_string(
        "pipeline/report.html",
        {
            "report": report,
            "status": STATUS_WORDS[report.status],
            "counts": [(LABELS[key], _show_count(key, value)) for key, value in report.counts.items()],
            "stages": list_stages(recorder),
            "packages": [(package, _embed(package)) for package in list_newest(NEWEST_PACKAGES_SHOWN)],
            "clusters": draw_whole(CLUSTERS_DRAWN),
            "links": _list_link_figures(),
            "picked": [
                (
                    it.post.title,
                    tell_points(it.score),
                    draw_parts(it.parts),
                    show_reason(it.reason),
                    it.get_arm_display(),
                )
                for it in list_picked(trace_id=report.trace_id)
            ],
            "package_dir": settings.PACKAGE_DIR,
            "written_at": timezone.localtime(),
        },
    )
    path = folder / f"pipeline-{report.trace_id}.html"
    for target in (path, folder / "latest.html"):
        draft = target.with_suffix(".new")
        draft.write_text(html, encoding="utf-8")
        draft.replace(target)
    return str(path)


def as_json(report: PipelineReport, recorder: Recorder, *, report_path: str) -> dict[str, object]:
    """The report for a machine."""
    return {
        **asdict(report),
        "stages": [asdict(line) for line in list_stages(recorder)],
        "report": report_path,
        "packages": str(settings.PACKAGE_DIR),
    }


def print_report(report: PipelineReport, recorder: Recorder, *, report_path: str, console: Console) -> None:
    """The report for the shell."""
    counts = Table(title=f"파이프라인 {STATUS_WORDS[report.status]} · {report.seconds:.1f}초", title_justify="left")
    counts.add_column("집계")
    counts.add_column("값", justify="right")
    for key, value in report.counts.items():
        counts.add_row(LABELS[key], _show_count(key, value))
    stages = Table(title="단계별 시간", title_justify="left")
    for heading in ("지표", "횟수", "p50", "p95", "p99", "예산", "판정"):
        stages.add_column(heading, justify="left" if heading in ("지표", "판정") else "right")
    for line in list_stages(recorder):
        stages.add_row(line.metric, f"{line.count:,}", *line.figures, line.limit, line.verdict_words)
    console.print(counts)
    console.print(stages)
    if report.error:
        console.print(f"오류: {report.error}", markup=False)
    console.print(f"패키지: {settings.PACKAGE_DIR}\n보고서: {report_path}\n추적 ID: {report.trace_id}", soft_wrap=True)
