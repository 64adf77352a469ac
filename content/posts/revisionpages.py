"""The pages of a post's revisions: the list, the comparison of two, and the way back to an earlier one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse

from content.posts.differences import compare_lines, compare_texts
from content.posts.models import Post, PostRevision, Relationship
from content.posts.restoring import restore_revision

if TYPE_CHECKING:
    from django.db.models import QuerySet

PAGE_SIZE = 50


class RevisionPages:
    """The pages, for the posts' admin to inherit."""

    admin_site: admin.AdminSite

    def get_revision_urls(self) -> list[URLPattern]:
        """The list, a comparison, a restoring."""
        wrap, base = self.admin_site.admin_view, "<int:post_id>/revisions/"
        return [
            path(base, wrap(self.revisions_view), name="posts_post_revisions"),
            path(f"{base}<int:number>/", wrap(self.revision_view), name="posts_post_revision"),
            path(f"{base}<int:number>/restore/", wrap(self.restore_view), name="posts_post_restore"),
        ]

    def revisions_view(self, request: HttpRequest, post_id: int) -> HttpResponse:
        """All revisions, the newest first."""
        post = find_post(request, post_id)
        page = Paginator(select_revisions(post), PAGE_SIZE).get_page(request.GET.get("p"))
        newest = select_revisions(post).values_list("number", flat=True).first()
        return self._show(request, post, "revisions.html", title=f"판: {post.title}", page=page, newest=newest)

    def revision_view(self, request: HttpRequest, post_id: int, number: int) -> HttpResponse:
        """A revision beside another one: that of ?against=, else the one before it."""
        post = find_post(request, post_id)
        revision = select_revisions(post).filter(number=number).first()
        if revision is None:
            raise Http404("이 판이 없습니다. 오래되어 정리되었을 수 있습니다.")
        against = request.GET.get("against", "")
        others = select_revisions(post)
        other = (
            others.filter(number=against)
            if against.isdecimal() and len(against) < 9
            else others.filter(number__lt=number)
        )
        before = other.first()
        first, second = (before, revision) if before is None or before.number < number else (revision, before)
        return self._show(
            request,
            post,
            "revision.html",
            title=f"{number}판: {post.title}",
            revision=revision,
            before=first,
            after=second,
            newest=others.values_list("number", flat=True).first(),
            facts=compare_facts(first, second),
            lines=compare_texts(first.body if first else "", second.body if second else ""),
            may_restore=request.user.has_perm("posts.change_post"),
        )

    def restore_view(self, request: HttpRequest, post_id: int, number: int) -> HttpResponse:
        """Bring a revision back."""
        if not request.user.has_perm("posts.change_post"):
            raise PermissionDenied
        post = find_post(request, post_id)
        if request.method == "POST":
            try:
                saved = restore_revision(
                    post_id=post.pk,
                    number=number,
                    editor_id=request.user.pk,
                    reason=request.POST.get("reason", "").strip(),
                )
            except PostRevision.DoesNotExist as error:
                raise Http404("이 판이 없습니다. 오래되어 정리되었을 수 있습니다.") from error
            if saved.is_changed:
                messages.success(request, f"{number}판의 내용으로 되돌렸습니다. 새 판은 {saved.revision}판입니다.")
            else:
                messages.info(request, f"지금 내용이 이미 {number}판과 같습니다.")
        return HttpResponseRedirect(reverse("admin:posts_post_change", args=[post.pk]))

    def _show(self, request: HttpRequest, post: Post, template: str, **facts: Any) -> HttpResponse:
        context = {**self.admin_site.each_context(request), "opts": Post._meta, "post": post, **facts}
        return TemplateResponse(request, f"admin/posts/post/{template}", context)


def find_post(request: HttpRequest, post_id: int) -> Post:
    """The post, for somebody who may see posts. Raises PermissionDenied, Http404."""
    if not request.user.has_perm("posts.view_post"):
        raise PermissionDenied
    post = Post.objects.filter(pk=post_id).first()
    if post is None:
        raise Http404("글이 없습니다. 목록에서 다시 고르세요.")
    return post


def select_revisions(post: Post) -> QuerySet[PostRevision]:
    """A post's revisions, the newest first."""
    return PostRevision.objects.filter(post=post).select_related("saved_by").order_by("-number")


def compare_facts(old: PostRevision | None, new: PostRevision) -> list[dict[str, Any]]:
    """What differs besides the body: title, relationship, pictures; each with the pieces of both sides."""
    found = []
    for label, name in (
        ("제목", "title"),
        ("판매자와의 관계", "relationship"),
        ("이미지", "images"),
        ("동영상", "videos"),
    ):
        left, right = (_word(revision, name) for revision in (old, new))
        if left != right:
            before, after = compare_lines(left, right)
            found.append({"label": label, "old": before, "new": after})
    return found


def _word(revision: PostRevision | None, name: str) -> str:
    if revision is None:
        return ""
    if name in ("images", "videos"):
        rows = revision.images if name == "images" else revision.videos
        return " / ".join(f"{_word_row(row)} ({str(row['sha256'])[:12]})" for row in rows)
    text = str(getattr(revision, name))
    return Relationship(text).label if name == "relationship" and text in Relationship.values else text


def _word_row(row: dict[str, Any]) -> str:
    below = f" [{row['caption']}]" if row.get("caption") else ""
    return f"{row['position']}. {row['alt']}{below}"
