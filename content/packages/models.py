"""The tables of packages."""

from django.conf import settings
from django.db import models
from django.db.models import Q


class Asset(models.Model):
    """A product's picture, fetched once from the store and kept as it came."""

    source_url = models.URLField("주소", max_length=500, unique=True)
    storage_name = models.CharField("저장 이름", max_length=200)
    sha256 = models.CharField("SHA-256", max_length=64, db_index=True)
    suffix = models.CharField("형식", max_length=4)
    width = models.PositiveIntegerField("너비")
    height = models.PositiveIntegerField("높이")
    size_bytes = models.PositiveIntegerField("크기(바이트)")
    fetched_at = models.DateTimeField("받은 시각")

    class Meta:
        verbose_name = "상품 이미지"
        verbose_name_plural = "상품 이미지"
        constraints = [
            models.CheckConstraint(condition=Q(width__gt=0, height__gt=0, size_bytes__gt=0), name="asset_has_size")
        ]

    def __str__(self) -> str:
        return self.source_url


class Package(models.Model):
    """A zip that was built of a post. The recipe tells what it is made of; the same recipe is never built twice."""

    post = models.ForeignKey("posts.Post", models.CASCADE, related_name="packages", verbose_name="글")
    recipe_hash = models.CharField("구성 지문", max_length=64)
    recipe_version = models.CharField("구성 판", max_length=12)
    sha256 = models.CharField("SHA-256", max_length=64)
    size_bytes = models.PositiveBigIntegerField("크기(바이트)")
    storage_path = models.CharField("파일", max_length=250, help_text="패키지 폴더 안의 경로")
    image_count = models.PositiveSmallIntegerField("이미지 수")
    revision = models.BigIntegerField("카탈로그 리비전")
    template_id = models.CharField("템플릿", max_length=24)
    template_version = models.CharField("템플릿 판", max_length=12)
    variant = models.CharField("변형", max_length=40, default="default", help_text="블록을 채운 방식의 키")
    table_version = models.PositiveIntegerField("비교표 판", default=0)
    disclosure_version = models.CharField("고지문 판", max_length=40)
    as_of = models.DateTimeField("가격 기준", null=True, blank=True)
    trace_id = models.CharField("추적 ID", max_length=64)
    built_at = models.DateTimeField("만든 시각")
    is_current = models.BooleanField("현재", default=True)
    posted_url = models.URLField("네이버 주소", max_length=300, blank=True)
    posted_at = models.DateTimeField("올린 것으로 표시", null=True, blank=True)
    posted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name="표시한 사람"
    )

    class Meta:
        verbose_name = "패키지"
        verbose_name_plural = "패키지"
        permissions = [("download_package", "패키지 내려받기")]
        constraints = [
            models.UniqueConstraint(fields=["post"], condition=Q(is_current=True), name="package_one_current"),
            models.UniqueConstraint(fields=["post", "recipe_hash"], name="package_recipe_once"),
            models.CheckConstraint(condition=Q(size_bytes__gt=0), name="package_has_size"),
            models.CheckConstraint(
                condition=Q(posted_url="", posted_at__isnull=True) | (~Q(posted_url="") & Q(posted_at__isnull=False)),
                name="package_posted_has_time",
            ),
        ]
        indexes = [
            models.Index(fields=["-built_at", "-id"], name="package_newest"),
            models.Index(fields=["posted_url"], name="package_posted", condition=~Q(posted_url="")),
        ]

    def __str__(self) -> str:
        return self.storage_path

    @property
    def title(self) -> str:
        """The post's title."""
        return self.post.title

    @property
    def path(self) -> str:
        """Where the file lies within the package folder."""
        return self.storage_path
