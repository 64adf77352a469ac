"""The queue on the desk: what waits, what is being worked on, what was given up and why. The room's other pages join here."""

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString

from content.desk import link_to_post
from content.refresh import metricadmin, scoreadmin, settingsadmin, trialadmin
from content.refresh.models import EntryState, Outcome, RefreshEntry, RefreshTrial
from content.refresh.services import retry_dead
from content.refresh.settings import find_spec
from content.refresh.wording import list_parts, show_parts, show_points, show_reason
from perfhooks.desk import NOTHING, ReadOnlyAdmin, Tone, ago, pill

__all__ = ["RefreshEntryAdmin", "metricadmin", "scoreadmin", "settingsadmin", "trialadmin"]

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

    list_display = ("post_title", "state_pill", "reason", "points", "enqueued", "finished", "attempts", "problem")
    list_display_links = ("state_pill",)
    list_filter = ("state", "reason", "outcome", "score_reason")
    list_select_related = ("post",)
    search_fields = ("post__slug", "post__title", "trace_id")
    search_help_text = "글의 슬러그와 제목, 추적 ID로 찾습니다"
    ordering = ("-id",)
    actions = ("retry",)
    empty_hint = "글을 준비됨으로 저장하면 여기에 섭니다."
    fieldsets = (
        (None, {"fields": ("post_title", "state_pill", "outcome", "reason", "error")}),
        ("점수", {"fields": ("urgency", "points", "score_reason_pill", "why")}),
        (
            "진행",
            {
                "fields": (
                    *("enqueued", "claimed_at", "claimed_by", "finished"),
                    *("attempts", "failures", "retried", "is_dirty"),
                )
            },
        ),
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

    @admin.display(description="점수", ordering="score")
    def points(self, entry: RefreshEntry) -> SafeString | str:
        """Of 100, where its score has queued it."""
        return show_points(entry.score) if entry.score else NOTHING

    @admin.display(description="점수의 이유")
    def score_reason_pill(self, entry: RefreshEntry) -> SafeString | str:
        """The heaviest part."""
        return show_reason(entry.score_reason) if entry.score_reason else NOTHING

    @admin.display(description="왜 골랐나")
    def why(self, entry: RefreshEntry) -> SafeString | str:
        """Every part as it was when the post was picked, with the weights of that version."""
        if not entry.score_parts:
            return "점수가 아니라 바뀐 것이 있어 처리합니다. 이유 칸을 보세요."
        picks = RefreshTrial.objects.filter(post=entry.post_id, picked_at__lte=entry.enqueued_at).order_by("-id")
        version = picks.values_list("version", flat=True).first()
        return show_parts(list_parts(entry.score_parts, find_spec(version or 0)))

    @admin.display(description="다시 시도")
    def retried(self, entry: RefreshEntry) -> SafeString:
        """Not before then."""
        return ago(entry.not_before)

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
