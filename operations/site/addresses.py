"""The public addresses, absolute and percent-encoded."""

import re
from urllib.parse import urlsplit

from django.conf import settings
from django.urls import reverse

LOCAL_URL = "http://127.0.0.1:8000"
"""Without SITE_URL: where `make serve` answers."""

MEDIA_NAME = r"(?:posts|assets)/[0-9a-f]{2}/[0-9a-f]{32}(?:[0-9a-f]{32})?(?:_\w{7})?\.(?:jpg|png|webp)"
"""What may be fetched: pictures named by their fingerprint, and nothing else that the storage holds."""


def get_site_url() -> str:
    """The site's origin without a slash at its end."""
    return str(settings.SITE_URL or LOCAL_URL).rstrip("/")


def is_site_url(text: str) -> bool:
    """Whether it is scheme and host only."""
    try:
        parts = urlsplit(text)
        _port = parts.port
    except ValueError:
        return False
    is_bare = parts.path in ("", "/") and not (parts.query or parts.fragment or parts.username)
    return parts.scheme in ("http", "https") and bool(parts.hostname) and is_bare


def make_absolute(path: str) -> str:
    """The address of a path of the site."""
    return f"{get_site_url()}{path}"


def get_post_url(slug: str) -> str:
    """A post's canonical address."""
    return make_absolute(reverse("site:post", args=[slug]))


def find_picture_path(name: str) -> str:
    """The path of a picture in our own storage; "" for what may not be fetched."""
    return reverse("site:media", args=[name]) if re.fullmatch(MEDIA_NAME, name) else ""
