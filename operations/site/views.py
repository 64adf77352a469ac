"""What readers and search engines ask for: pages, pictures, maps. Only GET and HEAD; no session, no cookie, no script."""

from datetime import datetime
from http import HTTPStatus
from unicodedata import normalize

from django.conf import settings
from django.core.files.storage import default_storage
from django.core.paginator import Paginator
from django.http import FileResponse, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.template.loader import render_to_string
from django.utils.cache import get_conditional_response
from django.utils.http import http_date, quote_etag
from django.views.decorators.http import require_safe

from content.posts.selectors import find_public_post, select_public
from operations.site.addresses import make_absolute
from operations.site.services import read_page
from operations.site.sitemap import count_parts, write_index, write_part

POLICY = "; ".join(
    (
        "default-src 'none'",
        "img-src 'self' data:",
        "style-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'self'",
    )
)
PAGE_CACHE = "public, max-age=0, must-revalidate"
"""Kept by whoever likes, but asked for each time: a price that changed must not be shown from an old copy."""
PICTURE_CACHE = "public, max-age=31536000, immutable"
LIST_SIZE = 20
XML = "application/xml; charset=utf-8"


@require_safe
def show_post(request: HttpRequest, slug: str) -> HttpResponseBase:
    """A published post; 410 for one that was archived, 404 for everything else."""
    post = find_public_post(normalize("NFC", slug)) if "\x00" not in slug else None
    if post is not None and post.is_published:
        page = read_page(post)
        return _answer(request, page.html, etag=page.etag, changed_at=page.changed_at)
    if post is not None and post.is_archived:
        return _say("site/gone.html", HTTPStatus.GONE)
    return _say("site/missing.html", HTTPStatus.NOT_FOUND)


@require_safe
def list_posts(request: HttpRequest) -> HttpResponseBase:
    """The published posts, the newest first."""
    posts = select_public().only("slug", "title", "published_at").order_by("-published_at", "-id")
    page = Paginator(posts, LIST_SIZE).get_page(request.GET.get("page"))
    context = {"page": page, "site_name": settings.SITE_NAME, "canonical": make_absolute("/posts/")}
    return _protect(HttpResponse(render_to_string("site/posts.html", context)))


@require_safe
def send_picture(request: HttpRequest, name: str) -> HttpResponseBase:
    """A picture of our own storage. Its name is its fingerprint, so that a copy never grows old."""
    etag = quote_etag(name.rpartition("/")[2].partition(".")[0])
    if not default_storage.exists(name):
        return _say("site/missing.html", HTTPStatus.NOT_FOUND)
    unchanged = get_conditional_response(request, etag=etag, last_modified=None, response=None)
    response: HttpResponseBase = unchanged or FileResponse(default_storage.open(name, "rb"))
    response.headers["ETag"] = etag
    response.headers["Cache-Control"] = PICTURE_CACHE
    response.headers["Content-Security-Policy"] = "default-src 'none'"
    return response


@require_safe
def show_sitemap(request: HttpRequest) -> HttpResponseBase:
    """All published posts, or the list of the parts when they are more than one map may hold."""
    parts = count_parts()
    return HttpResponse(write_index(parts) if parts > 1 else write_part(1), content_type=XML)


@require_safe
def show_sitemap_part(request: HttpRequest, number: int) -> HttpResponseBase:
    """One part of the map, counted from 1."""
    if not 1 <= number <= max(count_parts(), 1):
        return _say("site/missing.html", HTTPStatus.NOT_FOUND)
    return HttpResponse(write_part(number), content_type=XML)


@require_safe
def show_robots(request: HttpRequest) -> HttpResponseBase:
    """What search engines may read, and where the map is."""
    lines = [
        "User-agent: *",
        "Disallow: /admin/",
        "Disallow: /api/",
        "",
        f"Sitemap: {make_absolute('/sitemap.xml')}",
        "",
    ]
    return HttpResponse("\n".join(lines), content_type="text/plain; charset=utf-8")


def _answer(request: HttpRequest, html: str, *, etag: str, changed_at: datetime) -> HttpResponseBase:
    quoted, stamp = quote_etag(etag), int(changed_at.timestamp())
    unchanged = get_conditional_response(request, etag=quoted, last_modified=stamp, response=None)
    response: HttpResponseBase = unchanged or HttpResponse(html)
    response.headers["ETag"] = quoted
    response.headers["Last-Modified"] = http_date(stamp)
    response.headers["Cache-Control"] = PAGE_CACHE
    return _protect(response)


def _say(template: str, status: HTTPStatus) -> HttpResponseBase:
    response = HttpResponse(render_to_string(template, {"site_name": settings.SITE_NAME}), status=status)
    response.headers["Cache-Control"] = "no-cache"
    return _protect(response)


def _protect(response: HttpResponseBase) -> HttpResponseBase:
    response.headers["Content-Security-Policy"] = POLICY
    return response
