"""Comparison tables on the desk: planned here, previewed here, and followed version by version."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Count, Exists, OuterRef, QuerySet, Subquery
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from content.comparison.desk import make_preview, read_diff, read_table_page, show_rows
from content.comparison.forms import TableForm
from content.comparison.models import ComparisonTable, TableTouch, TableUse, TableVersion
from content.comparison.selectors import read_price_times, read_version
from content.comparison.services import delete_table, save_table
from content.desk import FRAME_POLICY, format_number, link_to_post, shorten_hash
from content.disclosure.prices import is_stale
from perfhooks.desk import NOTHING, FastModelAdmin, ReadOnlyAdmin, ago, link_to, pill

if TYPE_CHECKING:
    from content.comparison.spec import TableSpec

SPEC_LABELS = {"named": "글이 지정한 상품", "match": "매칭 상품", "category": "채우는 카테고리"}


class KindFilter(admin.SimpleListFilter):
    """Editors' tables, and those that posts got by themselves."""

    title = "종류"
    parameter_name = "kind"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """The two kinds."""
        return [("named", "이름 있는 표"), ("own", "글의 표")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[ComparisonTable]) -> QuerySet[ComparisonTable]:
        """Those of the chosen kind."""
        if self.value() in ("named", "own"):
            return queryset.filter(post__isnull=self.value() == "named")
        return queryset


