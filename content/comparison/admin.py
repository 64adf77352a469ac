"""Comparison tables on the desk, version by version."""

from typing import Any

from django.contrib import admin
from django.db.models import OuterRef, QuerySet, Subquery
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from content.comparison.models import ComparisonTable, TableVersion
from content.desk import format_number, link_to_post, shorten_hash
from perfhooks.desk import ReadOnlyAdmin, ago, link_to

SPEC_LABELS = {"named": "글이 지정한 상품", "match": "매칭 상품", "category": "채우는 카테고리"}


@admin.register(ComparisonTable)
class ComparisonTableAdmin(ReadOnlyAdmin[ComparisonTable]):
    """The tables with their newest version."""

    list_display = ("post_title", "newest", "newest_revision", "built", "created_at")
    list_select_related = ("post",)
    search_fields = ("post__slug", "post__title")
    search_help_text = "글의 슬러그와 제목으로 찾습니다"
    ordering = ("-id",)
    empty_hint = "본문에 {{ table }}이 있거나 비교 템플릿을 쓰는 글을 처리하면 생깁니다."
    fields = ("post_title", "plan", "newest", "built", "created_at")

    def get_queryset(self, request: HttpRequest) -> QuerySet[ComparisonTable]:
        """Tables with their newest version's number, revision and time."""
        newest = TableVersion.objects.filter(table=OuterRef("pk")).order_by("-number")
        tables: QuerySet[ComparisonTable] = super().get_queryset(request)
        return tables.annotate(
            version_id=Subquery(newest.values("pk")[:1]),
            number=Subquery(newest.values("number")[:1]),
            version_revision=Subquery(newest.values("revision")[:1]),
            built_at=Subquery(newest.values("built_at")[:1]),
        )

    @admin.display(description="글", ordering="post__title")
    def post_title(self, table: ComparisonTable) -> SafeString:
        """The post."""
        return link_to_post(table.post_id, table.post.title)

    @admin.display(description="최신 판", ordering="number")
    def newest(self, table: Any) -> SafeString | str:
        """The newest version."""
        if table.version_id is None:
            return "–"
        return link_to(reverse("admin:comparison_tableversion_change", args=[table.version_id]), f"{table.number}판")

    @admin.display(description="카탈로그 리비전", ordering="version_revision")
    def newest_revision(self, table: Any) -> SafeString:
        """The revision of the newest version."""
        return format_number(table.version_revision or 0)

    @admin.display(description="만든 시각", ordering="built_at")
    def built(self, table: Any) -> SafeString:
        """When the newest version was built."""
        return ago(table.built_at)

    @admin.display(description="구성")
    def plan(self, table: ComparisonTable) -> SafeString:
        """How the products were chosen."""
        rows = ((SPEC_LABELS.get(name, name), _join(value)) for name, value in table.spec.items())
        return format_html('<dl class="facts">{}</dl>', format_html_join("", "<div><dt>{}</dt><dd>{}</dd></div>", rows))


@admin.register(TableVersion)
class TableVersionAdmin(ReadOnlyAdmin[TableVersion]):
    """Every version, the newest first."""

    list_display = ("post_title", "number", "product_count", "revision", "fingerprint", "built")
    list_select_related = ("table__post",)
    search_fields = ("table__post__slug", "table__post__title")
    search_help_text = "글의 슬러그와 제목으로 찾습니다"
    ordering = ("-id",)
    fields = ("post_title", "number", "content", "revision", "content_hash", "built", "trace_id")

    @admin.display(description="글", ordering="table__post__title")
    def post_title(self, version: TableVersion) -> SafeString:
        """The post."""
        return link_to_post(version.table.post_id, version.table.post.title)

    @admin.display(description="상품 수")
    def product_count(self, version: TableVersion) -> SafeString:
        """How many products it compares."""
        return format_number(len(version.rows))

    @admin.display(description="내용 지문")
    def fingerprint(self, version: TableVersion) -> SafeString:
        """The beginning of its fingerprint."""
        return shorten_hash(version.content_hash)

    @admin.display(description="만든 시각", ordering="built_at")
    def built(self, version: TableVersion) -> SafeString:
        """When it was built."""
        return ago(version.built_at)

    @admin.display(description="내용")
    def content(self, version: TableVersion) -> SafeString:
        """The table as readers see it, with the SKU of each row."""
        head = format_html_join("", '<th scope="col">{}</th>', [("SKU",), *((name,) for name in version.columns)])
        rows = [
            (format_html_join("", "<td>{}</td>", [(row["sku"],), *((cell,) for cell in row["cells"])]),)
            for row in version.rows
        ]
        body = format_html_join("", "<tr>{}</tr>", rows)
        table = (
            '<div class="scroll-x"><table class="grid-table"><thead><tr>{}</tr></thead><tbody>{}</tbody></table></div>'
        )
        return format_html(table, head, body)


def _join(value: Any) -> str:
    return (", ".join(value) if isinstance(value, list) else str(value)) or "–"
