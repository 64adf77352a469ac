"""The pipeline's pages on the desk: what ran, when, how it ended. Nothing here is edited by hand."""

from datetime import timedelta

from django.contrib import admin
from django.utils.safestring import SafeString

from operations.pipeline.models import PipelineRun, ScheduleSlot
from operations.pipeline.wording import LABELS
from perfhooks.desk import ReadOnlyAdmin, Tone, ago, pill

TONES: dict[str, Tone] = {
    PipelineRun.Status.RUNNING: "grey",
    PipelineRun.Status.DONE: "ok",
    PipelineRun.Status.REFUSED: "warn",
    PipelineRun.Status.FAILED: "bad",
}


@admin.register(PipelineRun)
class PipelineRunAdmin(ReadOnlyAdmin[PipelineRun]):
    """Runs from the store to the packages."""

    list_display = ("number", "store_code", "state", "started", "took", "written", "built", "error")
    list_filter = ("status",)
    ordering = ("-id",)
    fields = ("state", "error", "store_code", "stage", "started_at", "finished_at", "figures", "trace_id", "report")
    readonly_fields = ("state", "figures")

    @admin.display(description="실행", ordering="id")
    def number(self, run: PipelineRun) -> str:
        """The run's number."""
        return f"#{run.pk}"

    @admin.display(description="상태")
    def state(self, run: PipelineRun) -> SafeString:
        """How it stands."""
        return pill(run.get_status_display(), TONES[run.status])

    @admin.display(description="시작", ordering="started_at")
    def started(self, run: PipelineRun) -> SafeString:
        """When it began."""
        return ago(run.started_at)

    @admin.display(description="걸린 시간")
    def took(self, run: PipelineRun) -> str:
        """Seconds from start to end."""
        length: timedelta | None = run.finished_at - run.started_at if run.finished_at else None
        return f"{length.total_seconds():.1f}초" if length else "-"

    @admin.display(description="기록한 상품")
    def written(self, run: PipelineRun) -> int:
        """Product rows written."""
        return int(run.counts.get("products_written", 0))

    @admin.display(description="만든 패키지")
    def built(self, run: PipelineRun) -> int:
        """Packages built."""
        return int(run.counts.get("packages_built", 0))

    @admin.display(description="집계")
    def figures(self, run: PipelineRun) -> str:
        """All counts, one a line."""
        return "\n".join(f"{LABELS.get(key, key)}: {value}" for key, value in run.counts.items()) or "-"


@admin.register(ScheduleSlot)
class ScheduleSlotAdmin(ReadOnlyAdmin[ScheduleSlot]):
    """Due times of the scheduled jobs, each started once."""

    list_display = ("job", "due", "started_at", "finished_at", "result")
    list_filter = ("job",)
    ordering = ("-slot_at", "-id")

    @admin.display(description="예정", ordering="slot_at")
    def due(self, slot: ScheduleSlot) -> SafeString:
        """When it was due."""
        return ago(slot.slot_at)
