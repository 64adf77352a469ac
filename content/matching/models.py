"""The tables of matching: the decisions with everything that explains them, and what editors decide about them."""

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q

from content.matching.rules import WEIGHT_MOST
from perfhooks.versions import Version


class RuleId(models.TextChoices):
    """The stages of matching, in their order."""

    EXACT_SKU = "exact_sku", "SKU 지정"
    PINNED = "pinned", "편집자 고정"
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
    rule_id = models.CharField("단계", max_length=16, choices=RuleId)
    template_id = models.CharField("템플릿", max_length=24)
    ruleset_version = models.PositiveIntegerField("규칙 판", default=0)
    intent = models.CharField("의도", max_length=24, blank=True)
    score = models.FloatField("점수", help_text="한 단계 안에서만 견줄 수 있습니다")
    score_parts = models.JSONField("점수 구성", default=dict)
    is_fallback = models.BooleanField("대체 매칭", default=False)
    fallback_reason = models.CharField("대체 이유", max_length=500, blank=True)
    features = models.JSONField("입력", default=dict)
    runner_ups = models.JSONField("다음 후보", default=list)
    changes_on = models.DateField("계절 규칙이 바뀌는 날", null=True, blank=True)
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
        indexes = [
            models.Index(fields=["-decided_at", "-id"], name="match_newest"),
            models.Index(fields=["changes_on"], condition=Q(changes_on__isnull=False), name="match_changes_on"),
        ]

    def __str__(self) -> str:
        return f"{self.post} · {self.get_rule_id_display()}"


class MatchHistory(models.Model):
    """Every decision that was news, in order: the mix of intents and the share of fallbacks are counted here."""

    post = models.ForeignKey("posts.Post", models.CASCADE, related_name="match_history", verbose_name="글")
    sku = models.CharField("SKU", max_length=40, blank=True)
    rule_id = models.CharField("단계", max_length=16, choices=RuleId)
    template_id = models.CharField("템플릿", max_length=24)
    ruleset_version = models.PositiveIntegerField("규칙 판")
    intent = models.CharField("의도", max_length=24)
    is_fallback = models.BooleanField("대체 매칭")
    decided_at = models.DateTimeField("결정")

    class Meta:
        verbose_name = "매칭 이력"
        verbose_name_plural = "매칭 이력"
        indexes = [
            models.Index(fields=["-decided_at", "-id"], name="match_history_newest"),
            models.Index(fields=["post", "-id"], name="match_history_of_post"),
        ]

    def __str__(self) -> str:
        return f"{self.post_id} · {self.get_rule_id_display()}"


class Ruleset(Version):
    """A version of the rules."""

    name = models.CharField("이름", max_length=80)
    readings = models.JSONField("낱말 읽기", default=dict, blank=True)

    class Meta:
        verbose_name = "매칭 규칙"
        verbose_name_plural = "매칭 규칙"
        constraints = [
            models.UniqueConstraint(fields=["is_active"], condition=Q(is_active=True), name="ruleset_one_active"),
            models.CheckConstraint(condition=Q(version__gte=1), name="ruleset_version_from_one"),
        ]

    def __str__(self) -> str:
        return f"{self.version}판 {self.name}"


class Intent(models.Model):
    """A class of posts in one version: its cues and its template."""

    ruleset = models.ForeignKey(Ruleset, models.CASCADE, related_name="intents", verbose_name="판")
    position = models.PositiveSmallIntegerField("순서")
    code = models.SlugField("코드", max_length=24)
    name = models.CharField("이름", max_length=40)
    words = models.JSONField("낱말", default=list)
    template_id = models.CharField("템플릿", max_length=24)
    takes_tables = models.BooleanField("비교표가 있는 글", default=False)

    class Meta:
        verbose_name = "의도"
        verbose_name_plural = "의도"
        ordering = ["position"]
        constraints = [models.UniqueConstraint(fields=["ruleset", "code"], name="intent_once_per_version")]

    def __str__(self) -> str:
        return self.name


class Rule(models.Model):
    """A rule in one version: conditions, a weight, a template."""

    ruleset = models.ForeignKey(Ruleset, models.CASCADE, related_name="rules", verbose_name="판")
    position = models.PositiveSmallIntegerField("순서")
    code = models.SlugField("코드", max_length=40)
    name = models.CharField("이름", max_length=80)
    intent = models.CharField("의도", max_length=24, blank=True)
    category = models.CharField("카테고리 경로", max_length=400, blank=True)
    price_least = models.IntegerField("가격 하한", null=True, blank=True)
    price_below = models.IntegerField("가격 상한", null=True, blank=True)
    stock = models.CharField("재고", max_length=8, blank=True, choices=[("low", "적음"), ("enough", "충분")])
    season_first = models.CharField("계절 시작", max_length=5, blank=True)
    season_last = models.CharField("계절 끝", max_length=5, blank=True)
    store = models.CharField("스토어 코드", max_length=40, blank=True)
    weight = models.FloatField(
        "가중치", default=1.0, validators=[MinValueValidator(0.0), MaxValueValidator(WEIGHT_MOST)]
    )
    template_id = models.CharField("템플릿", max_length=24, blank=True)

    class Meta:
        verbose_name = "규칙"
        verbose_name_plural = "규칙"
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(fields=["ruleset", "code"], name="rule_once_per_version"),
            models.CheckConstraint(condition=Q(weight__gte=0, weight__lte=WEIGHT_MOST), name="rule_weight_in_range"),
            models.CheckConstraint(
                condition=Q(price_least__isnull=True)
                | Q(price_below__isnull=True)
                | Q(price_least__lt=F("price_below")),
                name="rule_price_band_not_empty",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Pin(models.Model):
    """A product that an editor has fixed for a post; only a SKU in the body goes before it."""

    post = models.OneToOneField("posts.Post", models.CASCADE, related_name="match_pin", verbose_name="글")
    product = models.ForeignKey("catalog.Product", models.CASCADE, related_name="+", verbose_name="상품")
    note = models.CharField("이유", max_length=200, blank=True)
    pinned_by = models.CharField("고정한 사람", max_length=150, blank=True)
    pinned_at = models.DateTimeField("고정")

    class Meta:
        verbose_name = "상품 고정"
        verbose_name_plural = "상품 고정"

    def __str__(self) -> str:
        return f"{self.post} → {self.product}"


class WordReading(models.Model):
    """How a morphological analyser takes a word apart: 무선청소기거치대 is 무선 청소기 거치대.

    Kept by the one process that loads the analyser (`learn_words`); the others read it when they build their index.
    """

    word = models.CharField("낱말", max_length=60, unique=True)
    reading = models.CharField("읽는 낱말", max_length=200)
    updated_at = models.DateTimeField("고친 때", auto_now=True)

    class Meta:
        verbose_name = "분석기 낱말"
        verbose_name_plural = "분석기 낱말"
        constraints = [models.CheckConstraint(condition=~Q(word="") & ~Q(reading=""), name="reading_not_empty")]

    def __str__(self) -> str:
        return f"{self.word} → {self.reading}"
