"""Pictures as bytes: whether they are one, which kind, and how large. The bytes are kept as they came."""

import hashlib
import io
import struct
import zlib
from dataclasses import dataclass

from PIL import Image

FORMATS = {"JPEG": "jpg", "PNG": "png", "WEBP": "webp"}
POSITION_LIMIT = 9_999
POSITION_ADVICE = f"순서: 1부터 {POSITION_LIMIT:,}까지의 정수를 쓰세요."
SIZE_LIMIT_BYTES = 20 * 1024 * 1024
PIXEL_LIMIT = 50_000_000
"""A 12-megapixel photograph fits four times over; a decompression bomb does not."""
# What Pillow lets through from its decoders when a file is torn or forged.
DECODING_ERRORS = (
    OSError,
    SyntaxError,
    ValueError,
    EOFError,
    IndexError,
    KeyError,
    TypeError,
    struct.error,
    zlib.error,
    Image.DecompressionBombError,
)


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
    """Decode the bytes once in full. Raises NotAPicture."""
    if len(data) > SIZE_LIMIT_BYTES:
        raise NotAPicture(f"파일이 {len(data) / 1e6:.1f} MB로 한도 20 MB를 넘습니다.")
    try:
        return _decode(data)
    except NotAPicture:
        raise
    except DECODING_ERRORS as error:
        raise NotAPicture("JPEG, PNG, WebP로 열 수 없는 파일입니다.") from error


def _decode(data: bytes) -> Picture:
    with Image.open(io.BytesIO(data), formats=tuple(FORMATS)) as image:
        width, height = image.size
        if width * height > PIXEL_LIMIT:
            raise NotAPicture(f"{width:,}x{height:,} 픽셀로 한도 {PIXEL_LIMIT:,} 픽셀을 넘습니다.")
        image.load()
        suffix = FORMATS[image.format or ""]
    return Picture(data, suffix, width, height, hashlib.sha256(data).hexdigest())
