"""The recipe of a package: the fingerprint of everything that its reader would notice, the price check time left out."""

import hashlib
import json
from collections.abc import Sequence

from content.comparison.dating import forget_table_times
from content.cro.rendered import RenderedPost
from content.cro.variants import DEFAULT_KEY
from content.disclosure.insertion import forget_price_time
from content.packages.limits import get_limits

RECIPE_VERSION = "2"
"""Of the way packages are put together. A change of it builds all of them anew."""
MARK_LENGTH = 8


def get_version() -> str:
    """The version with a mark of the settings that a package depends on: changed limits build all of them anew, too."""
    parts = json.dumps(get_limits().as_list()).encode()
    return f"{RECIPE_VERSION}.{hashlib.sha256(parts).hexdigest()[:MARK_LENGTH]}"


def hash_recipe(
    rendered: RenderedPost, *, hashes: Sequence[str], kind: str = "naver", blog: str = "", dropped: Sequence[str] = ()
) -> str:
    """64 hex digits (SHA-256) over the page, its pictures and clips and the versions that made it.

    hashes: SHA-256 of the originals in order; dropped: names of pictures that are left out. Prices that are merely
    confirmed again change nothing here.
    """
    parts = [
        get_version(),
        rendered.slug,
        rendered.title,
        forget_table_times(forget_price_time(rendered.html, as_of=rendered.as_of), rendered.table_times),
        forget_table_times(forget_price_time(rendered.text, as_of=rendered.as_of), rendered.table_times),
        [[image.name, image.alt, image.kind, image.caption, image.block] for image in rendered.images],
        list(hashes),
        rendered.template_id,
        rendered.template_version,
        rendered.disclosure_version,
        rendered.table_version,
        *([] if rendered.variant.key == DEFAULT_KEY else [rendered.variant.key]),
        *([] if kind == "naver" else [kind, blog, list(dropped)]),
    ]
    return hashlib.sha256(json.dumps(parts, ensure_ascii=False).encode()).hexdigest()
