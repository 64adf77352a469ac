"""The public addresses, absolute and percent-encoded."""

from urllib.parse import urlsplit

from django.conf import settings
from django.urls import reverse

LOCAL_URL = "http://127.0.0.1:8000"
"""Without SITE_URL: where `make serve` answers."""


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
