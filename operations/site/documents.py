"""From a composed post to the document that readers get: pictures from our own storage, head, structured data."""

import hashlib
import html as entities
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.template.loader import render_to_string
from django.templatetags.static import static
from django.utils.html import strip_tags
from django.utils.safestring import SafeString, mark_safe

from content.cro.images import rename_images
from content.cro.rendering import RenderedPost
from content.packages.selectors import list_asset_names
from content.posts.selectors import PublicPost
from operations.site.addresses import find_picture_path, get_post_url, get_site_url, make_absolute

DOCUMENT_VERSION = "1"
"""Of the frame around a post. A change of it makes every page anew."""
STYLE_SHEET = "site/site.css"
SUMMARY_LENGTH_LIMIT = 160
LEAST_SUMMARY_LENGTH = 20
_IMAGE = re.compile(r'<img src="([^"]*)"[^>]*>')
_PARAGRAPH = re.compile(r"<p>(.*?)</p>", re.DOTALL)
_DISCLOSURE_END = "<!--/disclosure-->"
_ESCAPES = {ord("<"): "\\u003c", ord(">"): "\\u003e", ord("&"): "\\u0026", 0x2028: "\\u2028", 0x2029: "\\u2029"}


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
    summary = cut(rendered.description) or summarise(rendered.html)
    facts = describe_article(post, summary=summary, pictures=pictures)
    context = {
        "post": post,
        "body": mark_safe(body),  # noqa: S308  (the renderer lets nothing but its own subset through)
        "summary": summary,
        "canonical": get_post_url(post.slug),
        "picture": pictures[0] if pictures else "",
        "structured_data": [write_json(facts), *map(write_json, rendered.json_ld)],
        "site_name": settings.SITE_NAME,
    }
    html = render_to_string("site/post.html", context)
    return Document(html, summary, hashlib.sha256(html.encode()).hexdigest())


def find_pictures(rendered: RenderedPost) -> dict[str, str]:
    """{name in the page: address in our own storage}; "" for a picture that was never fetched."""
    fetched = list_asset_names(ref.source for ref in rendered.images if ref.kind == "product")
    names = {ref.name: ref.source if ref.kind == "post" else fetched.get(ref.source, "") for ref in rendered.images}
    return {name: find_picture_path(kept) for name, kept in names.items()}


def drop_missing(html: str, addresses: set[str]) -> str:
    """The page without pictures that nobody has; a card says its product's name anyway."""
    return _IMAGE.sub(lambda found: found[0] if found[1] and found[1] in addresses else "", html)


def summarise(html: str) -> str:
    """The first real sentence of a post after its disclosure, cut at 160 characters."""
    rest = html.partition(_DISCLOSURE_END)[2] or html
    texts = (" ".join(entities.unescape(strip_tags(found[1])).split()) for found in _PARAGRAPH.finditer(rest))
    text = next((text for text in texts if len(text) >= LEAST_SUMMARY_LENGTH), "")
    return cut(text)


def cut(text: str) -> str:
    """The text, or its first 160 characters."""
    return text if len(text) <= SUMMARY_LENGTH_LIMIT else f"{text[: SUMMARY_LENGTH_LIMIT - 1].rstrip()}…"


def describe_article(post: PublicPost, *, summary: str, pictures: Sequence[str]) -> Mapping[str, Any]:
    """The post as schema.org's BlogPosting."""
    address = get_post_url(post.slug)
    owner = {"@type": "Organization", "name": settings.SITE_NAME, "url": f"{get_site_url()}/posts/"}
    facts: dict[str, Any] = {
        "@context": "https://schema.org",
        "@type": "BlogPosting",
        "headline": post.title[:110],
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


def write_json(value: Any) -> SafeString:
    """JSON that cannot end the script element it stands in."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return mark_safe(text.translate(_ESCAPES))  # noqa: S308  (every sign that HTML reads is written as an escape)
