"""From originals to what a package holds: each converted once per recipe, in child processes, and kept."""

import hashlib
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from shutil import copyfileobj

from django.core.files.storage import default_storage
from django.utils import timezone

from content.decoding import get_decoders
from content.media.hashes import to_signed
from content.media.pool import Job, Made
from content.media.recipe import MediaRefused, PictureFacts
from content.packages.assets import Original
from content.packages.limits import Limits
from content.packages.models import Derivative
from content.posts.findings import Finding
from content.storage import Remade, keep_file
from perfhooks.metrics import observe

PICTURE, CLIP, FRAME = "picture", "clip", "frame"
COPY_BYTES = 1 << 20
Parts = dict[str, Derivative]
"""{part: derivative} of one original."""


class OriginalTorn(RuntimeError):
    """The stored original is no longer what its record says."""


@dataclass(slots=True)
class Conversion:
    """What came of the originals. parts: by the original's SHA-256; torn: those whose stored bytes are not theirs."""

    parts: dict[str, Parts] = field(default_factory=dict)
    faults: list[Finding] = field(default_factory=list)
    torn: list[Original] = field(default_factory=list)


def convert_originals(originals: Sequence[Original], limits: Limits) -> Conversion:
    """The derivatives of all originals: one query, and decoding only for those never seen under this recipe.

    Raises OSError.
    """
    done = Conversion(read_parts({original.sha256 for original in originals}, limits))
    missing = {each.sha256: each for each in originals if not _is_whole(each, done.parts.get(each.sha256, {}))}
    if missing:
        with tempfile.TemporaryDirectory(prefix="jangbu-clips-") as scratch:
            _convert_missing(list(missing.values()), limits, done, Path(scratch))
    return done


def read_parts(hashes: set[str], limits: Limits) -> dict[str, Parts]:
    """What is kept of these originals under this recipe."""
    found: dict[str, Parts] = {}
    for row in Derivative.objects.filter(original_sha256__in=hashes, media_key=limits.media_key) if hashes else ():
        found.setdefault(row.original_sha256, {})[row.part] = row
    return found


def forget_derivative(row: Derivative) -> None:
    """Drop a derivative whose file is torn or gone, with its siblings: they are made anew."""
    default_storage.delete(row.storage_name)
    Derivative.objects.filter(original_sha256=row.original_sha256, media_key=row.media_key).delete()


def _is_whole(original: Original, parts: Mapping[str, Derivative]) -> bool:
    return CLIP in parts and f"{FRAME}:0" in parts if original.is_clip else PICTURE in parts


def _convert_missing(missing: list[Original], limits: Limits, done: Conversion, scratch: Path) -> None:
    # Clips first: one takes as long as several pictures, and would otherwise be waited for alone at the end.
    ordered = sorted(missing, key=lambda each: not each.is_clip)
    results = get_decoders().run([_make_job(each, limits, scratch) for each in ordered])
    rows: list[Derivative] = []
    for original, made in zip(ordered, results, strict=True):
        if isinstance(made, OriginalTorn):
            done.torn.append(original)
        elif isinstance(made, MediaRefused):
            done.faults.append(original.complain(str(made)))
        elif isinstance(made, Made):
            parts = (
                _keep_clip(original, made, limits, scratch)
                if original.is_clip
                else _keep_picture(original, made, limits)
            )
            if original.is_clip:
                observe("keyframe_extract_seconds", made.seconds)
            done.parts[original.sha256] = {row.part: row for row in parts}
            rows += parts
        else:
            raise made
    Derivative.objects.bulk_create(rows, ignore_conflicts=True)


def _make_job(original: Original, limits: Limits, scratch: Path) -> Job:
    if not original.is_clip:
        return Job("picture", limits.picture, load=partial(_load, original))
    copy = scratch / f"{original.sha256}.mp4"
    return Job("clip", limits.clip, place=partial(_place, original, scratch), copy_to=str(copy))


def _load(original: Original) -> bytes:
    """A picture's bytes. Raises OriginalTorn, OSError."""
    with default_storage.open(original.storage_name) as file:
        data = bytes(file.read())
    if hashlib.sha256(data).hexdigest() != original.sha256:
        raise OriginalTorn(original.storage_name)
    return data


@contextmanager
def _place(original: Original, scratch: Path) -> Iterator[str]:
    """A clip as a local file: where it lies, or a copy of it. Raises OriginalTorn, OSError."""
    path = _find_path(original.storage_name)
    copied = scratch / f"{original.sha256}.in.mp4"
    if path is None:
        with default_storage.open(original.storage_name) as source, copied.open("wb") as target:
            copyfileobj(source, target, COPY_BYTES)
        path = copied
    with path.open("rb") as file:
        if hashlib.file_digest(file, "sha256").hexdigest() != original.sha256:
            raise OriginalTorn(original.storage_name)
    yield str(path)
    copied.unlink(missing_ok=True)


def _find_path(name: str) -> Path | None:
    try:
        return Path(default_storage.path(name))
    except NotImplementedError:
        return None


def _keep_picture(original: Original, made: Made, limits: Limits) -> list[Derivative]:
    return [_keep_image(original, PICTURE, made.picture, made.blobs[0], limits)]


def _keep_clip(original: Original, made: Made, limits: Limits, scratch: Path) -> list[Derivative]:
    """The clip without metadata, its poster and its keyframes."""
    facts, path = made.clip, scratch / f"{original.sha256}.mp4"
    with path.open("rb") as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
        name = f"derived/{sha256[:2]}/{sha256}.mp4"
        if not default_storage.exists(name) or default_storage.size(name) != path.stat().st_size:
            default_storage.delete(name)
            name = default_storage.save(name, Remade(file, name=name))
    clip = Derivative(
        original_sha256=original.sha256,
        part=CLIP,
        media_key=limits.media_key,
        storage_name=name,
        sha256=sha256,
        suffix="mp4",
        width=facts.width,
        height=facts.height,
        seconds=facts.seconds,
        size_bytes=path.stat().st_size,
        made_at=timezone.now(),
    )
    frames = [
        _keep_image(original, f"{FRAME}:{at}", frame, data, limits)
        for at, (frame, data) in enumerate(zip(facts.frames, made.blobs, strict=True))
    ]
    return [clip, *frames]


def _keep_image(original: Original, part: str, facts: PictureFacts, data: bytes, limits: Limits) -> Derivative:
    observe("image_hash_seconds", facts.hash_seconds)
    name = f"derived/{facts.sha256[:2]}/{facts.sha256}.{facts.suffix}"
    return Derivative(
        original_sha256=original.sha256,
        part=part,
        media_key=limits.media_key,
        storage_name=keep_file(name, data, sha256=facts.sha256, is_remade=True),
        sha256=facts.sha256,
        suffix=facts.suffix,
        width=facts.width,
        height=facts.height,
        size_bytes=len(data),
        dhash=to_signed(facts.dhash),
        whash=to_signed(facts.whash),
        dhash_mirrored=to_signed(facts.dhash_mirrored),
        whash_mirrored=to_signed(facts.whash_mirrored),
        made_at=timezone.now(),
    )
