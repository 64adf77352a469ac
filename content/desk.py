"""What the admin pages of content share."""

from typing import TYPE_CHECKING, Any

from django.forms import BaseInlineFormSet
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from perfhooks.desk import link_to

if TYPE_CHECKING:
    _InlineRows = BaseInlineFormSet[Any, Any, Any]
else:
    _InlineRows = BaseInlineFormSet

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


class NamedRows(_InlineRows):
    """Rows of a table on a page whose fields have names for who does not see the table's heading."""

    def add_fields(self, form: Any, index: int | None) -> None:
        """Add what every row has, and name all of them; index: None for the row from which new ones are copied."""
        super().add_fields(form, index)
        row = "" if index is None else f"{index + 1}번째 줄 "
        for bound in form.visible_fields():
            bound.field.widget.attrs.setdefault("aria-label", f"{row}{bound.label}")


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
