"""The tables of comparison tables. A version is never changed: another content is another version."""

from django.db import models
from django.db.models import Q


class ComparisonTable(models.Model):
    """A comparison table: an editor's own under a name, to be shown in any post, or the one that a post gets by itself.

    Written through `comparison.services`. number: of the newest version, 0 before the first. spec: {} of a post's own table
    that the post no longer asks for; it keeps its versions, and nothing renews it.
    """

    post = models.OneToOneField(
        "posts.Post", models.CASCADE, null=True, blank=True, related_name="comparison_table", verbose_name="글"
    )
    name = models.SlugField(
        "이름", max_length=60, help_text="본문에 {{ table:이름 }}으로 씁니다. 영문 소문자, 숫자, 하이픈"
    )
    title = models.CharField("제목", max_length=120, blank=True)
    spec = models.JSONField("구성", default=dict, help_text="고르는 규칙이나 SKU, 열, 단위, 으뜸 표시")
    rule_category = models.CharField("규칙의 카테고리", max_length=400, blank=True, editable=False)
    rule_brand = models.CharField("규칙의 브랜드", max_length=120, blank=True, editable=False)
    number = models.PositiveIntegerField("최신 판", default=0, editable=False)
    checked_at = models.DateTimeField("마지막 확인", null=True, blank=True, editable=False)
    created_at = models.DateTimeField("생성", auto_now_add=True)

    class Meta:
        verbose_name = "비교표"
        verbose_name_plural = "비교표"
        constraints = [
            models.UniqueConstraint(fields=["name"], condition=~Q(name=""), name="table_name_once"),
            models.CheckConstraint(
                condition=Q(post__isnull=True) & ~Q(name="") | Q(post__isnull=False) & Q(name=""),
                name="table_of_post_or_named",
            ),
        ]
        indexes = [
            models.Index(fields=["rule_category"], condition=~Q(rule_category=""), name="table_rule_category"),
            models.Index(fields=["rule_brand"], condition=~Q(rule_brand=""), name="table_rule_brand"),
        ]

    def __str__(self) -> str:
        return self.title or self.name or f"{self.post} · 비교표"


class TableRowContent(models.Model):
    """What one row of a table says, kept once however many versions and tables say it."""

    hash = models.CharField("내용 지문", max_length=32, primary_key=True)
    sku = models.CharField("SKU", max_length=40)
    store_code = models.CharField("스토어", max_length=40, blank=True)
    origin_product_no = models.BigIntegerField("원상품 번호")
    cells = models.JSONField("칸")

    class Meta:
        verbose_name = "비교표 행"
        verbose_name_plural = "비교표 행"


class TableVersion(models.Model):
    """What the table said from one building on."""

    table = models.ForeignKey(ComparisonTable, models.CASCADE, related_name="versions", verbose_name="비교표")
    number = models.PositiveIntegerField("판")
    revision = models.BigIntegerField("카탈로그 리비전", help_text="담은 상품의 가장 새 리비전")
    keys = models.JSONField("열의 종류", default=list)
    columns = models.JSONField("열")
    row_hashes = models.JSONField("행", default=list, help_text="행 내용의 지문, 순서대로")
    marks = models.JSONField("으뜸", default=list, help_text="[행, 열, 이유]")
    as_of = models.DateTimeField("가격 기준", null=True, blank=True)
    content_hash = models.CharField("내용 지문", max_length=64)
    trace_id = models.CharField("추적 ID", max_length=64)
    touched_at = models.DateTimeField("바뀐 시각", null=True, blank=True, help_text="이 판을 만들게 한 상품 변경")
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


class TableLink(models.Model):
    """The reverse index: this table shows this product as of this revision, or waits for this SKU (without a product).

    Products are known here by key only: a row must not hold a product's row while an upsert writes it.
    """

    table = models.ForeignKey(ComparisonTable, models.CASCADE, related_name="links", verbose_name="비교표")
    product_id = models.BigIntegerField("상품", null=True, blank=True)
    sku = models.CharField("SKU", max_length=40)
    revision = models.BigIntegerField("표시한 리비전", default=0)

    class Meta:
        verbose_name = "비교표의 상품"
        verbose_name_plural = "비교표의 상품"
        constraints = [
            models.UniqueConstraint(fields=["table", "product_id"], name="table_link_product_once"),
            models.UniqueConstraint(
                fields=["table", "sku"], condition=Q(product_id__isnull=True), name="table_link_waits_once"
            ),
        ]
        indexes = [
            models.Index(fields=["product_id"], name="table_link_product"),
            models.Index(fields=["sku"], condition=Q(product_id__isnull=True), name="table_link_waiting"),
        ]


class TableTouch(models.Model):
    """A change of the catalogue that this table may have to show; gone once it was looked at.

    Rows are only added, and without a foreign key: whoever changes the catalogue locks no table by it.
    """

    table = models.ForeignKey(
        ComparisonTable, models.CASCADE, related_name="touches", db_constraint=False, verbose_name="비교표"
    )
    revision = models.BigIntegerField("카탈로그 리비전", default=0)
    touched_at = models.DateTimeField("바뀐 시각")

    class Meta:
        verbose_name = "비교표 변경 알림"
        verbose_name_plural = "비교표 변경 알림"


class TableUse(models.Model):
    """This post shows this named table, as of its newest processing."""

    table = models.ForeignKey(ComparisonTable, models.CASCADE, related_name="uses", verbose_name="비교표")
    post = models.ForeignKey("posts.Post", models.CASCADE, related_name="table_uses", verbose_name="글")

    class Meta:
        verbose_name = "비교표 사용"
        verbose_name_plural = "비교표 사용"
        constraints = [models.UniqueConstraint(fields=["table", "post"], name="table_use_once")]
