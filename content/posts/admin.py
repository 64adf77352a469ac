"""Posts on the desk: written here, previewed here, and followed to their package."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Count, OuterRef, QuerySet, Subquery
from django.forms import BaseModelFormSet, ModelForm
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from content.desk import NamedRows, link_to_product
from content.disclosure.prices import is_hidden, is_stale
from content.packages.selectors import select_current
from content.posts.bulkactions import PostActions, act_as
from content.posts.findingadmin import PostFindingAdmin
from content.posts.forms import ImageForm, PostForm
from content.posts.listfilters import FindingFilter, HeldBackFilter, LiteralFilter, PackageFilter, PriceAgeFilter
from content.posts.literalpages import LiteralPages
from content.posts.locks import explain_lock, open_lock, release_lock
from content.posts.models import Post, PostFinding, PostImage, PostStatus, PostVideo
from content.posts.postpage import read_post_page, show_status, show_time
from content.posts.previewing import show_frame, show_preview
from content.posts.publishing import StatusRefused, change_status
from content.posts.revisionpages import RevisionPages
from content.posts.services import Authorship, delete_post, save_post, store_images
from content.posts.states import FIRST_STATES, PUBLISH_RIGHT, PUBLISHER_STATES, list_transitions
from content.posts.videos import VideoForm
from content.refresh.models import EntryState
from content.refresh.selectors import select_live
from perfhooks.desk import FastModelAdmin, ago, pill
from products.catalog.selectors import select_shown_by

if TYPE_CHECKING:
    _ImageInline = admin.TabularInline[PostImage, Post]
    _VideoInline = admin.TabularInline[PostVideo, Post]
else:
    _ImageInline = _VideoInline = admin.TabularInline

admin.site.register(PostFinding, PostFindingAdmin)


class ImageInline(_ImageInline):
    """The post's own pictures."""

    model = PostImage
    form = ImageForm
    formset = NamedRows
    extra = 1
    ordering = ("position",)


class VideoInline(_VideoInline):
    """The post's own clips."""

    model = PostVideo
    form = VideoForm
    formset = NamedRows
    extra = 0
    ordering = ("position",)


