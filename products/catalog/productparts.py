"""Small pieces that the catalogue's pages share."""

from functools import lru_cache

from django.utils.html import format_html
from django.utils.safestring import SafeString


@lru_cache(maxsize=4_096)
def format_count(number: int | None) -> SafeString:
    """A whole number with thousands separators, to be aligned right."""
    return format_html('<span class="num">{}</span>', f"{number or 0:,}")
