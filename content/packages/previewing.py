"""A finished package looked at: its own HTML with small copies of its own pictures, in a frame that may run and load nothing."""

import base64
import io
import json
import zipfile
from dataclasses import dataclass
from typing import Any

from PIL import Image

from content.cro.images import rename_images
from content.media.pictures import DECODING_ERRORS
from content.packages.models import Package
from content.packages.storage import get_storage

THUMBNAIL_PX = 720
THUMBNAIL_QUALITY = 80
MISSING = "data:,"
"""An address that loads nothing: the alternative text stands in its place."""


@dataclass(frozen=True, slots=True)
class PackagePreview:
    """What is in a package. html: fragment whose pictures are data: addresses."""

    title: str
    html: str


class PackageUnreadable(RuntimeError):
    """The package's file is gone or torn."""


def make_preview(package: Package) -> PackagePreview:
    """The package's page as it would be pasted. Raises PackageUnreadable."""
    try:
        with get_storage().open(package.storage_path) as file, zipfile.ZipFile(file) as archive:
            document = archive.read("post.html").decode()
            names = [image["name"] for image in json.loads(archive.read("manifest.json"))["images"]]
            pictures = {name: embed_picture(archive.read(name)) for name in names}
    except (OSError, KeyError, ValueError, zipfile.BadZipFile) as error:
        raise PackageUnreadable(package.storage_path) from error
    body = document.partition("<body>\n")[2].rpartition("</body>")[0]
    return PackagePreview(package.post.title, rename_images(body, pictures))


def read_manifest(package: Package) -> dict[str, Any]:
    """The package's manifest. Raises PackageUnreadable."""
    try:
        with get_storage().open(package.storage_path) as file, zipfile.ZipFile(file) as archive:
            manifest: dict[str, Any] = json.loads(archive.read("manifest.json"))
    except (OSError, KeyError, ValueError, zipfile.BadZipFile) as error:
        raise PackageUnreadable(package.storage_path) from error
    return manifest


def embed_pictures(package: Package, *, limit: int, side: int) -> list[tuple[str, str]]:
    """(alternative text, data: address) of its first pictures, small. Raises PackageUnreadable."""
    images = read_manifest(package)["images"][:limit]
    try:
        with get_storage().open(package.storage_path) as file, zipfile.ZipFile(file) as archive:
            return [(image["alt"], embed_picture(archive.read(image["name"]), side)) for image in images]
    except (OSError, KeyError, zipfile.BadZipFile) as error:
        raise PackageUnreadable(package.storage_path) from error


def embed_picture(data: bytes, side: int = THUMBNAIL_PX) -> str:
    """A small copy as a data: address; a sandboxed frame has no session with which to ask for files."""
    try:
        small = shrink_picture(data, side)
    except DECODING_ERRORS:
        return MISSING
    return f"data:image/jpeg;base64,{base64.b64encode(small).decode()}"


def shrink_picture(data: bytes, side: int) -> bytes:
    """A small JPEG of one of our own converted pictures. Raises what `DECODING_ERRORS` lists."""
    with Image.open(io.BytesIO(data), formats=("JPEG", "PNG")) as image:
        image.draft("RGB", (side, side))
        small = image.convert("RGB")
    small.thumbnail((side, side))
    buffer = io.BytesIO()
    small.save(buffer, "JPEG", quality=THUMBNAIL_QUALITY)
    return buffer.getvalue()
