"""The preview of a post: the real page, with its pictures inside, for a frame that may run and load nothing."""

import base64
import io
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from django.core.files.storage import default_storage
from PIL import Image

from content.cro.environment import TEMPLATE_VERSIONS, Target
from content.cro.images import ImageRef, rename_images
from content.cro.rendered import RenderedPost
from content.cro.selectors import NamedVariant
from content.cro.services import compose_post
from content.cro.variants import DEFAULT_KEY
from content.packages.selectors import list_asset_names
from content.posts.images import DECODING_ERRORS, FORMATS

WIDTHS = {"mobile": "모바일", "desktop": "데스크톱"}
THUMBNAIL_PX = 720
THUMBNAIL_QUALITY = 80
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
    fetched = list_asset_names(ref.source for ref in rendered.images if ref.kind == "product")
    return {ref.name: _embed(ref, fetched) for ref in rendered.images}


def _embed(ref: ImageRef, fetched: dict[str, str]) -> str:
    """A small copy as a data: address; a sandboxed frame has no session with which to ask for files."""
    name = ref.source if ref.kind != "product" else fetched.get(ref.source, "")
    if not name or not default_storage.exists(name):
        return MISSING
    try:
        with default_storage.open(name) as file, Image.open(file, formats=tuple(FORMATS)) as image:
            image.draft("RGB", (THUMBNAIL_PX, THUMBNAIL_PX))
            small = image.convert("RGB")
    except DECODING_ERRORS:
        return MISSING
    small.thumbnail((THUMBNAIL_PX, THUMBNAIL_PX))
    buffer = io.BytesIO()
    small.save(buffer, "JPEG", quality=THUMBNAIL_QUALITY)
    return f"data:image/jpeg;base64,{base64.b64encode(buffer.getvalue()).decode()}"
