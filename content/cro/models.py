"""The table of variants. What a variant says is never changed: packages, pages and experiments name it by its key."""

from typing import Any

from django.db import models
from django.db.models import Q

from content.cro.variants import (
    CTA_TEXT,
    CTA_TEXT_LENGTH_LIMIT,
    LEDE_WORDS,
    POSITION_WORDS,
    TABLE_WORDS,
    TRUST_WORDS,
    Variant,
)


class TemplateVariant(models.Model):
    """One way to fill the blocks of a template. Written through `cro.variation`."""

    key = models.SlugField(
        "키", max_length=40, unique=True, help_text="영문 소문자, 숫자, 하이픈. 실험이 이 이름을 씁니다"
    )
    label = models.CharField("이름", max_length=60)
    lede = models.CharField("리드문", max_length=16, choices=list(LEDE_WORDS.items()), default="none")
    cta_positions = models.JSONField("구매 링크 자리", default=list, help_text=", ".join(POSITION_WORDS.values()))
    cta_text = models.CharField(
        "구매 링크 문구",
        max_length=CTA_TEXT_LENGTH_LIMIT,
        default=CTA_TEXT,
        help_text="{name} 자리에 상품명이 들어갑니다",
    )
    table_form = models.CharField("표 구성", max_length=16, choices=list(TABLE_WORDS.items()), default="full")
    trust = models.JSONField("신뢰 요소", default=list, blank=True, help_text=", ".join(TRUST_WORDS.values()))
    is_active = models.BooleanField(
        "쓰는 중", default=True, help_text="끄면 고를 수 없습니다. 이미 쓴 곳은 그대로입니다"
    )
    created_at = models.DateTimeField("생성", auto_now_add=True)

    class Meta:
        verbose_name = "템플릿 변형"
        verbose_name_plural = "템플릿 변형"
        constraints = [models.CheckConstraint(condition=~Q(key="") & ~Q(label=""), name="variant_has_key_and_label")]

    def __str__(self) -> str:
        return self.label

    def read(self) -> Variant:
        """The variant as the renderer takes it. Raises VariantError for values that no template knows."""
        values: dict[str, Any] = {"lede": self.lede, "table": self.table_form}
        return Variant(
            key=self.key,
            cta_positions=tuple(self.cta_positions),
            cta_text=self.cta_text,
            trust=tuple(self.trust),
            **values,
        )
