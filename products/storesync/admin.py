"""The desk's pages of the sync: runs as they happened, and the products that could not be kept."""

from typing import Any

import msgspec
from django.contrib import admin, messages
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.text import Truncator

from perfhooks.desk import ReadOnlyAdmin, Tone, ago, link_to, pill
from products.catalog.selectors import read_ids
from products.storesync.failures import request_retry
from products.storesync.models import Reason, RunStatus, SyncFailure, SyncRun

TONES: dict[str, Tone] = {
    RunStatus.RUNNING: "warn",
    RunStatus.PARKED: "warn",
    RunStatus.DONE: "ok",
    RunStatus.FAILED: "bad",
    RunStatus.SETTLED: "grey",
}
FAILURES_SHOWN = 20
NOTICE_LENGTH = 30
COUNTS = ("listed", "planned", "fetched", "created", "updated", "skipped", "stale", "refused", "deleted")
TRAFFIC = ("calls", "limits", "retries", "workers", "ways", "rescans")


def _name(failure: SyncFailure) -> str:
    number = failure.origin_product_no if failure.origin_product_no > 0 else "번호 없음"
    return f"{failure.name or '이름 없는 상품'} ({failure.sku or number})"


def _failure_link(failure: SyncFailure) -> SafeString:
    return link_to(reverse("admin:storesync_syncfailure_change", args=[failure.pk]), _name(failure))


def _product_link(product_id: int | None, sku: str) -> str:
    return link_to(reverse("admin:catalog_product_change", args=[product_id]), sku) if product_id else sku


class ResolvedFilter(admin.SimpleListFilter):
    """Open or resolved; the dashboard links to the open ones by the same name."""

    title = "해결"
    parameter_name = "resolved_at__isnull"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """The two choices."""
        return [("True", "실패 중"), ("False", "해결됨")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[SyncFailure]) -> QuerySet[SyncFailure]:
        """The rows of the choice."""
        return queryset if self.value() is None else queryset.filter(resolved_at__isnull=self.value() == "True")


