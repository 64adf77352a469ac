"""The tables of comparison tables. A version is never changed: another content is another version."""

from django.db import models
from django.db.models import Q


class ComparisonTable(models.Model):
    """The comparison table of a post."""

    post = models.OneToOneField("posts.Post", models.CASCADE, related_name="comparison_table", verbose_name="글")
    spec = models.JSONField("구성", default=dict, help_text="글이 지정한 SKU, 매칭 상품의 SKU, 채우는 카테고리")
    created_at = models.DateTimeField("생성", auto_now_add=True)

    class Meta:
        verbose_name = "비교표"
        verbose_name_plural = "비교표"

    def __str__(self) -> str:
        return f"{self.post} · 비교표"


class TableVersion(models.Model):
    """What the table said from one building on."""

    table = models.ForeignKey(ComparisonTable, models.CASCADE, related_name="versions", verbose_name="비교표")
    number = models.PositiveIntegerField("판")
    revision = models.BigIntegerField("카탈로그 리비전", help_text="담은 상품의 가장 새 리비전")
    columns = models.JSONField("열")
    rows = models.JSONField("행")
    content_hash = models.CharField("내용 지문", max_length=64)
    trace_id = models.CharField("추적 ID", max_length=64)
    built_at = models.DateTimeField("만든 시각")

    class Meta:
        verbose_name = "비교표 판"
        verbose_name_plural = "비교표 판"
        constraints = [
            models.UniqueConstraint(fields=["table", "number"], name="table_version_once"),
            models.CheckConstraint(condition=Q(number__gte=1), name="table_version_from_one"),
        ]
        indexes = [models.Index(fields=["table", "-number"], name="table_version_newest")]

    def __str__(self) -> str:
        return f"{self.table} {self.number}판"
