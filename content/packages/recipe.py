"""The recipe of a package: the fingerprint of everything that its reader would notice, the price check time left out."""

import hashlib
import json
from collections.abc import Sequence

from content.comparison.dating import forget_table_times
from content.cro.rendered import RenderedPost
from content.cro.variants import DEFAULT_KEY
from content.disclosure.insertion import forget_price_time

RECIPE_VERSION = "1"
"""Of the way packages are put together. A change of it builds all of them anew."""


def hash_recipe(rendered: RenderedPost, *, image_hashes: Sequence[str]) -> str:
    """64 hex digits (SHA-256) over the page, its pictures and the versions that made it.

    image_hashes: SHA-256 of the pictures in order. Prices that are merely confirmed again change nothing here.
    """
    parts = [
        RECIPE_VERSION,
        rendered.slug,
        rendered.title,
        forget_table_times(forget_price_time(rendered.html, as_of=rendered.as_of), rendered.table_times),
        forget_table_times(forget_price_time(rendered.text, as_of=rendered.as_of), rendered.table_times),
        [[image.name, image.alt, image.kind] for image in rendered.images],
        list(image_hashes),
        rendered.template_id,
        rendered.template_version,
        rendered.disclosure_version,
        rendered.table_version,
        *([] if rendered.variant.key == DEFAULT_KEY else [rendered.variant.key]),
    ]
    return hashlib.sha256(json.dumps(parts, ensure_ascii=False).encode()).hexdigest()
