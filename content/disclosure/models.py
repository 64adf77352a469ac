"""The tables of disclosures: the sentences in their versions, and the prices that authors typed into posts."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from content.posts.models import Post, Relationship

LITERAL_KINDS = [
    ("price", "가격"),
    ("approx", "어림 가격"),
    ("range", "가격 범위"),
    ("unit_price", "단위 가격"),
    ("discount", "할인"),
    ("coupon", "쿠폰"),
    ("benefit", "혜택"),
    ("claim", "가격 주장"),
]


class Language(models.TextChoices):
    """The languages that a disclosure is written in."""

    KOREAN = "ko", "한국어"
    ENGLISH = "en", "영어"


class DisclosureVersion(models.Model):
    """A disclosure sentence from a day on. Written once: a changed sentence is a new version."""

    relationship = models.CharField("판매자와의 관계", max_length=24, choices=Relationship)
    language = models.CharField("언어", max_length=2, choices=Language, default=Language.KOREAN)
    number = models.PositiveIntegerField("판")
    sentence = models.CharField("문구", max_length=300, help_text="조건 없는 평서문. 예: 수수료를 지급받습니다.")
    effective_from = models.DateField("적용 시작일", help_text="이날부터 만드는 글에 들어갑니다 (한국 시각)")
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, verbose_name="쓴 사람", related_name="+"
    )
    created_at = models.DateTimeField("저장", auto_now_add=True)

    class Meta:
        verbose_name = "고지 문구"
        verbose_name_plural = "고지 문구"
        constraints = [
            models.UniqueConstraint(fields=["relationship", "language", "number"], name="disclosure_number_once"),
            models.CheckConstraint(condition=~Q(sentence="") & Q(number__gte=1), name="disclosure_has_sentence"),
        ]
        indexes = [
            models.Index(fields=["relationship", "language", "-effective_from", "-number"], name="disclosure_current")
        ]

    def __str__(self) -> str:
        return self.version

    @property
    def version(self) -> str:
        """The id that packages carry: own_product.2, own_product.en.1."""
        middle = "" if self.language == Language.KOREAN else f".{self.language}"
        return f"{self.relationship}{middle}.{self.number}"


class PriceLiteral(models.Model):
    """A price, discount or claim that stands typed into a post; it goes when it is mended."""

    post = models.ForeignKey(Post, models.CASCADE, related_name="price_literals", verbose_name="글")
    part = models.CharField("자리", max_length=5, choices=[("title", "제목"), ("body", "본문")])
    line = models.PositiveIntegerField("줄", help_text="본문의 줄 번호. 제목은 0")
    start = models.PositiveIntegerField("시작", help_text="글자 위치, 0부터")
    length = models.PositiveIntegerField("길이", help_text="글자 수. 문구 안의 태그도 셉니다")
    kind = models.CharField("종류", max_length=12, choices=LITERAL_KINDS)
    text = models.CharField("문구", max_length=200)
    value = models.BigIntegerField("값(원)", null=True, blank=True)
    rule_id = models.CharField("규칙", max_length=40)
    placeholder = models.CharField("바꿀 자리표시", max_length=80, blank=True)
    found_at = models.DateTimeField("발견", auto_now_add=True)

    class Meta:
        verbose_name = "고정 가격 문구"
        verbose_name_plural = "고정 가격 문구"
        constraints = [
            models.UniqueConstraint(fields=["post", "part", "start"], name="literal_place_once"),
            models.CheckConstraint(condition=Q(length__gte=1), name="literal_has_length"),
        ]

    def __str__(self) -> str:
        return self.text

    @property
    def end(self) -> int:
        """The position behind its last letter."""
        return self.start + self.length
