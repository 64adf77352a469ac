"""The scores on the desk: who leads, why, and who rests or was left alone."""

from datetime import date
from typing import Any

from django.contrib import admin
from django.db.models import Exists, OuterRef, QuerySet, Subquery
from django.http import HttpRequest
from django.urls import reverse
from django.utils.safestring import SafeString

from content.desk import link_to_post
from content.refresh.models import Arm, PostScore, RefreshTrial
from content.refresh.score import PARTS
from content.refresh.settings import find_spec
from content.refresh.wording import draw_parts, explain_parts, list_parts, show_parts, show_points, show_reason
from perfhooks.desk import NOTHING, ReadOnlyAdmin, Tone, ago, link_to, pill, won

ARM_TONES: dict[str, Tone] = {Arm.REFRESHED: "ok", Arm.HELD_BACK: "warn"}


class ArmFilter(admin.SimpleListFilter):
    """By what was done with the post when it was picked last."""

    title = "구분"
    parameter_name = "arm"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Both arms, and neither."""
        return [*[(str(value), str(label)) for value, label in Arm.choices], ("none", "고른 적 없음")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[PostScore]) -> QuerySet[PostScore]:
        """Those whose newest trial is of that arm."""
        value = self.value()
        if value is None:
            return queryset
        if value == "none":
            return queryset.exclude(Exists(RefreshTrial.objects.filter(post=OuterRef("post"))))
        return queryset.filter(newest_arm=value)  # type: ignore[misc]  # annotated by the admin


@admin.register(PostScore)
class PostScoreAdmin(ReadOnlyAdmin[PostScore]):
    """All scores, the highest first."""

    list_display = ("post_title", "points", "reason_pill", "bar", "standing", "earned", "scored")
    list_display_links = ("points",)
    list_filter = ("reason", ArmFilter, "is_cooling", "kind")
    list_select_related = ("post",)
    search_fields = ("post__slug", "post__title")
    search_help_text = "글의 슬러그와 제목으로 찾습니다"
    ordering = ("-score", "-revenue", "post")
    empty_hint = "아직 점수가 없습니다. manage.py score_posts를 실행하거나 다음 계산을 기다리세요."
    fieldsets = (
        (None, {"fields": ("post_title", "points", "reason_pill", "standing", "why")}),
        ("바탕", {"fields": ("kind", "changed_on", "refreshed_on", "version_link", "scored")}),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[PostScore]:
        """Scores with the newest trial's arm and day."""
        scores: QuerySet[PostScore] = super().get_queryset(request)
        newest = RefreshTrial.objects.filter(post=OuterRef("post")).order_by("-picked_on", "-id")
        return scores.annotate(
            newest_arm=Subquery(newest.values("arm")[:1]), newest_pick=Subquery(newest.values("picked_at")[:1])
        )

    @admin.display(description="글", ordering="post__title")
    def post_title(self, row: PostScore) -> SafeString:
        """The post."""
        return link_to_post(row.post_id, row.post.title)

    @admin.display(description="점수", ordering="score")
    def points(self, row: PostScore) -> SafeString:
        """Of 100; leads to why."""
        return show_points(row.score)

    @admin.display(description="이유", ordering="reason")
    def reason_pill(self, row: PostScore) -> SafeString:
        """The heaviest part."""
        return show_reason(row.reason)

    @admin.display(description="트래픽·전환·신선도·낡음·가치")
    def bar(self, row: PostScore) -> SafeString:
        """All parts, small."""
        return draw_parts({name: getattr(row, name) for name in PARTS})

    @admin.display(description="구분")
    def standing(self, row: Any) -> SafeString:
        """Whether it rests, and what was done when it was picked last."""
        if row.is_cooling:
            return pill("쉬는 중", "grey")
        if row.newest_arm:
            return pill(Arm(row.newest_arm).label, ARM_TONES[row.newest_arm])
        return pill("없음", "grey")

    @admin.display(description="28일 매출", ordering="revenue")
    def earned(self, row: PostScore) -> SafeString:
        """Won in 28 days."""
        return won(row.revenue)

    @admin.display(description="계산", ordering="scored_at")
    def scored(self, row: PostScore) -> SafeString:
        """When it came out like this first."""
        return ago(row.scored_at)

    @admin.display(description="왜 이 점수인가")
    def why(self, row: PostScore) -> SafeString:
        """Every part with its weight and what it was made of."""
        spec = find_spec(row.version)
        return show_parts(list_parts({name: getattr(row, name) for name in PARTS}, spec, explain_parts(row)))

    @admin.display(description="고친 날")
    def changed_on(self, row: PostScore) -> str:
        """From when it ages."""
        return _tell_day(row.fresh_day)

    @admin.display(description="갱신한 날")
    def refreshed_on(self, row: PostScore) -> str:
        """From when it rests."""
        return _tell_day(row.refreshed_day)

    @admin.display(description="가중치")
    def version_link(self, row: PostScore) -> SafeString:
        """The settings that made it."""
        address = f"{reverse('admin:refresh_scoresettings_changelist')}?version={row.version}"
        return link_to(address, f"{row.version}판")


def _tell_day(number: int | None) -> str:
    return f"{date.fromordinal(number):%Y-%m-%d}" if number else NOTHING
