"""The zip: the same input gives the same bytes. Files in order, one fixed date, pictures and clips stored, texts deflated.

Nothing is held as a whole: each file goes through in pieces, and is held against its fingerprint on the way.
"""

import hashlib
import json
import zipfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import IO, Any, BinaryIO

from content.cro.images import ImageRef
from content.cro.rendered import RenderedPost
from content.cro.variants import DEFAULT_KEY
from content.media.hashes import from_signed, write_hex
from content.packages.models import Derivative
from perfhooks.spans import span

FIXED_DATE = (1980, 1, 1, 0, 0, 0)
FILE_MODE = 0o644 << 16
UNIX = 3
PIECE_BYTES = 1 << 20
MANIFEST_FORMAT = 2


class TornFile(RuntimeError):
    """A stored file is no longer what it was."""

    def __init__(self, entry: "Entry") -> None:
        super().__init__(entry.derivative.storage_name)
        self.entry = entry


@dataclass(frozen=True, slots=True)
class Entry:
    """A picture or clip on its way into the zip, under its final name."""

    name: str
    derivative: Derivative


@dataclass(frozen=True, slots=True)
class PackedRef:
    """One numbered picture of the page. original_sha256: of the picture, or of the clip whose poster it is."""

    ref: ImageRef
    image: Entry
    original_sha256: str
    clip: Entry | None = None
    frames: tuple[Entry, ...] = ()

    @property
    def entries(self) -> tuple[Entry, ...]:
        """All of its files."""
        return (self.image, *([self.clip] if self.clip else []), *self.frames)


def write_archive(
    file: BinaryIO,
    *,
    texts: Mapping[str, str],
    packed: Sequence[PackedRef],
    level: int,
    open_stored: Callable[[str], IO[bytes]],
) -> None:
    """Write the zip to a seekable file. level: of the texts, 0-9. Raises TornFile, OSError."""
    entries = {entry.name: entry for each in packed for entry in each.entries}
    with zipfile.ZipFile(file, "w") as archive:
        for name in sorted([*entries, *texts]):
            if name in texts:
                info = _describe(name, zipfile.ZIP_DEFLATED if level else zipfile.ZIP_STORED)
                archive.writestr(info, texts[name].encode(), compresslevel=level or None)
            else:
                with span("image_copy_seconds"):
                    _copy(archive, entries[name], open_stored)


def build_manifest(
    rendered: RenderedPost, packed: Sequence[PackedRef], *, kind: str = "naver", blog: str = ""
) -> dict[str, Any]:
    """What is in the package and what it was made of. No database id and no trace id: neither is the content's."""
    return {
        "format": MANIFEST_FORMAT,
        "kind": kind,
        **({"blog": blog} if blog else {}),
        "slug": rendered.slug,
        "title": rendered.title,
        "catalogue_revision": rendered.catalogue_revision,
        "template": describe_template(rendered),
        "table_version": rendered.table_version,
        "disclosure_version": rendered.disclosure_version,
        "as_of": rendered.as_of.isoformat() if rendered.as_of else None,
        "images": [_describe_image(order, each) for order, each in enumerate(packed, start=1)],
        "videos": [_describe_clip(order, each) for order, each in enumerate(packed, start=1) if each.clip],
    }


def describe_template(rendered: RenderedPost) -> dict[str, str]:
    """The template with its version, and its variant where it is not the default: that one adds nothing."""
    template = {"id": rendered.template_id, "version": rendered.template_version}
    return template if rendered.variant.key == DEFAULT_KEY else {**template, "variant": rendered.variant.key}


def write_json(manifest: Mapping[str, Any]) -> str:
    """The manifest as it lies in the zip."""
    return json.dumps(manifest, ensure_ascii=False, indent=2) + "\n"


def build_document(title: str, html: str) -> str:
    """The fragment as a document that a browser opens by itself."""
    return (
        '<!doctype html>\n<html lang="ko">\n<head>\n<meta charset="utf-8">\n'
        f"<title>{escape(title)}</title>\n</head>\n<body>\n{html}</body>\n</html>\n"
    )


def replace_names(text: str, names: Mapping[str, str]) -> str:
    """The plain text with the pictures' final names in its `[이미지 NAME: ...]` marks."""
    for old, new in names.items():
        if old != new:
            text = text.replace(f"[이미지 {old}:", f"[이미지 {new}:")
    return text


def _describe_image(order: int, each: PackedRef) -> dict[str, Any]:
    ref = each.ref
    facts = {"order": order, "name": each.image.name, "kind": ref.kind, "block": ref.block, "alt": ref.alt}
    return facts | {"caption": ref.caption, "original_sha256": each.original_sha256} | _measure(each.image)


def _describe_clip(order: int, each: PackedRef) -> dict[str, Any]:
    clip = each.clip
    if clip is None:
        raise ValueError("no clip")
    row = clip.derivative
    return {
        "order": order,
        "name": clip.name,
        "poster": each.image.name,
        "block": each.ref.block,
        "alt": each.ref.alt,
        "caption": each.ref.caption,
        "original_sha256": each.original_sha256,
        "sha256": row.sha256,
        "size_bytes": row.size_bytes,
        "width": row.width,
        "height": row.height,
        "seconds": row.seconds,
        "keyframes": [{"name": frame.name, **_measure(frame)} for frame in each.frames],
    }


def _measure(entry: Entry) -> dict[str, Any]:
    row = entry.derivative
    hashes = {name: write_hex(from_signed(getattr(row, name))) for name in ("dhash", "whash")}
    return {
        "sha256": row.sha256,
        "size_bytes": row.size_bytes,
        "width": row.width,
        "height": row.height,
        **hashes,
    }


def _describe(name: str, method: int) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name, date_time=FIXED_DATE)
    info.compress_type = method
    info.create_system = UNIX
    info.external_attr = FILE_MODE
    return info


def _copy(archive: zipfile.ZipFile, entry: Entry, open_stored: Callable[[str], IO[bytes]]) -> None:
    """One stored file, piece by piece."""
    info = _describe(entry.name, zipfile.ZIP_STORED)
    info.file_size = entry.derivative.size_bytes
    digest = hashlib.sha256()
    try:
        source = open_stored(entry.derivative.storage_name)
    except FileNotFoundError as error:
        raise TornFile(entry) from error
    with source, archive.open(info, "w") as target:
        while piece := source.read(PIECE_BYTES):
            digest.update(piece)
            target.write(piece)
    if digest.hexdigest() != entry.derivative.sha256:
        raise TornFile(entry)