@admin.register(SyncRun)
class SyncRunAdmin(ReadOnlyAdmin[Any]):
    """Every run with its counts; a parked one says what it waits for."""

    list_display = ("started", "state", "store", "duration", "changes", "refusals", "traffic", "notice")
    list_display_links = ("started",)
    list_filter = ("status", "store")
    list_select_related = ("store",)
    search_fields = ("trace_id", "error")
    search_help_text = "추적 ID나 오류 내용으로 찾습니다"
    ordering = ("-started_at", "-pk")
    fieldsets = (
        (None, {"fields": ("state", "store", "error", "api_url")}),
        ("결과", {"fields": (*COUNTS, "why", "failures", "revision", "is_consistent")}),
        ("진행", {"fields": ("started", "finished", "duration", *TRAFFIC, "trace_id")}),
        ("느린 상세", {"fields": ("slow_details",)}),
        ("읽지 않는 항목", {"fields": ("ignored_fields",), "classes": ("collapse",)}),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[SyncRun]:
        """Runs with the number of their open failures."""
        still_open = Count("failures", filter=Q(failures__resolved_at=None))
        runs: QuerySet[SyncRun] = super().get_queryset(request)
        return runs.annotate(open_failures=still_open)

    @admin.display(description="시작", ordering="started_at")
    def started(self, run: SyncRun) -> SafeString:
        """When it began."""
        return ago(run.started_at)

    @admin.display(description="끝")
    def finished(self, run: SyncRun) -> SafeString:
        """When it ended."""
        return ago(run.finished_at)

    @admin.display(description="상태", ordering="status")
    def state(self, run: SyncRun) -> SafeString:
        """How it stands."""
        return pill(RunStatus(run.status).label, TONES[run.status])

    @admin.display(description="걸린 시간")
    def duration(self, run: SyncRun) -> str:
        """From start to end."""
        if run.finished_at is None:
            return "–"
        return f"{(run.finished_at - run.started_at).total_seconds():,.1f}초"

    @admin.display(description="확인 → 추가·변경·삭제")
    def changes(self, run: SyncRun) -> SafeString:
        """What it did to the catalogue."""
        changed = f"+{run.created:,} ~{run.updated:,} −{run.deleted:,}"
        return format_html('<span class="num">{} → {}</span>', f"{run.listed:,}", changed)

    @admin.display(description="거부")
    def refusals(self, run: SyncRun) -> SafeString:
        """How many products it could not keep, with a link to those that are still open."""
        address = (
            f"{reverse('admin:storesync_syncfailure_changelist')}?run__id__exact={run.pk}&resolved_at__isnull=True"
        )
        still_open: int = run.open_failures  # type: ignore[attr-defined]
        return link_to(address, f"{run.refused:,}") if still_open else format_html("{}", f"{run.refused:,}")

    @admin.display(description="호출 / 429")
    def traffic(self, run: SyncRun) -> SafeString:
        """How many calls it sent, and how many the store turned away."""
        return format_html('<span class="num">{} / {}</span>', f"{run.calls:,}", f"{run.rate_limited:,}")

    @admin.display(description="429")
    def limits(self, run: SyncRun) -> str:
        """How many calls were turned away: by our own doing, and by the store's."""
        own = run.rate_limited - run.rate_limited_imposed
        return f"스스로 한도를 넘음 {own:,}, 스토어 사정 {run.rate_limited_imposed:,}"

    @admin.display(description="읽은 방식")
    def ways(self, run: SyncRun) -> str:
        """Whether all details were read, and whether tokens and connections were kept."""
        scope = "바뀐 상품만" if run.is_incremental else "모든 상품"
        return scope if run.is_cached else f"{scope}, 호출마다 새 토큰과 연결"

    @admin.display(description="상세를 읽은 까닭")
    def why(self, run: SyncRun) -> str:
        """How many details were wanted for which reason."""
        return ", ".join(f"{Reason(name).label} {number:,}" for name, number in run.reasons.items()) or "–"

    @admin.display(description="보낸 뒤 마지막 바이트까지")
    def slow_details(self, run: SyncRun) -> SafeString:
        """The slowest attempts at a detail by SKU, each with a link to its product where the ledger has it."""
        numbers = [number for _seconds, _sku, number in run.slowest]
        known = read_ids(store_id=run.store_id, origin_product_nos=numbers)
        lines = ((_product_link(known.get(number), sku), f"{seconds:,.3f}초") for seconds, sku, number in run.slowest)
        return format_html_join("", "<p>{} {}</p>", lines) or format_html("{}", "–")

    @admin.display(description="이름과 받은 횟수")
    def ignored_fields(self, run: SyncRun) -> str:
        """What the store sends and nothing here reads: the API has grown where a name is new."""
        return ", ".join(f"{path} {times:,}" for path, times in sorted(run.unknown_fields.items())) or "–"

    @admin.display(description="알림")
    def notice(self, run: SyncRun) -> SafeString:
        """The beginning of what it has to say; all of it in the title."""
        short = Truncator(run.error).chars(NOTICE_LENGTH)
        return format_html('<span title="{}">{}</span>', run.error, short)

    @admin.display(description="실패한 상품")
    def failures(self, run: SyncRun) -> SafeString:
        """The first of its products that could not be kept, and a link to all of them."""
        total = run.failures.count()
        shown = run.failures.order_by("pk")[:FAILURES_SHOWN]
        lines = ((_failure_link(failure), failure.message) for failure in shown)
        address = f"{reverse('admin:storesync_syncfailure_changelist')}?run__id__exact={run.pk}"
        everything = link_to(address, f"{total:,}개 모두 보기") if total else "없음"
        return format_html("{}{}", format_html_join("", "<p>{} {}</p>", lines), everything)


@admin.register(SyncFailure)
class SyncFailureAdmin(ReadOnlyAdmin[Any]):
    """Products that could not be kept, why, and what the store sent."""

    list_display = ("product", "state", "reason", "code", "attempts", "last_seen", "store")
    list_display_links = ("product",)
    list_filter = (ResolvedFilter, "code", "store")
    list_select_related = ("store",)
    search_fields = ("=origin_product_no", "=sku", "name", "message")
    search_help_text = "원상품 번호나 판매자 코드(정확히), 상품명, 내용으로 찾습니다"
    ordering = ("-last_seen_at", "-pk")
    actions = ("retry",)
    fieldsets = (
        (None, {"fields": ("state", "product", "message")}),
        ("내용", {"fields": ("code", "field", "received")}),
        ("이력", {"fields": ("first_seen", "last_seen", "attempts", "run", "trace_id", "server_trace_id")}),
    )

    def has_retry_permission(self, request: HttpRequest) -> bool:
        """Whoever may change the failures may ask for another try."""
        return request.user.has_perm("storesync.change_syncfailure")

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """The page, with a button for another try while the product is not well and the reader may ask for it."""
        failure = self.get_object(request, object_id)
        is_open = failure is not None and failure.resolved_at is None and not failure.is_retry_wanted
        context = {**(extra_context or {}), "can_retry": is_open and self.has_retry_permission(request)}
        return super().change_view(request, object_id, form_url, context)

    @admin.action(description="다시 시도", permissions=["retry"])
    def retry(self, request: HttpRequest, queryset: QuerySet[SyncFailure]) -> None:
        """Have the next run read these products again."""
        chosen = list(queryset.values_list("pk", flat=True))
        asked = request_retry(failure_ids=chosen)
        text = f"{asked:,}개를 다음 동기화에서 다시 읽습니다."
        if asked < len(chosen):
            text += f" 이미 해결된 {len(chosen) - asked:,}개는 그대로 두었습니다."
        self.message_user(request, text, messages.SUCCESS if asked else messages.WARNING)

    @admin.display(description="상품")
    def product(self, failure: SyncFailure) -> str:
        """What people call the product."""
        return _name(failure)

    @admin.display(description="상태")
    def state(self, failure: SyncFailure) -> SafeString:
        """Whether it still stands."""
        if failure.resolved_at is not None:
            return pill("해결", "ok")
        return pill("다시 시도 예정", "warn") if failure.is_retry_wanted else pill("실패", "bad")

    @admin.display(description="내용과 조치")
    def reason(self, failure: SyncFailure) -> str:
        """Why, and what to do."""
        return failure.message

    @admin.display(description="처음")
    def first_seen(self, failure: SyncFailure) -> SafeString:
        """When it first failed."""
        return ago(failure.first_seen_at)

    @admin.display(description="마지막", ordering="last_seen_at")
    def last_seen(self, failure: SyncFailure) -> SafeString:
        """When it last failed."""
        return ago(failure.last_seen_at)

    @admin.display(description="받은 내용")
    def received(self, failure: SyncFailure) -> SafeString:
        """What the store sent, indented where it is JSON."""
        try:
            text = msgspec.json.format(failure.body, indent=2)
        except (msgspec.DecodeError, RecursionError):
            text = failure.body
        return format_html('<textarea readonly rows="16" cols="100">{}</textarea>', text)
