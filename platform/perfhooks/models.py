"""Measured runs with their stages, the locks of runs that must not overlap, and how lists are used and kept."""

from django.conf import settings
from django.db import models

from perfhooks.figures import format_commit


class PerfRun(models.Model):
    """One measured run of a kind (pipeline, bench ...) on one scenario, with what the machine was like."""

    kind = models.CharField("종류", max_length=40)
    scenario = models.CharField("시나리오", max_length=120)
    trace_id = models.CharField("추적 ID", max_length=64)
    started_at = models.DateTimeField("시작")
    finished_at = models.DateTimeField("종료")
    commit = models.CharField("커밋", max_length=60, blank=True)
    machine = models.CharField("장비", max_length=120)
    load_average = models.FloatField("1분 부하", help_text="저장 시점의 1분 평균 부하")
    database = models.CharField("데이터베이스", max_length=20)
    is_slo_run = models.BooleanField("SLO 측정", default=False, help_text="프로파일러 없이 조용한 장비에서 잰 실행")
    notes = models.JSONField("비고", default=dict, blank=True)

    class Meta:
        verbose_name = "성능 측정"
        verbose_name_plural = "성능"
        ordering = ("-started_at", "-pk")
        indexes = (models.Index(fields=["kind", "-started_at"], name="perfrun_kind_newest"),)

    def __str__(self) -> str:
        return f"{self.kind} · {self.scenario} · #{self.pk}"

    @property
    def seconds(self) -> float:
        """Wall time of the run."""
        return (self.finished_at - self.started_at).total_seconds()

    @property
    def short_commit(self) -> str:
        """The commit as people read it."""
        return format_commit(self.commit)


class PerfStage(models.Model):
    """One metric of a run; percentiles and total in `unit`, `value` where the metric is one figure."""

    run = models.ForeignKey(PerfRun, on_delete=models.CASCADE, related_name="stages", verbose_name="실행")
    metric = models.CharField("지표", max_length=80)
    unit = models.CharField("단위", max_length=20)
    count = models.PositiveBigIntegerField("횟수")
    p50 = models.FloatField("p50", null=True)
    p95 = models.FloatField("p95", null=True)
    p99 = models.FloatField("p99", null=True)
    total = models.FloatField("합계", null=True)
    value = models.FloatField("값", null=True)
    queries = models.PositiveBigIntegerField("쿼리", default=0)
    rows = models.PositiveBigIntegerField("기록 행", default=0)
    budget_id = models.CharField("예산", max_length=80, blank=True)
    verdict = models.CharField("판정", max_length=20, blank=True)

    class Meta:
        verbose_name = "성능 단계"
        verbose_name_plural = "성능 단계"
        ordering = ("pk",)
        constraints = (models.UniqueConstraint(fields=["run", "metric"], name="perfstage_once_per_run"),)

    def __str__(self) -> str:
        return self.metric


class RunLock(models.Model):
    """Who holds a named lock; `holder` is `host:pid:start` as in `perfhooks.liveness`."""

    name = models.CharField("이름", max_length=80, unique=True)
    holder = models.CharField("보유 프로세스", max_length=200)
    acquired_at = models.DateTimeField("획득")
    heartbeat_at = models.DateTimeField("마지막 신호")

    class Meta:
        verbose_name = "실행 잠금"
        verbose_name_plural = "실행 잠금"
        ordering = ("name",)

    def __str__(self) -> str:
        return self.name


class UsageKind(models.TextChoices):
    """What about a list request is counted."""

    REQUEST = "request", "요청"
    FILTER = "filter", "필터"
    PAGE = "page", "쪽"
    SORT = "sort", "정렬"
    SEARCH = "search", "검색어 길이"


class ListUsage(models.Model):
    """How often a list was asked for on one day (Korean time) with this filter, page depth, sort key or search."""

    day = models.DateField("날짜")
    list_name = models.CharField("목록", max_length=120)
    kind = models.CharField("구분", max_length=10, choices=UsageKind)
    key = models.CharField("값", max_length=120, blank=True)
    uses = models.PositiveBigIntegerField("횟수")

    class Meta:
        verbose_name = "목록 사용"
        verbose_name_plural = "목록 사용"
        ordering = ("-day", "list_name", "kind", "key")
        constraints = (
            models.UniqueConstraint(fields=["day", "list_name", "kind", "key"], name="listusage_once_a_day"),
        )

    def __str__(self) -> str:
        return f"{self.list_name} {self.kind} {self.key}"


class SavedView(models.Model):
    """A list of the admin as somebody likes to look at it. path: the list's; querystring: filters, search and order."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+", verbose_name="사용자")
    path = models.CharField("목록", max_length=120)
    name = models.CharField("이름", max_length=60)
    querystring = models.CharField("조건", max_length=1_000)
    is_shared = models.BooleanField("공유", default=False)

    class Meta:
        verbose_name = "저장한 보기"
        verbose_name_plural = "저장한 보기"
        constraints = (models.UniqueConstraint(fields=["user", "path", "name"], name="savedview_name_once"),)
        indexes = (models.Index(fields=["path", "user"], name="savedview_of_list"),)

    def __str__(self) -> str:
        return self.name
