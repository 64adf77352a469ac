"""The post list's actions on many posts: each says first how many would move, then moves them as one batch."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse

from content.posts.models import Post, PostStatus, StatusChange
from content.posts.publishing import (
    BULK_LIMIT,
    Actor,
    BulkOutcome,
    change_statuses,
    foresee_statuses,
    undo_batch,
)
from content.posts.states import PUBLISH_RIGHT

if TYPE_CHECKING:
    from django.db.models import QuerySet

REASONS_SHOWN = 5
TITLES_SHOWN = 5


class PostActions:
    """The actions and the page of a batch, for the posts' admin to inherit."""

    actions: Any = ("mark_ready", "publish", "archive")
    admin_site: admin.AdminSite

    def has_publish_permission(self, request: HttpRequest) -> bool:
        """Whether the action that publishes is offered."""
        return request.user.has_perm(PUBLISH_RIGHT)

    @admin.action(description="준비됨으로", permissions=["change"])
    def mark_ready(self, request: HttpRequest, queryset: QuerySet[Post]) -> HttpResponse | None:
        """To be matched and packaged."""
        return self._offer(request, queryset, PostStatus.READY)

    @admin.action(description="게시", permissions=["publish"])
    def publish(self, request: HttpRequest, queryset: QuerySet[Post]) -> HttpResponse | None:
        """To the public site."""
        return self._offer(request, queryset, PostStatus.PUBLISHED)

    @admin.action(description="보관", permissions=["change"])
    def archive(self, request: HttpRequest, queryset: QuerySet[Post]) -> HttpResponse | None:
        """Away from the public site for good."""
        return self._offer(request, queryset, PostStatus.ARCHIVED)

    def get_batch_urls(self) -> list[URLPattern]:
        """The page of a batch, and its undoing."""
        wrap = self.admin_site.admin_view
        return [
            path("batch/<slug:batch>/", wrap(self.batch_view), name="posts_post_batch"),
            path("batch/<slug:batch>/undo/", wrap(self.undo_view), name="posts_post_undo_batch"),
        ]

    def batch_view(self, request: HttpRequest, batch: str) -> HttpResponse:
        """What an action on many posts moved."""
        if not request.user.has_perm("posts.view_post"):
            raise PermissionDenied
        steps = list(
            StatusChange.objects.filter(batch=batch).select_related("post", "changed_by").order_by("pk")[:BULK_LIMIT]
        )
        if not steps:
            raise Http404("이런 묶음이 없습니다.")
        context = {
            **self.admin_site.each_context(request),
            "opts": Post._meta,
            "title": f"{steps[0].get_target_display()}: 글 {len(steps)}개",
            "steps": steps,
            "may_undo": request.user.has_perm("posts.change_post") and steps[0].reason != "되돌림",
            "batch": batch,
        }
        return TemplateResponse(request, "admin/posts/post/batch.html", context)

    def undo_view(self, request: HttpRequest, batch: str) -> HttpResponse:
        """Move them back."""
        if not request.user.has_perm("posts.change_post"):
            raise PermissionDenied
        if request.method == "POST":
            done = undo_batch(batch=batch, actor=act_as(request))
            messages.success(request, f"글 {done.changed}개를 되돌렸습니다.")
            tell_refusals(request, done)
            batch = done.batch if done.changed else batch
        if not StatusChange.objects.filter(batch=batch).exists():
            return HttpResponseRedirect(reverse("admin:posts_post_changelist"))
        return HttpResponseRedirect(reverse("admin:posts_post_batch", args=[batch]))

    def _offer(self, request: HttpRequest, posts: QuerySet[Post], target: PostStatus) -> HttpResponse | None:
        """The page that asks; what it asks for when it was answered."""
        ids = list(posts.order_by().values_list("pk", flat=True)[: BULK_LIMIT + 1])
        if len(ids) > BULK_LIMIT:
            messages.error(request, f"한 번에 {BULK_LIMIT}개까지 옮길 수 있습니다. 조건을 좁혀 나누어 하세요.")
            return None
        if "confirmed" in request.POST:
            return self._apply(request, ids, target)
        foreseen = foresee_statuses(post_ids=ids, target=target, actor=act_as(request))
        context = {
            **self.admin_site.each_context(request),
            "title": f"{target.label}(으)로 옮기기",
            "opts": Post._meta,
            "target": target,
            "foreseen": foreseen,
            "refused": list_refusals(foreseen),
            "chosen": len(ids),
            "action": request.POST["action"],
            "selected": request.POST.getlist(ACTION_CHECKBOX_NAME),
            "select_across": request.POST.get("select_across", "0"),
            "back": request.get_full_path(),
        }
        return TemplateResponse(request, "admin/posts/post/confirm_status.html", context)

    def _apply(self, request: HttpRequest, ids: list[int], target: PostStatus) -> HttpResponse | None:
        done = change_statuses(
            post_ids=ids, target=target, actor=act_as(request), reason=request.POST.get("reason", "").strip()
        )
        words = f"글 {done.changed}개를 {target.label}(으)로 옮겼습니다. 그대로 {done.unchanged}개, 거부 {done.refused_count}개."
        (messages.success if done.changed else messages.warning)(request, words)
        tell_refusals(request, done)
        return HttpResponseRedirect(reverse("admin:posts_post_batch", args=[done.batch])) if done.changed else None


def act_as(request: HttpRequest) -> Actor:
    """The person at the desk."""
    return Actor(request.user.pk, request.user.has_perm)


def list_refusals(outcome: BulkOutcome) -> list[tuple[int, str, str]]:
    """(how many, why, which) of the posts that stay, the most frequent reason first."""
    ordered = sorted(outcome.refused.items(), key=lambda item: (-len(item[1]), item[0]))
    return [(len(titles), reason, ", ".join(titles[:TITLES_SHOWN])) for reason, titles in ordered[:REASONS_SHOWN]]


def tell_refusals(request: HttpRequest, outcome: BulkOutcome) -> None:
    """Say why some stayed."""
    for number, reason, titles in list_refusals(outcome):
        messages.warning(request, f"{number}개는 그대로입니다: {reason} ({titles})")
