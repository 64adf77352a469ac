"""The pages of a package besides its facts: what is in it, and the file for whoever has a signed link."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import path, reverse

from content.desk import FRAME_POLICY
from content.packages.links import LinkRefused, read_link, sign_link
from content.packages.models import Package
from content.packages.previewing import PackageUnreadable, make_preview, read_manifest
from content.packages.selectors import is_file_there
from content.packages.storage import get_storage
from content.posts.preview import WIDTHS

if TYPE_CHECKING:
    from django.urls import URLPattern

OUT_OF_REACH = (
    "패키지를 둔 곳이 답하지 않습니다. 잠시 뒤 다시 열고, 계속되면 저장소 설정(PACKAGE_STORAGE)을 확인하세요."
)


class PackagePages:
    """The pages, for the packages' admin to inherit."""

    admin_site: admin.AdminSite
    opts: Any

    def get_page_urls(self) -> list[URLPattern]:
        """Preview, its frame, and the file behind a signed link."""
        wrap = self.admin_site.admin_view
        return [
            path("<int:package_id>/preview/", wrap(self.preview_view), name="packages_package_preview"),
            path("<int:package_id>/preview/frame/", wrap(self.frame_view), name="packages_package_frame"),
            # No account is asked for: the signature is the right, and it ends by itself.
            path("file/<str:token>/", self.file_view, name="packages_package_file"),
        ]

    def preview_view(self, request: HttpRequest, package_id: int) -> HttpResponse:
        """The list of files beside the page in a frame."""
        package = self._get_visible(request, package_id)
        width = request.GET.get("width", "")
        try:
            manifest = read_manifest(package)
        except PackageUnreadable:
            return say_lost(self.admin_site, request, package)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": f"패키지 미리보기: {package.post.title}",
            "package": package,
            "manifest": manifest,
            "files": sorted(manifest["images"] + manifest["videos"], key=lambda file: (file["order"], file["name"])),
            "width": width if width in WIDTHS else "mobile",
            "widths": WIDTHS.items(),
        }
        return TemplateResponse(request, "admin/packages/package/preview.html", context)

    def frame_view(self, request: HttpRequest, package_id: int) -> HttpResponse:
        """The page of the package, alone in a document that may run and load nothing."""
        package = self._get_visible(request, package_id)
        try:
            preview = make_preview(package)
        except PackageUnreadable as error:
            raise Http404("패키지 파일이 없습니다.") from error
        response = TemplateResponse(request, "posts/frame.html", {"preview": preview})
        response.headers["Content-Security-Policy"] = FRAME_POLICY
        response.headers["Cache-Control"] = "no-store"
        return response

    def file_view(self, request: HttpRequest, token: str) -> HttpResponseBase:
        """The file, for whoever holds a link that has not ended."""
        try:
            package = Package.objects.filter(pk=read_link(token)).first()
        except LinkRefused as refusal:
            status = 410 if refusal.is_expired else 404
            return HttpResponse(str(refusal), status=status, content_type="text/plain; charset=utf-8")
        if package is None:
            return HttpResponse("패키지가 없습니다.", status=404, content_type="text/plain; charset=utf-8")
        status = 503 if is_out_of_reach(package) else 404
        words = OUT_OF_REACH if status == 503 else "패키지 파일이 없습니다."
        return send_package(package) or HttpResponse(words, status=status, content_type="text/plain; charset=utf-8")

    def _get_visible(self, request: HttpRequest, package_id: int) -> Package:
        if not request.user.has_perm("packages.view_package"):
            raise PermissionDenied
        package = Package.objects.select_related("post").filter(pk=package_id).first()
        if package is None:
            raise Http404("패키지가 없습니다. 목록에서 다시 고르세요.")
        return package


def send_package(package: Package) -> FileResponse | None:
    """The file under its own name, read in pieces; None when it is gone or torn."""
    name = package.storage_path
    try:
        file = get_storage().open(name) if is_file_there(package) else None
    except OSError:
        return None
    if file is None:
        return None
    response = FileResponse(file, as_attachment=True, filename=name.rpartition("/")[2], content_type="application/zip")
    response.headers["Cache-Control"] = "private, no-store"
    return response


def is_out_of_reach(package: Package) -> bool:
    """Whether the storage does not answer at all: its file need not be gone."""
    try:
        is_file_there(package)
    except OSError:
        return True
    return False


def say_lost(site: admin.AdminSite, request: HttpRequest, package: Package) -> HttpResponse:
    """The page that says that the file is gone (404), or that the storage does not answer (503)."""
    is_silent = is_out_of_reach(package)
    context = {
        **site.each_context(request),
        "title": "패키지를 읽을 수 없습니다" if is_silent else "패키지 파일이 없습니다",
        "package": package,
        "out_of_reach": OUT_OF_REACH if is_silent else "",
    }
    status = 503 if is_silent else 404
    return TemplateResponse(request, "admin/packages/package/lost.html", context, status=status)


def write_link(request: HttpRequest, package: Package) -> tuple[str, int]:
    """An absolute signed link to the file, and for how many minutes it opens."""
    address = reverse("admin:packages_package_file", args=[sign_link(package.pk)])
    return request.build_absolute_uri(address), max(1, settings.PACKAGE_LINK_SECONDS // 60)
