"""The table of public pages: each as it was rendered last, with what it was made of."""

from django.db import models


class SitePage(models.Model):
    """A rendered page. It is served as long as nothing that it was made of has another number."""

    post = models.ForeignKey("posts.Post", models.CASCADE, related_name="site_pages", verbose_name="글")
    variant = models.CharField("변형", max_length=40, blank=True)
    source_key = models.CharField("구성 지문", max_length=64, help_text="글, 매칭, 비교표, 사이트 설정의 지문")
    products = models.JSONField("상품 리비전", default=dict, help_text="{상품: 보여 주는 리비전}")
    as_of = models.DateTimeField("가격 기준", null=True, blank=True)
    summary = models.CharField("요약", max_length=200, blank=True)
    html = models.TextField("문서")
    etag = models.CharField("문서 지문", max_length=64)
    changed_at = models.DateTimeField("내용 변경", help_text="독자가 보는 내용이 마지막으로 달라진 때")
    rendered_at = models.DateTimeField("만든 시각")
    trace_id = models.CharField("추적 ID", max_length=64)

    class Meta:
        verbose_name = "공개 페이지"
        verbose_name_plural = "공개 페이지"
        default_permissions = ("view",)  # the product writes them
        constraints = [models.UniqueConstraint(fields=["post", "variant"], name="site_page_once")]
        indexes = [models.Index(fields=["-rendered_at", "-id"], name="site_page_newest")]

    def __str__(self) -> str:
        return f"{self.post} {self.variant}".strip()
