"""The preview of a post: the real page, with its pictures inside, for a frame that may run and load nothing."""

import base64
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from urllib.parse import urlencode

from django.core.files.storage import default_storage

from content.cro.environment import TEMPLATE_VERSIONS, Target
from content.cro.images import rename_images
from content.cro.rendered import RenderedPost
from content.cro.selectors import NamedVariant
from content.cro.services import compose_post
from content.cro.variants import DEFAULT_KEY
from content.decoding import get_decoders
from content.media.pool import Job, Made
from content.media.recipe import MediaRefused, PictureRecipe
from content.packages.selectors import list_asset_names

WIDTHS = {"mobile": "모바일", "desktop": "데스크톱"}
THUMBNAIL = PictureRecipe(long_side_px=720, least_side_px=720, quality=80)
MIME_TYPES = {"jpg": "image/jpeg", "png": "image/png"}
MISSING = "data:,"
"""An address that loads nothing: the alternative text stands in its place."""


TARGETS: dict[Target, str] = {"package": "패키지", "page": "공개 페이지"}


@dataclass(frozen=True, slots=True)
class Preview:
    """A page ready for the frame. html: fragment whose pictures are data: addresses."""

    title: str
    html: str


@dataclass(frozen=True, slots=True)
class Look:
    """What is looked at. template_id: "" for the one that matching chose."""

    template_id: str = ""
    variant: str = DEFAULT_KEY
    target: Target = "package"
    width: str = "mobile"

    def write_query(self, *, width: str = "") -> str:
        """The query that leads back here, at another width if one is given; what is as usual is left out."""
        values = {"width": width or self.width, "template": self.template_id, "variant": self.variant}
        values["target"] = self.target
        usual = {"width": "mobile", "template": "", "variant": DEFAULT_KEY, "target": "package"}
        return urlencode({name: value for name, value in values.items() if value != usual[name]})


def read_look(query: Mapping[str, str], variants: Iterable[NamedVariant]) -> Look:
    """What an address asks for; a word that stands for nothing counts as not given."""
    template_id, key = query.get("template", ""), query.get("variant", "")
    target, width = query.get("target", ""), query.get("width", "")
    return Look(
        template_id=template_id if template_id in TEMPLATE_VERSIONS else "",
        variant=key if any(named.variant.key == key for named in variants) else DEFAULT_KEY,
        target="page" if target == "page" else "package",
        width=width if width in WIDTHS else "mobile",
    )


def make_preview(post_id: int, look: Look | None = None) -> Preview:
    """Compose the post as it would be packaged or served now. Raises Post.DoesNotExist. Writes and fetches nothing."""
    chosen = look or Look()
    rendered = compose_post(
        post_id=post_id, target=chosen.target, variant=chosen.variant, template_id=chosen.template_id
    )
    return Preview(rendered.title, rename_images(rendered.html, _embed_pictures(rendered)))


def _embed_pictures(rendered: RenderedPost) -> dict[str, str]:
    """{name of a picture: its small copy as a data: address}; a sandboxed frame has no session with which to ask for files."""
    fetched = list_asset_names(ref.source for ref in rendered.images if ref.kind == "product")
    stored = {ref.name: fetched.get(ref.source, "") if ref.kind == "product" else ref.source for ref in rendered.images}
    small = get_decoders().run([Job("picture", THUMBNAIL, load=partial(_load, name)) for name in stored.values()])
    return {name: _embed(made) for name, made in zip(stored, small, strict=True)}


def _load(name: str) -> bytes:
    """Raises FileNotFoundError, OSError."""
    if not name:
        raise FileNotFoundError("never fetched")
    with default_storage.open(name) as file:
        return bytes(file.read())


def _embed(made: Made | Exception) -> str:
    if isinstance(made, MediaRefused | OSError):
        return MISSING
    if isinstance(made, Exception):
        raise made
    return f"data:{MIME_TYPES[made.picture.suffix]};base64,{base64.b64encode(made.blobs[0]).decode()}"
