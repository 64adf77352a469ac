"""The preview of a post: the real page, with its pictures inside, for a frame that may run and load nothing."""

import base64
import io
from dataclasses import dataclass

from django.core.files.storage import default_storage
from PIL import Image

from content.cro.images import ImageRef, rename_images
from content.cro.rendering import RenderedPost
from content.cro.services import compose_post
from content.packages.selectors import list_asset_names
from content.posts.images import DECODING_ERRORS, FORMATS

FRAME_POLICY = "; ".join(
    (
        "default-src 'none'",
        "img-src 'self' data:",
        "style-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'self'",
    )
)
WIDTHS = {"mobile": "모바일", "desktop": "데스크톱"}
THUMBNAIL_PX = 720
THUMBNAIL_QUALITY = 80
MISSING = "data:,"
"""An address that loads nothing: the alternative text stands in its place."""


@dataclass(frozen=True, slots=True)
class Preview:
    """A page ready for the frame. html: fragment whose pictures are data: addresses."""

    title: str
    html: str


def make_preview(post_id: int) -> Preview:
    """Compose the post as it would be packaged now. Raises Post.DoesNotExist. Writes and fetches nothing."""
    rendered = compose_post(post_id=post_id)
    return Preview(rendered.title, rename_images(rendered.html, _embed_pictures(rendered)))


def _embed_pictures(rendered: RenderedPost) -> dict[str, str]:
    fetched = list_asset_names(ref.source for ref in rendered.images if ref.kind == "product")
    return {ref.name: _embed(ref, fetched) for ref in rendered.images}


def _embed(ref: ImageRef, fetched: dict[str, str]) -> str:
    """A small copy as a data: address; a sandboxed frame has no session with which to ask for files."""
    name = ref.source if ref.kind == "post" else fetched.get(ref.source, "")
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
