"""Posts on the desk: written here, previewed here, and followed to their package."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Count, Exists, OuterRef, QuerySet, Subquery
from django.forms import BaseModelFormSet, ModelForm
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import URLPattern, path
from django.utils.safestring import SafeString

from content.desk import link_to_post, link_to_product
from content.packages.selectors import select_current
from content.posts.findings import ADVICE_KINDS
from content.posts.forms import ImageForm, PostForm
from content.posts.models import Post, PostFinding, PostImage, PostStatus
from content.posts.postpage import read_post_page, show_status
from content.posts.previewing import show_frame, show_preview
from content.posts.services import delete_post, save_post, store_images
from content.refresh.models import EntryState
from content.refresh.selectors import select_live
from perfhooks.desk import FastModelAdmin, ReadOnlyAdmin, ago, pill

if TYPE_CHECKING:
    _ImageInline = admin.TabularInline[PostImage, Post]
else:
    _ImageInline = admin.TabularInline


class FindingFilter(admin.SimpleListFilter):
    """Posts with something to mend; the dashboard's panel leads here."""

    title = "점검 사항"
    parameter_name = "findings__isnull"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """With or without."""
        return [("False", "있음"), ("True", "없음")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Post]) -> QuerySet[Post]:
        """Those of the chosen kind."""
        standing = Exists(PostFinding.objects.filter(post=OuterRef("pk")))
        if self.value() == "False":
            return queryset.filter(standing)
        return queryset.exclude(standing) if self.value() == "True" else queryset


class PackageFilter(admin.SimpleListFilter):
    """Posts with and without a package."""

    title = "패키지"
    parameter_name = "package"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """With or without."""
        return [("yes", "있음"), ("no", "없음")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Post]) -> QuerySet[Post]:
        """Those of the chosen kind."""
        packaged = Exists(select_current().filter(post=OuterRef("pk")))
        if self.value() == "yes":
            return queryset.filter(packaged)
        return queryset.exclude(packaged) if self.value() == "no" else queryset


class ImageInline(_ImageInline):
    """The post's own pictures."""

    model = PostImage
    form = ImageForm
    extra = 1
    ordering = ("position",)


@admin.register(Post)
class PostAdmin(FastModelAdmin[Post]):
    """Posts. Saving goes through the service, which queues the post when readers would see a difference."""

    form = PostForm
    inlines = (ImageInline,)
    list_display = ("title", "state", "matched", "finding_state", "package_state", "queue_state", "changed")
    list_filter = ("status", FindingFilter, PackageFilter, "relationship")
    list_select_related = ("match_decision__product",)
    search_fields = ("slug", "title")
    search_help_text = "슬러그와 제목으로 찾습니다"
    ordering = ("-updated_at", "-id")
    empty_hint = "오른쪽 위의 '글 추가'로 첫 글을 쓰세요."
    change_form_template = "admin/posts/post/change_form.html"
    fields = ("title", "slug", "body", ("relationship", "status"), "seen")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Post]:
        """Posts with the counts and states that the list shows."""
        own = OuterRef("pk")
        standing = PostFinding.objects.filter(post=own).order_by().values("post").annotate(number=Count("pk"))
        posts: QuerySet[Post] = super().get_queryset(request)
        return posts.annotate(
            finding_count=Subquery(standing.values("number")),
            packaged_at=Subquery(select_current().filter(post=own).values("built_at")[:1]),
            queued_as=Subquery(select_live().filter(post=own).values("state")[:1]),
        )

    def get_readonly_fields(self, request: HttpRequest, obj: Post | None = None) -> tuple[str, ...]:
        """The slug is the post's key: packages carry it in their names. Only who may publish takes back what is published."""
        is_fixed = obj is not None and obj.status == PostStatus.PUBLISHED and not may_publish(request)
        return (*(("slug",) if obj else ()), *(("status",) if is_fixed else ()))

    def formfield_for_choice_field(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """Who may not publish is not offered that state."""
        if db_field.name == "status" and not may_publish(request):
            kwargs["choices"] = [choice for choice in PostStatus.choices if choice[0] != PostStatus.PUBLISHED]
        return super().formfield_for_choice_field(db_field, request, **kwargs)

    def get_urls(self) -> list[URLPattern]:
        """The pages, and the previews before them."""
        wrap = self.admin_site.admin_view
        previews = [
            path("<int:post_id>/preview/", wrap(self.preview_view), name="posts_post_preview"),
            path("<int:post_id>/preview/frame/", wrap(self.frame_view), name="posts_post_preview_frame"),
        ]
        return [*previews, *super().get_urls()]

    def save_model(self, request: HttpRequest, obj: Post, form: Any, change: bool) -> None:
        """Save through the service."""
        saved = save_post(
            slug=obj.slug,
            title=obj.title,
            body=obj.body,
            relationship=obj.relationship,
            status=obj.status,
            author_id=None if change else request.user.pk,
        )
        obj.pk = saved.post_id
        obj._state.adding = False
        if saved.findings:
            messages.warning(request, f"저장했습니다. 점검할 것이 {len(saved.findings)}건 있습니다. 아래에서 보세요.")

    def save_formset(
        self, request: HttpRequest, form: Any, formset: BaseModelFormSet[Any, ModelForm[Any]], change: bool
    ) -> None:
        """Save the pictures through the service."""
        changed = formset.save(commit=False)
        if changed or formset.deleted_objects:
            store_images(post_id=form.instance.pk, changed=changed, deleted=formset.deleted_objects)

    def get_deleted_objects(
        self, objs: Any, request: HttpRequest
    ) -> tuple[list[Any], dict[str, int], set[str], list[str]]:
        """What hangs on a post (packages, queue, matches) goes with it, though nobody deletes that by itself."""
        to_delete, counts, _permissions, protected = super().get_deleted_objects(objs, request)
        return to_delete, counts, set(), protected

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
            context["page"] = read_post_page(obj)
        return super().render_change_form(request, context, add, change, form_url, obj)

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
        """Where it stands."""
        return show_status(post)

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

    @admin.display(description="수정", ordering="updated_at")
    def changed(self, post: Post) -> SafeString:
        """When it last changed."""
        return ago(post.updated_at)


def may_publish(request: HttpRequest) -> bool:
    """Whether this person may declare posts published."""
    return request.user.has_perm("posts.publish_post")


@admin.register(PostFinding)
class PostFindingAdmin(ReadOnlyAdmin[PostFinding]):
    """What stands against posts, the newest first."""

    list_display = ("message", "severity", "kind", "line", "post_title", "found")
    list_filter = ("kind",)
    list_select_related = ("post",)
    search_fields = ("message", "=sku", "post__slug", "post__title")
    search_help_text = "내용, SKU, 글의 슬러그와 제목으로 찾습니다"
    ordering = ("-id",)
    empty_hint = "글에 고칠 것이 없다는 뜻입니다."

    @admin.display(description="정도")
    def severity(self, finding: PostFinding) -> SafeString:
        """Whether it keeps the post from being packaged."""
        return pill("권고", "warn") if finding.kind in ADVICE_KINDS else pill("패키지 막음", "bad")

    @admin.display(description="글", ordering="post__title")
    def post_title(self, finding: PostFinding) -> SafeString:
        """The post."""
        return link_to_post(finding.post_id, finding.post.title)

    @admin.display(description="발견", ordering="found_at")
    def found(self, finding: PostFinding) -> SafeString:
        """When it was found."""
        return ago(finding.found_at)
