"""What the admin pages of content share."""

from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from perfhooks.desk import link_to

SHORT_HASH_LENGTH = 12
FRAME_POLICY = "; ".join(
    (
        "default-src 'none'",
        "img-src 'self' data:",
        "style-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'self'",
        "sandbox",
    )
)
"""The Content-Security-Policy of a preview: a frame that may run, send and load nothing but its own pictures and style."""


def link_to_post(post_id: int, title: str) -> SafeString:
    """A post's page on the desk."""
    return link_to(reverse("admin:posts_post_change", args=[post_id]), title)


def link_to_product(product_id: int, name: str) -> SafeString:
    """A product's page on the desk."""
    return link_to(reverse("admin:catalog_product_change", args=[product_id]), name)


def format_number(number: float) -> SafeString:
    """A number with thousands separators, to be aligned right."""
    return format_html('<span class="num">{}</span>', f"{number:,}")


def shorten_hash(text: str) -> SafeString:
    """The beginning of a fingerprint, with the whole of it in the title."""
    return format_html('<span class="mono" title="{}">{}</span>', text, text[:SHORT_HASH_LENGTH])
