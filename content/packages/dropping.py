"""A page without some of its pictures, the others numbered anew."""

import re
from collections.abc import Collection
from dataclasses import replace

from content.cro.images import DEFAULT_SUFFIX, rename_images
from content.cro.plaintext import write_text
from content.cro.rendered import RenderedPost

_IMAGE = r'<img src="{name}" alt="[^"]*">(?:<br><em>[^<]*</em>)?'
_EMPTY = re.compile(r"<p>\s*</p>\n?")


def drop_pictures(page: RenderedPost, names: Collection[str]) -> RenderedPost:
    """The page of a package without the pictures of these names; a paragraph that held nothing else goes with it."""
    if not names:
        return page
    html = page.html
    for name in names:
        html = re.sub(_IMAGE.format(name=re.escape(name)), "", html)
    kept = [ref for ref in page.images if ref.name not in names]
    numbered = tuple(replace(ref, name=_number(ref.name, place)) for place, ref in enumerate(kept, start=1))
    html = rename_images(_EMPTY.sub("", html), {old.name: new.name for old, new in zip(kept, numbered, strict=True)})
    return replace(page, html=html, text=write_text(html), images=numbered)


def _number(name: str, place: int) -> str:
    stem = name.partition("_")[2].rpartition(".")[0]
    return f"{place:02d}_{stem}.{DEFAULT_SUFFIX}"
