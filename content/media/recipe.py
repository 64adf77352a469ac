"""What pictures and clips are turned into; the version goes up whenever the same input would give other bytes."""

from dataclasses import dataclass

MEDIA_VERSION = "1"


class MediaRefused(ValueError):
    """The file cannot be used; says why and what to do, in Korean, without the file's name."""


@dataclass(frozen=True, slots=True)
class PictureRecipe:
    """How a picture is converted. side_limit_px and pixel_limit are of the source.

    long_side_px: of the result at most; least_side_px: down to there a JPEG is decoded at a fraction of its size, so that most
    photographs need no resizing at all (4000 pixels become 2000, 6000 become 1500).
    """

    long_side_px: int = 2048
    least_side_px: int = 1280
    quality: int = 85
    pixel_limit: int = 50_000_000
    side_limit_px: int = 12_000
    size_limit_bytes: int = 20 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class ClipRecipe:
    """How a clip is read. frames: how many keyframes at most, the poster among them."""

    frames: int = 6
    frame_side_px: int = 2048
    quality: int = 85
    seconds_limit: float = 600.0
    side_limit_px: int = 4096
    size_limit_bytes: int = 200 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class SourceFacts:
    """A picture as it came, decoded once in full. suffix: jpg, png or webp; width, height: in pixels, before any turn."""

    suffix: str
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class PictureFacts:
    """A converted picture. suffix: jpg or png; hashes: of 64 bits, unsigned; seconds: spent on the hashes."""

    suffix: str
    width: int
    height: int
    sha256: str
    dhash: int
    whash: int
    dhash_mirrored: int
    whash_mirrored: int
    hash_seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class ClipFacts:
    """A clip that was read. seconds: its length; frames: facts of the pictures, the poster first."""

    seconds: float
    width: int
    height: int
    codec: str
    frames: tuple[PictureFacts, ...]
