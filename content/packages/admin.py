"""Packages on the desk: what was built of what, and the file itself."""

from collections.abc import Callable
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.template.defaultfilters import filesizeformat
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from content.desk import format_number, link_to_post, shorten_hash
from content.packages import uniqueadmin as uniqueadmin
from content.packages.models import Asset, Package
from content.packages.packagepages import PackagePages, say_lost, send_package, write_link
from content.packages.posting import PostedPackage, mark_posted, unmark_posted
from perfhooks.desk import ReadOnlyAdmin, ago, link_to, pill


class PostedFilter(admin.SimpleListFilter):
    """Packages that were posted, and those that were not."""

    title = "네이버"
    parameter_name = "posted"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """With or without an address."""
        return [("yes", "올림"), ("no", "올리지 않음")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Package]) -> QuerySet[Package]:
        """Those of the chosen kind."""
        if self.value() == "yes":
            return queryset.exclude(posted_url="")
        return queryset.filter(posted_url="") if self.value() == "no" else queryset


@admin.register(Package)
class PackageAdmin(PackagePages, ReadOnlyAdmin[Package]):
    """Every package that was built, the newest first."""

    list_display = ("name", "use", "state", "posted", "size", "template_id", "built", "download")
    list_display_links = ("name",)
    list_filter = ("is_current", "kind", PostedFilter, "template_id")
    change_form_template = "admin/packages/package/change_form.html"
    list_select_related = ("post",)
    search_fields = ("post__slug", "post__title", "recipe_hash", "trace_id")
    search_help_text = "글의 슬러그와 제목, 구성 지문, 추적 ID로 찾습니다"
    ordering = ("-built_at", "-id")
    empty_hint = "준비된 글을 처리하면 만들어집니다."
    fieldsets = (
        (
            None,
            {
                "fields": (
                    "post_title",
                    "use",
                    "state",
                    "posted",
                    "posted_by",
                    "download",
                    "size",
                    ("pictures", "clips"),
                )
            },
        ),
        (
            "무엇으로 만들었나",
            {
                "fields": (
                    ("template_id", "template_version", "variant"),
                    "recipe_version",
                    "table_version",
                    "disclosure_version",
                    "revision",
                    "as_of",
                )
            },
        ),
        ("기록", {"fields": ("built", "storage_path", "sha256", "recipe_hash", "trace_id")}),
    )

    def get_urls(self) -> list[URLPattern]:
        """The pages, and the download before them."""
        address = path(
            "<int:package_id>/download/",
            self.admin_site.admin_view(self.download_view),
            name="packages_package_download",
        )
        posted = [
            path(f"<int:package_id>/{name}/", self.admin_site.admin_view(view), name=f"packages_package_{name}")
            for name, view in (("posted", self.posted_view), ("unposted", self.unposted_view))
        ]
        return [address, *posted, *self.get_page_urls(), *super().get_urls()]

    def get_list_display(self, request: HttpRequest) -> tuple[str, ...]:
        """The columns; the way to the file only for who may take it."""
        return _offer_download(request, self.list_display)

    def get_fieldsets(self, request: HttpRequest, obj: Package | None = None) -> list[tuple[Any, Any]]:
        """The facts; the way to the file only for who may take it."""
        groups: Any = super().get_fieldsets(request, obj)
        return [(title, {**group, "fields": _offer_download(request, group["fields"])}) for title, group in groups]

    def download_view(self, request: HttpRequest, package_id: int) -> HttpResponseBase:
        """The file under its own name; a page with the fix (404) when it is gone or torn."""
        package = Package.objects.select_related("post").filter(pk=package_id).first()
        if not may_download(request):
            raise PermissionDenied
        if package is None:
            raise Http404("패키지가 없습니다. 목록에서 다시 고르세요.")
        sent = send_package(package)
        return sent or say_lost(self.admin_site, request, package)

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        """The facts, a link that ends by itself, and who may says where it was posted."""
        context["may_mark"] = may_mark(request)
        package = context.get("original")
        if package is not None and may_download(request):
            context["signed_link"], context["link_minutes"] = write_link(request, package)
        return super().render_change_form(request, context, *args, **kwargs)

    def posted_view(self, request: HttpRequest, package_id: int) -> HttpResponse:
        """Mark it as posted at the address that was given."""
        return self._mark(
            request,
            package_id,
            lambda: mark_posted(
                package_id=package_id, address=request.POST.get("address", ""), actor_id=request.user.pk
            ),
        )

    def unposted_view(self, request: HttpRequest, package_id: int) -> HttpResponse:
        """Take the mark back."""
        return self._mark(request, package_id, lambda: unmark_posted(package_id=package_id, actor_id=request.user.pk))

    def _mark(self, request: HttpRequest, package_id: int, mark: Callable[[], PostedPackage]) -> HttpResponse:
        package = Package.objects.filter(pk=package_id).first()
        if not may_mark(request):
            raise PermissionDenied
        if package is None:
            raise Http404("패키지가 없습니다. 목록에서 다시 고르세요.")
        where = reverse("admin:packages_package_change", args=[package_id])
        if request.method != "POST":
            return HttpResponseRedirect(where)
        try:
            done = mark()
        except ValidationError as error:
            context = {"marking_errors": error.messages, "typed": request.POST.get("address", "")}
            request.method = "GET"  # the page is to be shown again, with what was typed
            return self.changeform_view(request, str(package_id), extra_context=context)
        words = f"네이버 주소: {done.before or '없음'} → {done.url or '없음'}"
        if done.is_changed:
            self.log_change(request, package, words)
            messages.success(request, words)
        return HttpResponseRedirect(where)

    @admin.display(description="글", ordering="post__title")
    def name(self, package: Package) -> str:
        """The post's title, which leads to the package."""
        return package.post.title

    @admin.display(description="글")
    def post_title(self, package: Package) -> SafeString:
        """The post."""
        return link_to_post(package.post_id, package.post.title)

    @admin.display(description="상태", ordering="is_current")
    def state(self, package: Package) -> SafeString:
        """Whether it is the one to post."""
        return pill("현재", "ok") if package.is_current else pill("지난 판", "grey")

    @admin.display(description="네이버", ordering="posted_at")
    def posted(self, package: Package) -> SafeString:
        """Where it was posted, and when that was said."""
        if not package.posted_url:
            return pill("올리지 않음", "grey")
        link = format_html('<a href="{}" rel="noreferrer">올림</a>', package.posted_url)
        return format_html("{} {}", link, ago(package.posted_at))

    @admin.display(description="크기", ordering="size_bytes")
    def size(self, package: Package) -> SafeString:
        """The file's size."""
        return format_html('<span class="num">{}</span>', filesizeformat(package.size_bytes))

    @admin.display(description="이미지", ordering="image_count")
    def pictures(self, package: Package) -> SafeString:
        """How many pictures it holds."""
        return format_number(package.image_count)

    @admin.display(description="동영상", ordering="video_count")
    def clips(self, package: Package) -> SafeString:
        """How many clips it holds."""
        return format_number(package.video_count)

    @admin.display(description="쓰임", ordering="kind")
    def use(self, package: Package) -> SafeString:
        """The ordinary package, or a unique pack and its blog."""
        return pill(f"유니크 · {package.blog}", "warn") if package.blog else pill("네이버", "grey")

    @admin.display(description="만든 시각", ordering="built_at")
    def built(self, package: Package) -> SafeString:
        """When it was built."""
        return ago(package.built_at)

    @admin.display(description="내려받기")
    def download(self, package: Package) -> SafeString:
        """The file."""
        return link_to(reverse("admin:packages_package_download", args=[package.pk]), "내려받기")