@admin.register(ComparisonTable)
class ComparisonTableAdmin(FastModelAdmin[ComparisonTable]):
    """The tables with their newest version. A post's own table is made by its processing and only shown here."""

    form = TableForm
    list_display = ("label", "newest", "newest_revision", "used", "price_time", "waiting", "built", "checked")
    list_filter = (KindFilter,)
    list_select_related = ("post",)
    search_fields = ("name", "title", "post__slug", "post__title")
    search_help_text = "표의 이름과 제목, 글의 슬러그와 제목으로 찾습니다"
    ordering = ("-id",)
    actions = None
    empty_hint = "'비교표 추가'로 만들거나, 본문에 {{ table }}이 있거나 비교 템플릿을 쓰는 글을 처리하면 생깁니다."
    change_form_template = "admin/comparison/comparisontable/change_form.html"
    fieldsets = (
        (None, {"fields": ("name", "title")}),
        ("상품", {"fields": ("skus", "category", "brand", ("price_min", "price_max"), ("sort", "limit"))}),
        ("열", {"fields": ("columns", "unit", "marks", "seen")}),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[ComparisonTable]:
        """Tables with their newest version's number, revision and time, and what stands against them."""
        own = OuterRef("pk")
        newest = TableVersion.objects.filter(table=own).order_by("-number")
        uses = TableUse.objects.filter(table=own).order_by().values("table").annotate(posts=Count("pk"))
        tables: QuerySet[ComparisonTable] = super().get_queryset(request)
        return tables.annotate(
            version_id=Subquery(newest.values("pk")[:1]),
            version_revision=Subquery(newest.values("revision")[:1]),
            built_at=Subquery(newest.values("built_at")[:1]),
            use_count=Subquery(uses.values("posts")),
            is_touched=Exists(TableTouch.objects.filter(table=own)),
        )

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        """The list, with the age of the prices of the tables on its page."""
        shown = super().get_changelist_instance(request)
        rows: list[Any] = list(shown.result_list)
        times = read_price_times(row.pk for row in rows)
        for row in rows:
            row.price_checked_at = times.get(row.pk)
        shown.result_list = rows
        return shown

    def has_change_permission(self, request: HttpRequest, obj: ComparisonTable | None = None) -> bool:
        """A post's own table follows the post and is not edited."""
        return super().has_change_permission(request, obj) and (obj is None or obj.post_id is None)

    def has_delete_permission(self, request: HttpRequest, obj: ComparisonTable | None = None) -> bool:
        """A post's own table goes with the post."""
        return super().has_delete_permission(request, obj) and (obj is None or obj.post_id is None)

    def get_fieldsets(self, request: HttpRequest, obj: ComparisonTable | None = None) -> Any:
        """The form for who may edit; else the plan in words."""
        if obj is not None and not self.has_change_permission(request, obj):
            return ((None, {"fields": ("label", "plan", "newest", "built", "created_at")}),)
        return self.fieldsets

    def get_readonly_fields(self, request: HttpRequest, obj: ComparisonTable | None = None) -> tuple[str, ...]:
        """The name is what posts write: it stays."""
        if obj is not None and not self.has_change_permission(request, obj):
            return ("label", "plan", "newest", "built", "created_at")
        return ("name",) if obj is not None else ()

    def get_urls(self) -> list[URLPattern]:
        """The pages, and before them the preview of a form and the comparison of two versions."""
        wrap = self.admin_site.admin_view
        own = [
            path("preview/", wrap(self.preview_view), name="comparison_comparisontable_preview"),
            path("<int:table_id>/diff/", wrap(self.diff_view), name="comparison_comparisontable_diff"),
        ]
        return [*own, *super().get_urls()]

    def save_model(self, request: HttpRequest, obj: ComparisonTable, form: Any, change: bool) -> None:
        """Save through the service."""
        spec: TableSpec = form.cleaned_data["spec"]
        obj.pk = save_table(table_id=obj.pk if change else None, name=obj.name, title=obj.title, spec=spec)
        obj.refresh_from_db()
        if obj.number == 0:
            messages.warning(request, "저장했습니다. 지금은 이 구성에 맞는 판매 중인 상품이 없어 표가 비어 있습니다.")

    def delete_model(self, request: HttpRequest, obj: ComparisonTable) -> None:
        """Delete through the service."""
        delete_table(table_id=obj.pk)

    def get_deleted_objects(
        self, objs: Any, request: HttpRequest
    ) -> tuple[list[Any], dict[str, int], set[str], list[str]]:
        """What hangs on a table goes with it, though nobody deletes that by itself."""
        to_delete, counts, _permissions, protected = super().get_deleted_objects(objs, request)
        return to_delete, counts, set(), protected

    def render_change_form(
        self,
        request: HttpRequest,
        context: dict[str, Any],
        add: bool = False,
        change: bool = False,
        form_url: str = "",
        obj: ComparisonTable | None = None,
    ) -> HttpResponse:
        """The form, with how the table stands above it and its versions below."""
        context["may_preview"] = self.has_change_permission(request, obj)
        if obj is not None:
            context["page"] = read_table_page(obj)
        return super().render_change_form(request, context, add, change, form_url, obj)

    def preview_view(self, request: HttpRequest) -> HttpResponse:
        """What the form's plan would say now, or what is wrong with it, alone in a document that may run and load nothing."""
        if not (self.has_change_permission(request) or self.has_add_permission(request)):
            raise PermissionDenied
        response = TemplateResponse(request, "comparison/preview.html", {"preview": make_preview(request.POST)})
        response.headers["Content-Security-Policy"] = FRAME_POLICY
        response.headers["Cache-Control"] = "no-store"
        return response

    def diff_view(self, request: HttpRequest, table_id: int) -> HttpResponse:
        """Two versions of a table, field by field."""
        table = ComparisonTable.objects.select_related("post").filter(pk=table_id).first()
        if not self.has_view_permission(request, table):
            raise PermissionDenied
        if table is None:
            raise Http404("비교표가 없습니다. 목록에서 다시 고르세요.")
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": f"판 견주기: {table}",
            "table": table,
            "page": read_diff(table, old=request.GET.get("old", ""), new=request.GET.get("new", "")),
        }
        return TemplateResponse(request, "admin/comparison/comparisontable/diff.html", context)

    @admin.display(description="표", ordering="name")
    def label(self, table: ComparisonTable) -> SafeString | str:
        """The name as posts write it, or the post."""
        if table.post is not None:
            return format_html("{} {}", table.post.title, pill("글의 표", "grey"))
        return format_html('{} <span class="mono">{}</span>', table.title, table.name)

    @admin.display(description="최신 판", ordering="number")
    def newest(self, table: Any) -> SafeString | str:
        """The newest version."""
        if table.version_id is None:
            return NOTHING
        return link_to(reverse("admin:comparison_tableversion_change", args=[table.version_id]), f"{table.number}판")

    @admin.display(description="카탈로그 리비전", ordering="version_revision")
    def newest_revision(self, table: Any) -> SafeString:
        """The revision of the newest version."""
        return format_number(table.version_revision or 0)

    @admin.display(description="쓰는 글", ordering="use_count")
    def used(self, table: Any) -> SafeString:
        """How many posts show it."""
        return format_number(int(bool(table.spec)) if table.post_id else table.use_count or 0)

    @admin.display(description="가격 기준")
    def price_time(self, table: Any) -> SafeString:
        """How old its oldest price is."""
        checked = getattr(table, "price_checked_at", None)
        if checked is None:
            return ago(None)
        return format_html("{} {}", ago(checked), pill("오래됨", "warn")) if is_stale(checked) else ago(checked)

    @admin.display(description="상태")
    def waiting(self, table: Any) -> SafeString:
        """Whether a change waits to be built in, or the post no longer asks for its table."""
        if not table.spec:
            return pill("안 씀", "grey")
        return pill("갱신 대기", "warn") if table.is_touched else pill("최신", "ok")

    @admin.display(description="만든 시각", ordering="built_at")
    def built(self, table: Any) -> SafeString:
        """When the newest version was built."""
        return ago(table.built_at)

    @admin.display(description="확인", ordering="checked_at")
    def checked(self, table: ComparisonTable) -> SafeString:
        """When it was last compared with the catalogue."""
        return ago(table.checked_at)

    @admin.display(description="구성")
    def plan(self, table: ComparisonTable) -> SafeString:
        """How the products were chosen."""
        rows = ((SPEC_LABELS.get(name, name), _join(value)) for name, value in table.spec.items())
        return format_html('<dl class="facts">{}</dl>', format_html_join("", "<div><dt>{}</dt><dd>{}</dd></div>", rows))