@admin.register(Post)
class PostAdmin(PostActions, RevisionPages, LiteralPages, FastModelAdmin[Post]):
    """Posts. Saving goes through the service, which queues the post when readers would see a difference."""

    form = PostForm
    inlines = (ImageInline, VideoInline)
    list_display = (
        "title",
        "state",
        "matched",
        "finding_state",
        "package_state",
        "queue_state",
        "price_age",
        "changed",
    )
    list_filter = (
        "status",
        FindingFilter,
        LiteralFilter,
        PriceAgeFilter,
        PackageFilter,
        HeldBackFilter,
        "relationship",
    )
    list_select_related = ("match_decision__product",)
    search_fields = ("slug", "title")
    search_help_text = "슬러그와 제목으로 찾습니다"
    ordering = ("-updated_at", "-id")
    empty_hint = "오른쪽 위의 '글 추가'로 첫 글을 쓰세요."
    change_form_template = "admin/posts/post/change_form.html"
    fields = ("title", "slug", "body", ("relationship", "variant"), ("status", "publish_at"), "reason", "seen")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Post]:
        """Posts with the counts and states that the list shows."""
        own = OuterRef("pk")
        standing = PostFinding.objects.filter(post=own).order_by().values("post").annotate(number=Count("pk"))
        posts: QuerySet[Post] = super().get_queryset(request)
        return posts.annotate(
            finding_count=Subquery(standing.values("number")),
            packaged_at=Subquery(select_current().filter(post=own).values("built_at")[:1]),
            queued_as=Subquery(select_live().filter(post=own).values("state")[:1]),
            oldest_name=Subquery(select_shown_by(own).values("name")[:1]),
            oldest_check=Subquery(select_shown_by(own).values("price_checked_at")[:1]),
        )

    def get_readonly_fields(self, request: HttpRequest, obj: Post | None = None) -> tuple[str, ...]:
        """The slug is the post's key: packages carry it in their names. Only who may publish takes back what is public."""
        is_fixed = obj is not None and obj.status in PUBLISHER_STATES and not may_publish(request)
        times = () if obj and may_publish(request) else ("publish_at",)
        return (*(("slug",) if obj else ()), *(("status",) if is_fixed else ()), *times)

    def get_form(self, request: HttpRequest, obj: Post | None = None, change: bool = False, **kwargs: Any) -> Any:
        """The form, which knows who fills it in and where the post may go from here."""
        form: Any = super().get_form(request, obj, change=change, **kwargs)
        form.editor_id = request.user.pk
        ways = [way.target for way in list_transitions(obj.status, request.user.has_perm)] if obj else []
        form.states = [obj.status, *ways] if obj else [state for state in FIRST_STATES if state not in PUBLISHER_STATES]
        return form

    def get_urls(self) -> list[URLPattern]:
        """The pages, and the previews before them."""
        wrap = self.admin_site.admin_view
        previews = [
            path("<int:post_id>/preview/", wrap(self.preview_view), name="posts_post_preview"),
            path("<int:post_id>/preview/frame/", wrap(self.frame_view), name="posts_post_preview_frame"),
            path("<int:post_id>/take-over/", wrap(self.take_over_view), name="posts_post_take_over"),
        ]
        return [
            *previews,
            *self.get_batch_urls(),
            *self.get_revision_urls(),
            *self.get_literal_urls(),
            *super().get_urls(),
        ]

    def save_model(self, request: HttpRequest, obj: Post, form: Any, change: bool) -> None:
        """Save through the service, then move the post where the editor wants it, if that may be."""
        reason = form.cleaned_data.get("reason", "")
        saved = save_post(
            slug=obj.slug,
            title=obj.title,
            body=obj.body,
            relationship=obj.relationship,
            status=None if change else obj.status,
            variant=obj.variant,
            author_id=None if change else request.user.pk,
            editor_id=request.user.pk,
            reason=reason,
        )
        obj.pk = saved.post_id
        obj._state.adding = False
        form.authorship = Authorship(request.user.pk, reason, is_same_save=bool(saved.revision))
        if saved.findings:
            messages.warning(request, f"저장했습니다. 점검할 것이 {len(saved.findings)}건 있습니다. 아래에서 보세요.")

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """The pictures, and then the state: what is published has them."""
        super().save_related(request, form, formsets, change)
        if change:
            self._move(request, form.instance)

    def _move(self, request: HttpRequest, post: Post) -> None:
        target = request.POST.get("_move") or post.status
        try:
            change_status(
                post_id=post.pk,
                target=target if target in PostStatus.values else post.status,
                actor=act_as(request),
                reason=request.POST.get("reason", ""),
                publish_at=post.publish_at if target == PostStatus.SCHEDULED else None,
            )
        except StatusRefused as refusal:
            messages.error(request, f"내용은 저장했고 상태는 그대로입니다. {refusal}")

    def save_formset(
        self, request: HttpRequest, form: Any, formset: BaseModelFormSet[Any, ModelForm[Any]], change: bool
    ) -> None:
        """Save the pictures through the service."""
        changed = formset.save(commit=False)
        if changed or formset.deleted_objects:
            store_images(
                post_id=form.instance.pk, changed=changed, deleted=formset.deleted_objects, author=form.authorship
            )

    def response_change(self, request: HttpRequest, obj: Post) -> HttpResponse:
        """Who leaves the post lets go of it."""
        if "_continue" not in request.POST:
            release_lock(post_id=obj.pk, user_id=request.user.pk or 0)
        return super().response_change(request, obj)

    def get_deleted_objects(
        self, objs: Any, request: HttpRequest
    ) -> tuple[list[Any], dict[str, int], set[str], list[str]]:
        """What hangs on a post (packages, queue, matches) goes with it, though nobody deletes that by itself.

        What readers see, or are to see, goes only by a publisher's hand.
        """
        to_delete, counts, _permissions, protected = super().get_deleted_objects(objs, request)
        bound = [] if may_publish(request) else [post for post in objs if post.status in PUBLISHER_STATES]
        return to_delete, counts, set(), [*protected, *(f"{post} ({post.get_status_display()})" for post in bound)]

    def delete_model(self, request: HttpRequest, obj: Post) -> None:
        """Delete through the service."""
        delete_post(post_id=obj.pk)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Post]) -> None:
        """Delete through the service."""
        for post_id in queryset.values_list("pk", flat=True):
            delete_post(post_id=post_id)

    def render_change_form(
        self,
        request: HttpRequest,
        context: dict[str, Any],
        add: bool = False,
        change: bool = False,
        form_url: str = "",
        obj: Post | None = None,
    ) -> HttpResponse:
        """The form with how the post stands above it and what happened below."""
        if obj is not None:
            # What stands above the form is what is stored, not what was typed.
            stored = Post.objects.select_related("match_decision__product").get(pk=obj.pk)
            context["page"] = read_post_page(stored)
            context["ways"] = list_transitions(stored.status, request.user.has_perm)
            context["lock"] = self._open(request, stored)
        return super().render_change_form(request, context, add, change, form_url, obj)

    def _open(self, request: HttpRequest, post: Post) -> str:
        """Take the post for an editor; the words for somebody who comes too late."""
        if not self.has_change_permission(request, post):
            return ""
        state = open_lock(post_id=post.pk, user_id=request.user.pk or 0)
        return "" if state.is_mine else explain_lock(state)

    def take_over_view(self, request: HttpRequest, post_id: int) -> HttpResponse:
        """The post passes to who asks for it."""
        post = Post.objects.filter(pk=post_id).first()
        if not self.has_change_permission(request, post):
            raise PermissionDenied
        if post is None:
            raise Http404("글이 없습니다. 목록에서 다시 고르세요.")
        if request.method == "POST":
            open_lock(post_id=post.pk, user_id=request.user.pk or 0, is_taken_over=True)
            messages.success(request, "편집을 넘겨받았습니다. 앞서 편집하던 사람은 저장할 때 이 사실을 봅니다.")
        return HttpResponseRedirect(reverse("admin:posts_post_change", args=[post.pk]))

    def preview_view(self, request: HttpRequest, post_id: int) -> HttpResponse:
        """The page around the frame, with the choice of template, variant and width."""
        return show_preview(request, self._get_visible(request, post_id), desk=self)

    def frame_view(self, request: HttpRequest, post_id: int) -> HttpResponse:
        """The rendered post, alone in a document that may run and load nothing."""
        return show_frame(request, self._get_visible(request, post_id))

    def _get_visible(self, request: HttpRequest, post_id: int) -> Post:
        post = Post.objects.select_related("match_decision__product").filter(pk=post_id).first()
        if not self.has_view_permission(request, post):
            raise PermissionDenied
        if post is None:
            raise Http404("글이 없습니다. 목록에서 다시 고르세요.")
        return post

    @admin.display(description="상태", ordering="status")
    def state(self, post: Post) -> SafeString:
        """Where it stands, and when it is to be published."""
        return format_html("{} {}", show_status(post), show_time(post)) if post.publish_at else show_status(post)

    @admin.display(description="매칭 상품")
    def matched(self, post: Post) -> SafeString:
        """The product that matching chose."""
        decision = getattr(post, "match_decision", None)
        product = decision.product if decision else None
        return link_to_product(product.pk, product.name) if product else pill("없음", "grey")

    @admin.display(description="점검", ordering="finding_count")
    def finding_state(self, post: Any) -> SafeString:
        """How many findings stand."""
        return pill(f"{post.finding_count}건", "bad") if post.finding_count else pill("없음", "ok")

    @admin.display(description="패키지", ordering="packaged_at")
    def package_state(self, post: Any) -> SafeString:
        """When its current package was built."""
        return ago(post.packaged_at) if post.packaged_at else pill("없음", "grey")

    @admin.display(description="대기열")
    def queue_state(self, post: Any) -> SafeString:
        """Whether it waits or is being worked on."""
        return pill(EntryState(post.queued_as).label, "warn") if post.queued_as else pill("없음", "grey")

    @admin.display(description="가격 확인")
    def price_age(self, post: Any) -> SafeString:
        """When the oldest of the prices shown was confirmed, and of which product."""
        if not post.oldest_name:
            return pill("가격 없음", "grey")
        if post.oldest_check is None:
            return format_html('{} <span class="muted">{}</span>', pill("확인 전", "bad"), post.oldest_name)
        if not is_stale(post.oldest_check):
            return ago(post.oldest_check)
        word = pill("숨김" if is_hidden(post.oldest_check) else "오래됨", "bad")
        return format_html('{} {} <span class="muted">{}</span>', word, ago(post.oldest_check), post.oldest_name)

    @admin.display(description="수정", ordering="updated_at")
    def changed(self, post: Post) -> SafeString:
        """When it last changed."""
        return ago(post.updated_at)


def may_publish(request: HttpRequest) -> bool:
    """Whether this person may declare posts published."""
    return request.user.has_perm(PUBLISH_RIGHT)
