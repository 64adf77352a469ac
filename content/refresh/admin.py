"""The queue on the desk: what waits, what is being worked on, what was given up and why."""

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString

from content.desk import link_to_post
from content.refresh.models import EntryState, Outcome, RefreshEntry
from content.refresh.services import retry_dead
from perfhooks.desk import ReadOnlyAdmin, Tone, ago, pill

TONES: dict[str, Tone] = {
    EntryState.QUEUED: "grey",
    EntryState.CLAIMED: "warn",
    EntryState.DONE: "ok",
    EntryState.DEAD: "bad",
}
ERROR_SHOWN = 80


@admin.register(RefreshEntry)
class RefreshEntryAdmin(ReadOnlyAdmin[RefreshEntry]):
    """All entries, the newest first."""

    list_display = ("post_title", "state_pill", "reason", "enqueued", "finished", "attempts", "failures", "problem")
    list_filter = ("state", "reason", "outcome")
    list_select_related = ("post",)
    search_fields = ("post__slug", "post__title", "trace_id")
    search_help_text = "글의 슬러그와 제목, 추적 ID로 찾습니다"
    ordering = ("-id",)
    actions = ("retry",)
    empty_hint = "글을 준비됨으로 저장하면 여기에 섭니다."
    fieldsets = (
        (None, {"fields": ("post_title", "state_pill", "outcome", "reason", "error")}),
        ("진행", {"fields": ("enqueued", "claimed_at", "claimed_by", "finished", "attempts", "failures", "is_dirty")}),
        ("출처", {"fields": ("revision", "trace_id")}),
    )

    def has_retry_permission(self, request: HttpRequest) -> bool:
        """Whoever may change the queue may queue a post again."""
        return request.user.has_perm("refresh.change_refreshentry")

    @admin.action(description="실패한 항목을 다시 대기열에 넣기", permissions=["retry"])
    def retry(self, request: HttpRequest, queryset: QuerySet[RefreshEntry]) -> None:
        """Queue the posts of the chosen dead entries once more."""
        chosen = queryset.count()
        added = retry_dead(post_ids=queryset.filter(state=EntryState.DEAD).values_list("post_id", flat=True))
        messages.success(request, f"고른 {chosen:,}개 가운데 {added:,}개를 다시 대기열에 넣었습니다.")
        if chosen > added:
            messages.info(request, f"{chosen - added:,}개는 실패한 항목이 아니거나 이미 대기 중이라 그대로 두었습니다.")

    @admin.display(description="글", ordering="post__title")
    def post_title(self, entry: RefreshEntry) -> SafeString:
        """The post."""
        return link_to_post(entry.post_id, entry.post.title)

    @admin.display(description="상태", ordering="state")
    def state_pill(self, entry: RefreshEntry) -> SafeString:
        """State, and how it ended."""
        if entry.outcome == Outcome.REFUSED:
            return pill(Outcome.REFUSED.label, "warn")
        return pill(entry.get_state_display(), TONES[entry.state])

    @admin.display(description="대기 시작", ordering="enqueued_at")
    def enqueued(self, entry: RefreshEntry) -> SafeString:
        """Since when it waits."""
        return ago(entry.enqueued_at)

    @admin.display(description="끝", ordering="finished_at")
    def finished(self, entry: RefreshEntry) -> SafeString:
        """When it ended."""
        return ago(entry.finished_at)

    @admin.display(description="오류")
    def problem(self, entry: RefreshEntry) -> str:
        """The beginning of the error."""
        return entry.error[:ERROR_SHOWN] or "–"