@admin.register(TableVersion)
class TableVersionAdmin(ReadOnlyAdmin[TableVersion]):
    """Every version, the newest first."""

    list_display = ("label", "number", "product_count", "revision", "price_time", "propagated", "fingerprint", "built")
    list_select_related = ("table__post",)
    search_fields = ("table__name", "table__title", "table__post__slug", "table__post__title")
    search_help_text = "표의 이름과 제목, 글의 슬러그와 제목으로 찾습니다"
    ordering = ("-id",)
    empty_hint = "비교표를 만들면 첫 판이 생깁니다."
    fields = (
        "label",
        "number",
        "content",
        "wins",
        "revision",
        "price_time",
        "propagated",
        "content_hash",
        "built",
        "trace_id",
    )

    @admin.display(description="표", ordering="table__name")
    def label(self, version: TableVersion) -> SafeString:
        """The table, or the post that it belongs to."""
        post = version.table.post
        if post is not None:
            return link_to_post(post.pk, post.title)
        where = reverse("admin:comparison_comparisontable_change", args=[version.table_id])
        return link_to(where, str(version.table))

    @admin.display(description="상품 수")
    def product_count(self, version: TableVersion) -> SafeString:
        """How many products it compares."""
        return format_number(len(version.row_hashes))

    @admin.display(description="가격 기준", ordering="as_of")
    def price_time(self, version: TableVersion) -> SafeString:
        """When its oldest price had been checked as it was built."""
        return ago(version.as_of)

    @admin.display(description="반영까지")
    def propagated(self, version: TableVersion) -> str:
        """How long it took from the change of a product to this version."""
        if version.touched_at is None:
            return NOTHING
        return f"{(version.built_at - version.touched_at).total_seconds():,.1f}초"

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
        return show_rows(read_version(version))

    @admin.display(description="으뜸")
    def wins(self, version: TableVersion) -> SafeString | str:
        """Which cells win their columns, and why."""
        facts = read_version(version)
        rows = [(facts.rows[it.row].cells[0], facts.columns[it.column], it.reason) for it in facts.marks]
        return format_html_join("", "<p>{} · {}: {}</p>", rows) or NOTHING


def _join(value: Any) -> str:
    return (", ".join(map(str, value)) if isinstance(value, list) else str(value)) or NOTHING
