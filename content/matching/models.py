"""The table of match decisions: the newest one of each post, with everything that explains it."""

from django.db import models
from django.db.models import Q


class RuleId(models.TextChoices):
    """The stages of matching, in their order."""

    EXACT_SKU = "exact_sku", "SKU 지정"
    BRAND_MODEL = "brand_model", "브랜드와 모델"
    ALL_WORDS = "all_words", "모든 낱말"
    ANY_WORD = "any_word", "일부 낱말"
    CATEGORY_BEST = "category_best", "카테고리 대표"
    NONE = "none", "없음"


class MatchDecision(models.Model):
    """The product chosen for a post."""

    post = models.OneToOneField("posts.Post", models.CASCADE, related_name="match_decision", verbose_name="글")
    product = models.ForeignKey(
        "catalog.Product", models.SET_NULL, null=True, blank=True, related_name="+", verbose_name="상품"
    )
    rule_id = models.CharField("규칙", max_length=16, choices=RuleId)
    template_id = models.CharField("템플릿", max_length=24)
    score = models.FloatField("점수", help_text="한 규칙 안에서만 견줄 수 있습니다")
    is_fallback = models.BooleanField("대체 매칭", default=False)
    fallback_reason = models.CharField("대체 이유", max_length=500, blank=True)
    features = models.JSONField("입력", default=dict)
    runner_ups = models.JSONField("다음 후보", default=list)
    revision = models.BigIntegerField("카탈로그 리비전")
    latency_ms = models.FloatField("걸린 시간(ms)")
    trace_id = models.CharField("추적 ID", max_length=64)
    decided_at = models.DateTimeField("결정")

    class Meta:
        verbose_name = "매칭"
        verbose_name_plural = "매칭"
        constraints = [
            models.CheckConstraint(
                condition=~Q(rule_id=RuleId.NONE) | Q(product__isnull=True), name="match_none_has_no_product"
            ),
            models.CheckConstraint(
                condition=Q(is_fallback=Q(rule_id__in=[RuleId.CATEGORY_BEST, RuleId.NONE])),
                name="match_fallback_follows_rule",
            ),
        ]
        indexes = [models.Index(fields=["-decided_at", "-id"], name="match_newest")]

    def __str__(self) -> str:
        return f"{self.post} · {self.get_rule_id_display()}"
