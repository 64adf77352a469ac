"""Posts on the desk: written here, previewed here, and followed to their package."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import Count, Exists, OuterRef, QuerySet, Subquery
from django.forms import BaseModelFormSet, ModelForm
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from content.desk import link_to_post, link_to_product
from content.disclosure.fixing import LiteralConflict, replace_literal
from content.disclosure.prices import is_hidden, is_stale
from content.disclosure.selectors import select_live_with_literals
from content.packages.selectors import select_current
from content.posts.findings import ADVICE_KINDS
from content.posts.forms import ImageForm, PostForm
from content.posts.models import Post, PostFinding, PostImage, PostStatus
from content.posts.postpage import read_post_page, show_status
from content.posts.preview import FRAME_POLICY, WIDTHS, make_preview
from content.posts.services import delete_post, save_post, store_images
from content.refresh.models import EntryState
from content.refresh.selectors import select_live
from perfhooks.desk import FastModelAdmin, ReadOnlyAdmin, ago, pill
from products.catalog.selectors import select_posts_with_stale_prices, select_shown_by

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


class LiteralFilter(admin.SimpleListFilter):
    """Ready and published posts with typed-in prices; the dashboard's panel leads here."""

    title = "고정 가격 문구"
    parameter_name = "literals"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Live posts with literals, or any post with."""
        return [("live", "준비됨·게시됨에 있음"), ("any", "있음")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Post]) -> QuerySet[Post]:
        """Those of the chosen kind."""
        if self.value() == "live":
            return queryset.filter(pk__in=select_live_with_literals().values("pk"))
        return queryset.filter(price_literals__isnull=False).distinct() if self.value() == "any" else queryset


class PriceAgeFilter(admin.SimpleListFilter):
    """Posts that show a price which nobody confirmed for long."""

    title = "가격 확인"
    parameter_name = "price"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Stale, or so old that the number is not shown."""
        hidden = settings.PRICE_HIDDEN_HOURS
        choices = [("stale", f"{settings.PRICE_STALE_HOURS}시간 넘음")]
        return [*choices, ("hidden", f"{hidden}시간 넘음(숫자 숨김)")] if hidden else choices

    def queryset(self, request: HttpRequest, queryset: QuerySet[Post]) -> QuerySet[Post]:
        """Those of the chosen kind."""
        limits = {"stale": settings.PRICE_STALE_HOURS, "hidden": settings.PRICE_HIDDEN_HOURS}
        hours = limits.get(self.value() or "", 0)
        return queryset.filter(pk__in=select_posts_with_stale_prices(hours=hours)) if hours else queryset


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
    list_filter = ("status", FindingFilter, LiteralFilter, PriceAgeFilter, PackageFilter, "relationship")
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
            oldest_name=Subquery(select_shown_by(own).values("name")[:1]),
            oldest_check=Subquery(select_shown_by(own).values("price_checked_at")[:1]),
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
            path("<int:post_id>/literal/", wrap(self.literal_view), name="posts_post_literal"),
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
        """The page around the frame, with the switch of widths."""
        post = self._get_visible(request, post_id)
        width = request.GET.get("width", "")
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": f"미리보기: {post.title}",
            "post": post,
            "page": read_post_page(post),
            "widths": WIDTHS,
            "width": width if width in WIDTHS else "mobile",
        }
        return TemplateResponse(request, "admin/posts/post/preview.html", context)

    def literal_view(self, request: HttpRequest, post_id: int) -> HttpResponse:
        """Put the placeholder in the place of one typed-in price, as one click asks."""
        post = self._get_visible(request, post_id)
        if request.method != "POST" or not self.has_change_permission(request, post):
            raise PermissionDenied
        try:
            literal_id = int(request.POST.get("literal", ""))
            fixed = replace_literal(literal_id=literal_id, post_id=post_id, seen=request.POST.get("seen", ""))
        except (LiteralConflict, ValueError) as conflict:
            words = str(conflict) if isinstance(conflict, LiteralConflict) else "문구: 목록의 단추로 고르세요."
            messages.error(request, words)
        except ValidationError as refused:
            messages.error(request, " ".join(refused.messages))
        else:
            words = f"'{fixed.text}' 대신 {fixed.placeholder}" if fixed.placeholder else f"'{fixed.text}' 지움"
            messages.success(request, f"고쳤습니다: {words}")
            self.log_change(request, post, f"고정 가격 문구를 고침: {words}")
        return HttpResponseRedirect(f"{reverse('admin:posts_post_change', args=[post_id])}#literals")

    def frame_view(self, request: HttpRequest, post_id: int) -> HttpResponse:
        """The rendered post, alone in a document that may run and load nothing."""
        post = self._get_visible(request, post_id)
        response = TemplateResponse(request, "posts/frame.html", {"preview": make_preview(post.pk)})
        response.headers["Content-Security-Policy"] = FRAME_POLICY
        response.headers["Cache-Control"] = "no-store"
        return response

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
