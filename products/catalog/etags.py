"""The version of a product as the API shows it (RFC 9110, section 8.8.3), and the conditions that name one."""

from hashlib import blake2b
from typing import Any

from django.utils.http import parse_etags
from rest_framework.renderers import JSONRenderer

ANY = "*"


def make_etag(row: dict[str, Any]) -> str:
    """Strong ETag of a shown product: `"<version>-<revision>-<16 hex digits over all that is shown>"`.

    The digits are needed besides: all batches of a sync share a revision, and a scan confirms prices without one.
    """
    digest = blake2b(JSONRenderer().render(row), digest_size=8).hexdigest()
    return f'"{row["version"]}-{row["revision"]}-{digest}"'


def is_matched(header: str, etag: str) -> bool:
    """Whether an If-Match header names this ETag, by the strong comparison; `*` names every one."""
    named = parse_etags(header)
    return ANY in named or etag in named


def is_known(header: str, etag: str) -> bool:
    """Whether an If-None-Match header names this ETag, by the weak comparison: the caller has it already."""
    named = parse_etags(header)
    return ANY in named or etag in {tag.removeprefix("W/") for tag in named}
