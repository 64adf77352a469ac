"""Recorded figures, and the decisions of the release gate with the inputs that they rest on."""

from django.db import models


class Measurement(models.Model):
    """One figure that a part of the product recorded for the gate; no value means that it tried and found none."""

    metric = models.CharField("지표", max_length=80)
    scenario = models.CharField("시나리오", max_length=120, blank=True)
    value = models.FloatField("값", null=True, blank=True)
    samples = models.PositiveBigIntegerField("표본")
    source = models.CharField("출처", max_length=80, help_text="무엇이 쟀는지: 명령이나 작업의 이름")
    link = models.CharField("원인 링크", max_length=300, blank=True)
    commit = models.CharField("커밋", max_length=60, blank=True)
    base = models.CharField("기준 커밋", max_length=60, blank=True, help_text="비교한 값이면 무엇과 비교했는지")
    measured_at = models.DateTimeField("잰 때")

    class Meta:
        verbose_name = "기록한 측정값"
        verbose_name_plural = "기록한 측정값"
        ordering = ("-measured_at", "-pk")
        indexes = (models.Index(fields=["-measured_at", "-id"], name="measurement_newest"),)

    def __str__(self) -> str:
        return f"{self.metric} · {self.scenario}" if self.scenario else self.metric


class Verdict(models.TextChoices):
    """The answers of `operations.gates.verdicts`, in words."""

    BLOCK = "block", "차단"
    CANNOT_JUDGE = "cannot judge", "판정 불가"
    WARN = "warn", "주의"
    PASS = "pass", "통과"
    NOT_BUILT = "not built", "미구현"


class GateDecision(models.Model):
    """One verdict on a release: when, on which commit, by whom."""

    verdict = models.CharField("판정", max_length=12, choices=Verdict)
    decided_at = models.DateTimeField("판정한 때")
    commit = models.CharField("커밋", max_length=60, blank=True)
    is_dirty = models.BooleanField("커밋하지 않은 변경", default=False)
    decided_by = models.CharField("판정한 사람", max_length=150, blank=True, help_text="명령으로 판정했으면 비어 있음")

    class Meta:
        verbose_name = "게이트 판정"
        verbose_name_plural = "릴리즈 게이트"
        ordering = ("-decided_at", "-pk")
        indexes = (models.Index(fields=["-decided_at", "-id"], name="gatedecision_newest"),)

    def __str__(self) -> str:
        return f"#{self.pk} {self.get_verdict_display()}"


class GateLine(models.Model):
    """One budget of a decision: its promise as it stood then, the figure, and the verdict with its reason."""

    decision = models.ForeignKey(GateDecision, on_delete=models.CASCADE, related_name="lines", verbose_name="판정 기록")
    position = models.PositiveSmallIntegerField("순서")
    budget_id = models.CharField("예산", max_length=80)
    plan = models.CharField("계획 항목", max_length=10)
    metric = models.CharField("지표", max_length=80)
    statistic = models.CharField("통계", max_length=10)
    unit = models.CharField("단위", max_length=20)
    direction = models.CharField("방향", max_length=3)
    level = models.CharField("수준", max_length=5)
    limit = models.FloatField("한도", null=True)
    samples_needed = models.PositiveBigIntegerField("필요한 표본")
    verdict = models.CharField("판정", max_length=12, choices=Verdict)
    reason = models.CharField("이유", max_length=300, blank=True)
    value = models.FloatField("값", null=True)
    samples = models.PositiveBigIntegerField("표본", null=True)
    measured_at = models.DateTimeField("잰 때", null=True)
    commit = models.CharField("커밋", max_length=60, blank=True)
    scenario = models.CharField("시나리오", max_length=120, blank=True)
    source = models.CharField("출처", max_length=200, blank=True)
    link = models.CharField("원인 링크", max_length=300, blank=True)

    class Meta:
        verbose_name = "예산별 판정"
        verbose_name_plural = "예산별 판정"
        ordering = ("position",)
        constraints = (models.UniqueConstraint(fields=["decision", "budget_id"], name="gateline_once_per_decision"),)

    def __str__(self) -> str:
        return self.budget_id
