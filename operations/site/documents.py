"""From a composed post to the document that readers get: pictures from our own storage, head, structured data."""

import hashlib
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.template.loader import render_to_string
from django.templatetags.static import static
from django.utils.safestring import mark_safe

from content.cro.images import rename_images
from content.cro.rendered import RenderedPost
from content.cro.structured import dump_json_ld
from content.packages.selectors import list_asset_names
from content.posts.selectors import PublicPost
from operations.site.addresses import find_picture_path, get_post_url, get_site_url, make_absolute

DOCUMENT_VERSION = "3"
"""Of the frame around a post. A change of it makes every page anew."""
HEADLINE_LENGTH_LIMIT = 110
"""Search engines cut a headline there."""
STYLE_SHEET = "site/site.css"
_IMAGE = re.compile(r'<img src="([^"]*)"[^>]*>')


@dataclass(frozen=True, slots=True)
class Document:
    """A finished page. etag: fingerprint of html."""

    html: str
    summary: str
    etag: str


def fingerprint_source(post: PublicPost, *, variant: str) -> str:
    """The fingerprint of everything that a page is made of besides its products."""
    frame = [DOCUMENT_VERSION, variant, get_site_url(), settings.SITE_NAME, static(STYLE_SHEET)]
    return hashlib.sha256(json.dumps([*frame, *post.stamp], ensure_ascii=False).encode()).hexdigest()


def build_document(post: PublicPost, rendered: RenderedPost) -> Document:
    """The document of a post, in one query for its pictures. The same input gives the same bytes."""
    addresses = find_pictures(rendered)
    body = drop_missing(rename_images(rendered.html, addresses), set(addresses.values()))
    # The first picture is what the reader waits for: it is not to be put off.
    body = body.replace(' loading="lazy"', "", 1)
    pictures = [make_absolute(address) for address in addresses.values() if address]
    facts = describe_article(post, summary=rendered.description, pictures=pictures)
    context = {
        "post": post,
        "body": mark_safe(body),  # noqa: S308  (the renderer lets nothing but its own subset through)
        "summary": rendered.description,
        "canonical": get_post_url(post.slug),
        "picture": pictures[0] if pictures else "",
        # Written so that no text of it can end the script element.
        "structured_data": [mark_safe(dump_json_ld(each)) for each in (facts, *rendered.json_ld)],  # noqa: S308
        "site_name": settings.SITE_NAME,
    }
    html = render_to_string("site/post.html", context)
    return Document(html, rendered.description, hashlib.sha256(html.encode()).hexdigest())


def find_pictures(rendered: RenderedPost) -> dict[str, str]:
    """{name in the page: address in our own storage}; "" for a picture that was never fetched."""
    fetched = list_asset_names(ref.source for ref in rendered.images if ref.kind == "product")
    names = {ref.name: ref.source if ref.kind != "product" else fetched.get(ref.source, "") for ref in rendered.images}
    return {name: find_picture_path(kept) for name, kept in names.items()}


def drop_missing(html: str, addresses: set[str]) -> str:
    """The page without pictures that nobody has; a card says its product's name anyway."""
    return _IMAGE.sub(lambda found: found[0] if found[1] and found[1] in addresses else "", html)


def describe_article(post: PublicPost, *, summary: str, pictures: Sequence[str]) -> dict[str, Any]:
    """The post as schema.org's BlogPosting."""
    address = get_post_url(post.slug)
    owner = {"@type": "Organization", "name": settings.SITE_NAME, "url": f"{get_site_url()}/posts/"}
    facts: dict[str, Any] = {
        "@context": "https://schema.org",
        "@type": "BlogPosting",
        "headline": post.title[:HEADLINE_LENGTH_LIMIT].rstrip(),
        "url": address,
        "mainEntityOfPage": address,
        "datePublished": write_time(post.published_at),
        "dateModified": write_time(post.modified_at),
        "author": owner,
        "publisher": owner,
        "inLanguage": "ko",
    }
    if summary:
        facts["description"] = summary
    if pictures:
        facts["image"] = list(pictures)
    return facts


def write_time(moment: datetime | None) -> str | None:
    """A moment as ISO 8601 to the second."""
    return moment.isoformat(timespec="seconds") if moment else None
