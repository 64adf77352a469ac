"""Pictures as bytes: whether they are one, which kind, and how large. The bytes are kept as they came."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from content.decoding import get_decoders
from content.media.pool import Job, Made
from content.media.recipe import MediaRefused, PictureRecipe

POSITION_LIMIT = 9_999
POSITION_ADVICE = f"순서: 1부터 {POSITION_LIMIT:,}까지의 정수를 쓰세요."
SIZE_LIMIT_BYTES = 20 * 1024 * 1024
INSPECTION = PictureRecipe(size_limit_bytes=SIZE_LIMIT_BYTES)


class NotAPicture(ValueError):
    """The bytes are no picture that a package may hold; says why, in Korean."""


@dataclass(frozen=True, slots=True)
class Picture:
    """A verified picture. suffix: jpg, png or webp."""

    data: bytes
    suffix: str
    width: int
    height: int
    sha256: str


def verify_picture(data: bytes) -> Picture:
    """Have a child process decode the bytes once in full. Raises NotAPicture."""
    return verify_pictures([data])[0]


def verify_pictures(pictures: Sequence[bytes], *, labels: Sequence[str] = ()) -> list[Picture]:
    """The same for several at once, on all cores. labels: words that a refusal names the picture with. Raises NotAPicture."""
    jobs = [Job("inspect", INSPECTION, load=partial(bytes, data)) for data in pictures]
    made = get_decoders().run(jobs)
    names = [f"{label}: " for label in labels] or [""] * len(pictures)
    return [_read(*each) for each in zip(pictures, made, names, strict=True)]


def _read(data: bytes, made: Made | Exception, name: str) -> Picture:
    if isinstance(made, MediaRefused):
        raise NotAPicture(f"{name}{made}") from made
    if isinstance(made, Exception):
        raise made
    facts = made.source
    return Picture(data, facts.suffix, facts.width, facts.height, hashlib.sha256(data).hexdigest())
