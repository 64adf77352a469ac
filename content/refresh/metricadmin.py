"""Figures on the desk: what each post did on each day, and the page that brings files of them in."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.safestring import SafeString
from django.views.decorators.http import require_POST

from content.desk import format_number, link_to_post
from content.refresh.metricfiles import COLUMNS, FileFault
from content.refresh.metricimports import ImportRefused, apply_import, draft_import, drop_import
from content.refresh.models import ImportState, MetricImport, MetricSource, PostMetric
from perfhooks.desk import NOTHING, ReadOnlyAdmin, Tone, ago, pill, won

PERMISSION = "refresh.add_metricimport"
FILE_BYTES_LIMIT = 30 * 2**20
STATE_TONES: dict[str, Tone] = {"draft": "warn", "applied": "ok", "dropped": "grey"}
COUNTS = {
    "rows": "읽은 줄",
    "added": "새로",
    "changed": "바뀜",
    "unchanged": "그대로",
    "unknown": "글이 아닌 줄",
    "bad": "틀린 줄",
}


class ImportForm(forms.Form):
    """A file, and where it comes from."""

    source = forms.ChoiceField(label="출처", choices=MetricSource.choices)
    file = forms.FileField(label="파일", widget=forms.ClearableFileInput(attrs={"accept": ".csv,.tsv,.txt"}))

    def clean_file(self) -> Any:
        """Refuse what is too large before it is read."""
        file = self.cleaned_data["file"]
        if file.size > FILE_BYTES_LIMIT:
            limit = FILE_BYTES_LIMIT // 2**20
            raise forms.ValidationError(
                f"파일이 {limit}MB를 넘습니다. 나누거나 manage.py import_post_metrics로 넣으세요."
            )
        return file


@admin.register(PostMetric)
class PostMetricAdmin(ReadOnlyAdmin[PostMetric]):
    """All figures, the newest day first."""

    is_big = True
    list_display = ("post_title", "day", "source", "shown", "clicked", "ranked", "ordered", "earned")
    list_display_links = ("day",)
    list_filter = ("source",)
    list_select_related = ("post",)
    search_fields = ("=post__slug",)
    search_help_text = "글의 슬러그로 찾습니다"
    ordering = ("-day", "-id")
    empty_hint = "서치 콘솔이나 스토어 리포트의 CSV를 가져오면 글마다 날마다 한 줄씩 쌓입니다."

    @admin.display(description="글")
    def post_title(self, row: PostMetric) -> SafeString:
        """The post."""
        return link_to_post(row.post_id, row.post.title)

    @admin.display(description="노출")
    def shown(self, row: PostMetric) -> SafeString:
        """Impressions."""
        return format_number(row.impressions)

    @admin.display(description="클릭·유입")
    def clicked(self, row: PostMetric) -> SafeString:
        """Clicks, or the visits of a store report."""
        return format_number(row.clicks or row.sessions)

    @admin.display(description="순위")
    def ranked(self, row: PostMetric) -> SafeString | str:
        """Mean position."""
        return NOTHING if row.position is None else format_number(round(row.position, 1))

    @admin.display(description="주문")
    def ordered(self, row: PostMetric) -> SafeString:
        """Orders."""
        return format_number(row.conversions)

    @admin.display(description="매출")
    def earned(self, row: PostMetric) -> SafeString:
        """Revenue."""
        return won(row.revenue)


@admin.register(MetricImport)
class MetricImportAdmin(ReadOnlyAdmin[MetricImport]):
    """The files, the newest first; a new one is looked at before it is applied."""

    list_display = ("name", "source", "state_pill", "new_days", "changed_days", "bad_lines", "created_by", "created")
    list_filter = ("state", "source")
    search_fields = ("file_name", "created_by")
    search_help_text = "파일 이름과 올린 사람으로 찾습니다"
    ordering = ("-id",)
    empty_hint = "'파일 가져오기'로 첫 파일을 올리세요."

    def get_urls(self) -> list[URLPattern]:
        """The page for a file and what may be decided about it, before the others."""
        wrap = self.admin_site.admin_view
        return [
            path("import/", wrap(self.import_view), name="refresh_metricimport_import"),
            path("<int:import_id>/apply/", wrap(require_POST(self.apply_view)), name="refresh_metricimport_apply"),
            path("<int:import_id>/drop/", wrap(require_POST(self.drop_view)), name="refresh_metricimport_drop"),
            *super().get_urls(),
        ]

    def import_view(self, request: HttpRequest) -> HttpResponse:
        """Upload a file; its page then says what it would do and asks for the yes."""
        if not request.user.has_perm(PERMISSION):
            raise PermissionDenied
        form = ImportForm(request.POST or None, request.FILES or None)
        if request.method == "POST" and form.is_valid():
            file, source = form.cleaned_data["file"], form.cleaned_data["source"]
            try:
                row = draft_import(file=file, name=str(file.name), source=source, actor=request.user.get_username())
            except FileFault as fault:
                form.add_error("file", str(fault))
            else:
                return HttpResponseRedirect(reverse("admin:refresh_metricimport_change", args=[row.pk]))
        context = {
            **self.admin_site.each_context(request),
            "title": "성과 파일 가져오기",
            "opts": self.opts,
            "form": form,
            "megabytes": FILE_BYTES_LIMIT // 2**20,
            "columns": [
                (
                    MetricSource(source).label,
                    [(own[0], ", ".join(own[1:])) for key, own in names.items() if key != "ctr"],
                )
                for source, names in COLUMNS.items()
            ],
        }
        return TemplateResponse(request, "admin/refresh/metricimport/import.html", context)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """One file: what it would do or did, and what is wrong with it."""
        row = MetricImport.objects.filter(pk=object_id).first() if object_id.isdecimal() else None
        more: dict[str, Any] = {}
        if row is not None:
            more = {
                "state": pill(row.get_state_display(), STATE_TONES[row.state]),
                "counts": [(word, f"{getattr(row, key):,}") for key, word in COUNTS.items()],
                "is_open": row.state == ImportState.DRAFT,
                "may_decide": request.user.has_perm(PERMISSION),
                "changing": f"{row.added + row.changed:,}" if row.added + row.changed else "",
            }
        return super().change_view(request, object_id, form_url, {**(extra_context or {}), **more})

    def apply_view(self, request: HttpRequest, import_id: int) -> HttpResponse:
        """Write what the file says."""
        return self._decide(request, import_id, is_wanted=True)

    def drop_view(self, request: HttpRequest, import_id: int) -> HttpResponse:
        """Let the file go."""
        return self._decide(request, import_id, is_wanted=False)

    def _decide(self, request: HttpRequest, import_id: int, *, is_wanted: bool) -> HttpResponse:
        if not request.user.has_perm(PERMISSION):
            raise PermissionDenied
        try:
            if is_wanted:
                done = apply_import(import_id=import_id)
                text = f"성과 {done.added:,}건을 더하고 {done.changed:,}건을 바꾸었습니다. 그대로인 것은 {done.unchanged:,}건입니다."
                messages.success(request, f"{text} 다음 점수 계산에 쓰입니다.")
            else:
                drop_import(import_id=import_id)
                messages.success(request, "파일을 버렸습니다. 아무것도 바뀌지 않았습니다.")
        except MetricImport.DoesNotExist:
            messages.error(request, f"{import_id}번 가져오기가 없습니다. 목록에서 다시 고르세요.")
            return HttpResponseRedirect(reverse("admin:refresh_metricimport_changelist"))
        except (ImportRefused, FileFault, OSError) as refusal:
            is_missing = isinstance(refusal, OSError)
            messages.error(request, "올린 파일이 없어졌습니다. 다시 올리세요." if is_missing else str(refusal))
        return HttpResponseRedirect(reverse("admin:refresh_metricimport_change", args=[import_id]))

    @admin.display(description="파일", ordering="file_name")
    def name(self, row: MetricImport) -> str:
        """The file's name."""
        return row.file_name

    @admin.display(description="상태", ordering="state")
    def state_pill(self, row: MetricImport) -> SafeString:
        """Where it stands."""
        return pill(row.get_state_display(), STATE_TONES[row.state])

    @admin.display(description="새로")
    def new_days(self, row: MetricImport) -> SafeString:
        """Days of posts added."""
        return format_number(row.added)

    @admin.display(description="바뀜")
    def changed_days(self, row: MetricImport) -> SafeString:
        """Days of posts changed."""
        return format_number(row.changed)

    @admin.display(description="틀린 줄")
    def bad_lines(self, row: MetricImport) -> SafeString:
        """Lines left out because of a fault."""
        return format_number(row.bad)

    @admin.display(description="올린 때", ordering="created_at")
    def created(self, row: MetricImport) -> SafeString:
        """When it came."""
        return ago(row.created_at)
