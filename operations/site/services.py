"""Serving a post's page: as it was rendered last, unless something that it shows has another number by now."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.utils import timezone

from content.cro.services import compose_post, find_oldest_check
from content.posts.selectors import PublicPost, get_public_post
from operations.site.documents import build_document, fingerprint_source
from operations.site.models import SitePage
from perfhooks.trace import current_trace_id
from products.catalog.selectors import get_facts_by_id

CHOSEN = ""
"""The variant that the post itself names."""


@dataclass(frozen=True, slots=True)
class ServedPage:
    """A page for its reader."""

    html: str
    etag: str
    changed_at: datetime


def read_page(post: PublicPost, *, variant: str = CHOSEN) -> ServedPage:
    """The page of a published post: two queries while nothing changed, else it is rendered and kept."""
    page = SitePage.objects.filter(post_id=post.id, variant=variant).first()
    key = fingerprint_source(post, variant=variant)
    if page is None or page.source_key != key or _is_old(page) or not _shows_current(page):
        page = _render(post, variant=variant, key=key, held=page)
    return ServedPage(page.html, page.etag, page.changed_at)


def renew_page(*, post_id: int, variant: str = CHOSEN) -> bool:
    """Render a published post's page now; whether its readers see another one than before."""
    post = get_public_post(post_id)
    if post is None or not post.is_published:
        return False
    held = SitePage.objects.filter(post_id=post_id, variant=variant).first()
    page = _render(post, variant=variant, key=fingerprint_source(post, variant=variant), held=held)
    return held is None or page.etag != held.etag


def _is_old(page: SitePage) -> bool:
    """Prices that nobody checks grow stale without any number changing; so a page is looked at again after a while."""
    return page.rendered_at < timezone.now() - timedelta(seconds=settings.SITE_PAGE_MAX_AGE_SECONDS)


def _shows_current(page: SitePage) -> bool:
    if not page.products:
        return True
    now = get_facts_by_id(map(int, page.products))
    revisions = {str(key): facts.revision for key, facts in now.items()}
    return revisions == page.products and find_oldest_check(now.values()) == page.as_of


def _render(post: PublicPost, *, variant: str, key: str, held: SitePage | None) -> SitePage:
    rendered = compose_post(post_id=post.id, target="page", variant=variant or None)
    document = build_document(post, rendered)
    now = timezone.now()
    values = {
        "source_key": key,
        "products": {str(product): revision for product, revision in rendered.products.items()},
        "as_of": rendered.as_of,
        "summary": document.summary,
        "html": document.html,
        "etag": document.etag,
        "changed_at": held.changed_at if held and held.etag == document.etag else now,
        "rendered_at": now,
        "trace_id": current_trace_id(),
    }
    return SitePage.objects.update_or_create(post_id=post.id, variant=variant, defaults=values)[0]
