"""The effect of refreshing on the desk: which posts were picked and left alone, and what came of it."""

from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.safestring import SafeString

from content.desk import format_number, link_to_post
from content.refresh.chart import draw_intervals
from content.refresh.effect import POSTS_LEAST, ArmFigures, Comparison
from content.refresh.effects import FIGURES, measure_effect
from content.refresh.models import RefreshTrial
from content.refresh.score import BUCKETS, WINDOW_DAYS
from content.refresh.scoreadmin import ARM_TONES
from content.refresh.settings import find_spec
from content.refresh.wording import list_parts, show_parts, show_points, show_reason
from perfhooks.desk import NOTHING, ReadOnlyAdmin, ago, pill, won


@admin.register(RefreshTrial)
class RefreshTrialAdmin(ReadOnlyAdmin[RefreshTrial]):
    """All picks, the newest first."""

    list_display = ("post_title", "arm_pill", "points", "reason_pill", "picked", "clicks", "earned")
    list_display_links = ("arm_pill",)
    list_filter = ("arm", "reason")
    list_select_related = ("post",)
    search_fields = ("post__slug", "post__title", "round")
    search_help_text = "글의 슬러그와 제목, 회차로 찾습니다"
    ordering = ("-picked_on", "-id")
    empty_hint = "점수가 높은 글을 처음 고르면 여기에 쌓입니다."
    fieldsets = (
        (None, {"fields": ("post_title", "arm_pill", "points", "reason_pill", "why")}),
        ("뽑기", {"fields": ("round", "drawn", "picked", "version")}),
        ("고르기 전 28일", {"fields": ("clicks", "before_conversions", "earned", "trace_id")}),
    )

    def get_urls(self) -> list[URLPattern]:
        """The pages, and the one about the effect before them."""
        view = self.admin_site.admin_view(self.effect_view)
        return [path("effect/", view, name="refresh_refreshtrial_effect"), *super().get_urls()]

    def effect_view(self, request: HttpRequest) -> HttpResponse:
        """Refreshed posts beside those left alone."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        effect = measure_effect()
        known = [it for it in effect.comparisons if it.is_known]
        intervals = [(FIGURES[it.figure][0], it.low or 0.0, it.difference or 0.0, it.high or 0.0) for it in known]
        context = {
            **self.admin_site.each_context(request),
            "title": "갱신의 효과",
            "opts": self.opts,
            "effect": effect,
            "chart": draw_intervals(intervals) if intervals else None,
            "rows": [_tell(it) for it in effect.comparisons],
            "words": [_say(it) for it in known],
            "days": WINDOW_DAYS,
            "least": POSTS_LEAST,
        }
        return TemplateResponse(request, "admin/refresh/refreshtrial/effect.html", context)

    @admin.display(description="글", ordering="post__title")
    def post_title(self, row: RefreshTrial) -> SafeString:
        """The post."""
        return link_to_post(row.post_id, row.post.title)

    @admin.display(description="구분", ordering="arm")
    def arm_pill(self, row: RefreshTrial) -> SafeString:
        """What was done with it."""
        return pill(row.get_arm_display(), ARM_TONES[row.arm])

    @admin.display(description="점수", ordering="score")
    def points(self, row: RefreshTrial) -> SafeString:
        """Of 100, when it was picked."""
        return show_points(row.score)

    @admin.display(description="이유", ordering="reason")
    def reason_pill(self, row: RefreshTrial) -> SafeString:
        """The heaviest part then."""
        return show_reason(row.reason)

    @admin.display(description="고른 때", ordering="picked_on")
    def picked(self, row: RefreshTrial) -> SafeString:
        """When it was picked."""
        return ago(row.picked_at)

    @admin.display(description="전 28일 클릭", ordering="before_clicks")
    def clicks(self, row: RefreshTrial) -> SafeString:
        """Clicks before."""
        return format_number(row.before_clicks)

    @admin.display(description="전 28일 매출", ordering="before_revenue")
    def earned(self, row: RefreshTrial) -> SafeString:
        """Won before."""
        return won(row.before_revenue)

    @admin.display(description="뽑은 수")
    def drawn(self, row: RefreshTrial) -> str:
        """The number drawn, of how many."""
        held = find_spec(row.version).holdout_percent * BUCKETS // 100
        return f"{row.bucket:,} (0부터 {BUCKETS - 1:,} 가운데, {held:,}보다 작으면 남겨 둠)"

    @admin.display(description="왜 골랐나")
    def why(self, row: RefreshTrial) -> SafeString:
        """The parts then."""
        return show_parts(list_parts(row.parts, find_spec(row.version)))


def _say(it: Comparison) -> str:
    """A known difference as a sentence."""
    name, difference = FIGURES[it.figure][0], it.difference or 0.0
    course = "많습니다" if difference > 0 else "적습니다"
    doubt = "" if it.is_clear else " 구간이 0에 걸쳐 우연일 수 있습니다."
    return (
        f"{name}의 변화가 갱신한 {it.refreshed.posts:,}편은 남겨 둔 {it.held_back.posts:,}편보다 한 편에 {abs(difference):,.1f} "
        f"{course}(95% 구간 {it.low:+,.1f} ~ {it.high:+,.1f}).{doubt}"
    )


def _tell(it: Comparison) -> dict[str, Any]:
    def tell_arm(arm: ArmFigures) -> str:
        return NOTHING if arm.mean is None else f"{arm.mean:+,.1f} ({arm.posts:,}편)"

    verdict = pill("자료 부족", "grey")
    if it.is_clear:
        verdict = pill("나아짐", "ok") if (it.difference or 0) > 0 else pill("나빠짐", "bad")
    elif it.is_known:
        verdict = pill("차이가 분명하지 않음", "grey")
    return {
        "name": FIGURES[it.figure][0],
        "refreshed": tell_arm(it.refreshed),
        "held_back": tell_arm(it.held_back),
        "difference": f"{it.difference:+,.1f}" if it.difference is not None else NOTHING,
        "interval": f"{it.low:+,.1f} ~ {it.high:+,.1f}" if it.is_known else NOTHING,
        "pill": verdict,
    }
