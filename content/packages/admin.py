"""Packages on the desk: what was built of what, and the file itself."""

from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import FileResponse, Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.template.defaultfilters import filesizeformat
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from content.desk import format_number, link_to_post, shorten_hash
from content.packages.models import Asset, Package
from content.packages.selectors import is_file_there, locate_package
from perfhooks.desk import ReadOnlyAdmin, ago, link_to, pill


@admin.register(Package)
class PackageAdmin(ReadOnlyAdmin[Package]):
    """Every package that was built, the newest first."""

    list_display = ("post_title", "state", "size", "pictures", "template_id", "recipe", "built", "download")
    list_filter = ("is_current", "template_id")
    list_select_related = ("post",)
    search_fields = ("post__slug", "post__title", "recipe_hash", "trace_id")
    search_help_text = "글의 슬러그와 제목, 구성 지문, 추적 ID로 찾습니다"
    ordering = ("-built_at", "-id")
    empty_hint = "준비된 글을 처리하면 만들어집니다."
    fieldsets = (
        (None, {"fields": ("post_title", "state", "download", "size", "pictures")}),
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
        return [address, *super().get_urls()]

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
        place = locate_package(package)
        try:
            file = place.open("rb") if is_file_there(package) else None
        except OSError:
            file = None
        if file is None:
            return self._say_lost(request, package)
        return FileResponse(file, as_attachment=True, filename=place.name, content_type="application/zip")

    def _say_lost(self, request: HttpRequest, package: Package) -> HttpResponseBase:
        context = {**self.admin_site.each_context(request), "title": "패키지 파일이 없습니다", "package": package}
        return TemplateResponse(request, "admin/packages/package/lost.html", context, status=404)

    @admin.display(description="글", ordering="post__title")
    def post_title(self, package: Package) -> SafeString:
        """The post."""
        return link_to_post(package.post_id, package.post.title)

    @admin.display(description="상태", ordering="is_current")
    def state(self, package: Package) -> SafeString:
        """Whether it is the one to post."""
        return pill("현재", "ok") if package.is_current else pill("지난 판", "grey")

    @admin.display(description="크기", ordering="size_bytes")
    def size(self, package: Package) -> SafeString:
        """The file's size."""
        return format_html('<span class="num">{}</span>', filesizeformat(package.size_bytes))

    @admin.display(description="이미지", ordering="image_count")
    def pictures(self, package: Package) -> SafeString:
        """How many pictures it holds."""
        return format_number(package.image_count)

    @admin.display(description="구성 지문")
    def recipe(self, package: Package) -> SafeString:
        """The beginning of its recipe's fingerprint."""
        return shorten_hash(package.recipe_hash)

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
