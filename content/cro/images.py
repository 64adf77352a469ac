"""The numbered pictures of a page: each once, named by its place in reading order."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal

from django.utils.text import slugify

NAME_LENGTH_LIMIT = 40
DEFAULT_SUFFIX = "jpg"
_ADDRESS = re.compile(r'(?<=<img src=")image-(\d+)(?=")')


@dataclass(frozen=True, slots=True)
class ImageRef:
    """A picture of a page. source: URL of a product's picture, storage name of a post's; name: 01_<slug>.jpg.

    The suffix of the name is a promise that the package corrects when the picture turns out to be PNG. owner: SKU or slug of
    what it shows; block: the part of the post that it belongs to (product:SKU, image:2, video:1). A video stands here by its
    poster.
    """

    kind: Literal["product", "post", "video"]
    source: str
    alt: str
    owner: str
    name: str = ""
    caption: str = ""
    block: str = ""


class ImageBook:
    """Collects the pictures while a page is rendered, under addresses that stand for them until they are numbered."""

    def __init__(self) -> None:
        self._refs: list[ImageRef] = []
        self._places: dict[tuple[str, str], int] = {}

    def add(self, ref: ImageRef) -> str:
        """The address of this picture within the page; the same picture keeps the same one."""
        place = self._places.setdefault((ref.kind, ref.source), len(self._refs))
        if place == len(self._refs):
            self._refs.append(ref)
        return f"image-{place}"

    def number_images(self, html: str) -> tuple[str, tuple[ImageRef, ...]]:
        """The page with final names in place of the addresses, and the pictures it shows in reading order."""
        shown = list(dict.fromkeys(int(match[1]) for match in _ADDRESS.finditer(html)))
        refs = {held: _name_ref(self._refs[held], place) for place, held in enumerate(shown, start=1)}
        return _ADDRESS.sub(lambda match: refs[int(match[1])].name, html), tuple(refs.values())


def rename_images(html: str, names: Mapping[str, str]) -> str:
    """The page with image names replaced as {old: new}; names it does not mention stay."""

    def replace(match: re.Match[str]) -> str:
        return names.get(match[0], match[0])

    return re.sub(r'(?<=<img src=")[^"]*(?=")', replace, html)


def _name_ref(ref: ImageRef, place: int) -> ImageRef:
    owner = slugify(ref.owner)[:NAME_LENGTH_LIMIT].strip("-") or ref.kind
    return replace(ref, name=f"{place:02d}_{owner}.{DEFAULT_SUFFIX}")
