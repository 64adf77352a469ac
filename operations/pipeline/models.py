"""Pipeline runs, the raw samples that worker processes hand in, and the slots of the schedule."""

from django.db import models


class PipelineRun(models.Model):
    """One run from the store to the packages, with what it counted."""

    class Status(models.TextChoices):
        """How a run stands."""

        RUNNING = "running", "진행 중"
        DONE = "done", "완료"
        REFUSED = "refused", "완료 (거부 있음)"
        FAILED = "failed", "실패"

    trace_id = models.CharField("추적 ID", max_length=64, db_index=True)
    store_code = models.CharField("스토어", max_length=40)
    status = models.CharField("상태", max_length=10, choices=Status, default=Status.RUNNING)
    stage = models.CharField("단계", max_length=20, blank=True)
    started_at = models.DateTimeField("시작", auto_now_add=True)
    finished_at = models.DateTimeField("끝", null=True, blank=True)
    counts = models.JSONField("집계", default=dict, blank=True)
    error = models.TextField("오류", blank=True)
    report = models.CharField("보고서", max_length=300, blank=True)

    class Meta:
        verbose_name = "파이프라인 실행"
        verbose_name_plural = "파이프라인 실행"
        ordering = ["-id"]


class WorkerSamples(models.Model):
    """The raw samples of one task on a worker, kept until the run that ordered the task collects them."""

    trace_id = models.CharField("추적 ID", max_length=64, db_index=True)
    samples = models.JSONField("표본")
    created_at = models.DateTimeField("기록", auto_now_add=True)

    class Meta:
        verbose_name = "작업자 표본"
        verbose_name_plural = "작업자 표본"


class ScheduleSlot(models.Model):
    """One due time of one scheduled job. The unique row makes a second scheduler's order for the same slot harmless.

    holder: `host:pid:start` as in `perfhooks.liveness`; a slot whose process died unfinished is taken over.
    """

    job = models.CharField("작업", max_length=40)
    slot_at = models.DateTimeField("예정 시각")
    started_at = models.DateTimeField("시작", auto_now_add=True)
    holder = models.CharField("처리기", max_length=200, blank=True)
    attempts = models.PositiveSmallIntegerField("시도 횟수", default=1)
    finished_at = models.DateTimeField("끝", null=True, blank=True)
    result = models.JSONField("결과", default=dict, blank=True)

    class Meta:
        verbose_name = "예약 작업"
        verbose_name_plural = "예약 작업"
        ordering = ["-slot_at"]
        constraints = [models.UniqueConstraint(fields=["job", "slot_at"], name="schedule_slot_once")]