def may_download(request: HttpRequest) -> bool:
    """Whether this person may take packages out of the house, to post them."""
    return request.user.has_perm("packages.download_package")


def may_mark(request: HttpRequest) -> bool:
    """Whether this person may say where packages were posted."""
    return request.user.has_perm("packages.change_package")


def _offer_download(request: HttpRequest, names: Any) -> tuple[Any, ...]:
    return tuple(name for name in names if name != "download" or may_download(request))


@admin.register(Asset)
class AssetAdmin(ReadOnlyAdmin[Asset]):
    """Product pictures that were fetched."""

    list_display = ("source_url", "suffix", "dimensions", "size", "fingerprint", "fetched")
    list_filter = ("suffix",)
    search_fields = ("source_url", "sha256")
    search_help_text = "주소와 SHA-256으로 찾습니다"
    ordering = ("-id",)
    empty_hint = "상품 카드를 쓰는 글을 처리하면 받아 옵니다."
    fields = ("source_url", "storage_name", "suffix", "dimensions", "size", "sha256", "fetched")

    @admin.display(description="픽셀")
    def dimensions(self, asset: Asset) -> str:
        """Width by height."""
        return f"{asset.width:,} x {asset.height:,}"

    @admin.display(description="크기", ordering="size_bytes")
    def size(self, asset: Any) -> SafeString:
        """The file's size."""
        return format_html('<span class="num">{}</span>', filesizeformat(asset.size_bytes))

    @admin.display(description="SHA-256")
    def fingerprint(self, asset: Asset) -> SafeString:
        """The beginning of its fingerprint."""
        return shorten_hash(asset.sha256)

    @admin.display(description="받은 시각", ordering="fetched_at")
    def fetched(self, asset: Asset) -> SafeString:
        """When it was fetched."""
        return ago(asset.fetched_at)
