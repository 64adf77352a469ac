"""A package before it is written: which file gets which name, what exceeds the limits, and the texts."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from content.cro.images import rename_images
from content.cro.rendered import RenderedPost
from content.media.hashes import PictureHashes, from_signed
from content.packages.archive import (
    Entry,
    PackedRef,
    build_document,
    build_manifest,
    replace_names,
    write_json,
)
from content.packages.assets import Original
from content.packages.derivatives import CLIP, FRAME, PICTURE, Parts
from content.packages.limits import Limits, Piece, find_excesses
from content.packages.models import Derivative
from content.packages.validation import find_faults
from content.posts.findings import Finding

KEYFRAMES = "keyframes"


@dataclass(frozen=True, slots=True)
class PackageDraft:
    """Everything that goes into the zip. findings: why it must not be written; originals: in the order of packed."""

    packed: tuple[PackedRef, ...]
    originals: tuple[Original, ...]
    texts: Mapping[str, str]
    findings: tuple[Finding, ...]

    @property
    def clip_count(self) -> int:
        """How many clips."""
        return sum(each.clip is not None for each in self.packed)


def draft_package(
    page: RenderedPost,
    originals: Sequence[Original],
    parts: Mapping[str, Parts],
    limits: Limits,
    *,
    kind: str = "naver",
    blog: str = "",
) -> PackageDraft:
    """Names, manifest and texts of a package, held against the limits and the subset."""
    packed = tuple(_pack(original, parts[original.sha256]) for original in originals)
    names = {original.ref.name: each.image.name for original, each in zip(originals, packed, strict=True)}
    document = build_document(page.title, rename_images(page.html, names))
    pieces = [piece for original, each in zip(originals, packed, strict=True) for piece in _list_pieces(original, each)]
    findings = find_excesses(pieces, limits) + inspect_document(page, document, names.values())
    texts = {
        "manifest.json": write_json(build_manifest(page, packed, kind=kind, blog=blog)),
        "post.html": document,
        "post.txt": replace_names(page.text, names),
    }
    return PackageDraft(packed, tuple(originals), texts, findings)


def inspect_document(page: RenderedPost, document: str, names: Collection[str]) -> tuple[Finding, ...]:
    """What a blog's editor would not take over."""
    faults = find_faults(document, names=names, disclosure_version=page.disclosure_version)
    return tuple(Finding("bad_html", 0, fault) for fault in faults)


def read_hashes(row: Derivative) -> PictureHashes:
    """A derivative's hashes, unsigned."""
    return PictureHashes(
        from_signed(row.dhash),
        from_signed(row.whash),
        from_signed(row.dhash_mirrored),
        from_signed(row.whash_mirrored),
    )


def _pack(original: Original, parts: Parts) -> PackedRef:
    ref = original.ref
    stem = ref.name.rpartition(".")[0]
    if not original.is_clip:
        row = parts[PICTURE]
        return PackedRef(ref, Entry(f"{stem}.{row.suffix}", row), original.sha256)
    frames = sorted((part for part in parts if part.startswith(FRAME) and part != f"{FRAME}:0"), key=_read_place)
    return PackedRef(
        ref,
        Entry(f"{stem}.jpg", parts[f"{FRAME}:0"]),
        original.sha256,
        clip=Entry(f"{stem}.mp4", parts[CLIP]),
        frames=tuple(Entry(f"{KEYFRAMES}/{stem}-{at:02d}.jpg", parts[part]) for at, part in enumerate(frames, start=1)),
    )


def _read_place(part: str) -> int:
    return int(part.partition(":")[2])


def _list_pieces(original: Original, each: PackedRef) -> list[Piece]:
    kinds = ["image", *(["video"] if each.clip else []), *("frame" for _frame in each.frames)]
    return [
        Piece(
            kind,
            entry.name,
            original.what,
            entry.derivative.size_bytes,
            entry.derivative.width,
            entry.derivative.height,
            entry.derivative.seconds,
        )
        for kind, entry in zip(kinds, each.entries, strict=True)
    ]
