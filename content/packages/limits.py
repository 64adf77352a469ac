"""What a package may hold, read from the settings, and what exceeds it: told before anything is written."""

from collections.abc import Iterator, Sequence
from dataclasses import astuple, dataclass

from django.conf import settings

from content.media.recipe import MEDIA_VERSION, ClipRecipe, PictureRecipe
from content.posts.findings import Finding

MEGABYTE = 1_000_000


@dataclass(frozen=True, slots=True)
class Limits:
    """The limits and the recipe of pictures and clips; sizes in MB (10^6 bytes), sides in pixels."""

    media_version: str
    images: int
    image_mb: int
    formats: tuple[str, ...]
    videos: int
    video_mb: int
    video_seconds: int
    total_mb: int
    long_side_px: int
    least_side_px: int
    quality: int
    keyframes: int
    zip_level: int

    def as_list(self) -> list[object]:
        """All values, for a fingerprint."""
        return list(astuple(self))

    @property
    def picture(self) -> PictureRecipe:
        """How pictures are converted."""
        return PictureRecipe(long_side_px=self.long_side_px, least_side_px=self.least_side_px, quality=self.quality)

    @property
    def clip(self) -> ClipRecipe:
        """How clips are read."""
        return ClipRecipe(
            frames=self.keyframes,
            frame_side_px=self.long_side_px,
            quality=self.quality,
            seconds_limit=self.video_seconds,
            size_limit_bytes=self.video_mb * MEGABYTE,
        )

    @property
    def media_key(self) -> str:
        """The media recipe in short: derivatives of the same original and key are the same bytes."""
        return f"{self.media_version}-{self.least_side_px}-{self.long_side_px}-{self.quality}-{self.keyframes}"


@dataclass(frozen=True, slots=True)
class Piece:
    """A file that is to go into the package. kind: image, frame or video; what: as the editor knows it; seconds: of a clip."""

    kind: str
    name: str
    what: str
    size_bytes: int
    width: int
    height: int
    seconds: float = 0.0


def get_limits() -> Limits:
    """The limits as the settings have them now."""
    return Limits(
        media_version=MEDIA_VERSION,
        images=settings.PACKAGE_IMAGES_LIMIT,
        image_mb=settings.PACKAGE_IMAGE_MB,
        formats=tuple(settings.PACKAGE_IMAGE_FORMATS),
        videos=settings.PACKAGE_VIDEOS_LIMIT,
        video_mb=settings.PACKAGE_VIDEO_MB,
        video_seconds=settings.PACKAGE_VIDEO_SECONDS,
        total_mb=settings.PACKAGE_TOTAL_MB,
        long_side_px=settings.PACKAGE_LONG_SIDE,
        least_side_px=settings.PACKAGE_LEAST_SIDE,
        quality=settings.PACKAGE_JPEG_QUALITY,
        keyframes=settings.PACKAGE_KEYFRAMES,
        zip_level=settings.PACKAGE_ZIP_LEVEL,
    )


def find_excesses(pieces: Sequence[Piece], limits: Limits) -> tuple[Finding, ...]:
    """What exceeds the limits, as findings that name the file and the fix."""
    return tuple(Finding("over_limit", 0, message) for message in _explain(pieces, limits))


def _explain(pieces: Sequence[Piece], limits: Limits) -> Iterator[str]:
    images = [piece for piece in pieces if piece.kind == "image"]
    videos = [piece for piece in pieces if piece.kind == "video"]
    if len(images) > limits.images:
        yield f"이미지가 {len(images)}장으로 한도 {limits.images}장을 넘습니다. {images[limits.images].name}부터 빼세요."
    if len(videos) > limits.videos:
        yield f"동영상이 {len(videos)}개로 한도 {limits.videos}개를 넘습니다. {videos[limits.videos].name}부터 빼세요."
    for piece in images:
        suffix = piece.name.rpartition(".")[2]
        if suffix not in limits.formats:
            words = ", ".join(limits.formats).upper()
            yield f"{piece.name}({piece.what}): {suffix.upper()} 형식은 쓸 수 없습니다. {words}(으)로 바꾸어 올리세요."
        if piece.size_bytes > limits.image_mb * MEGABYTE:
            yield _say_large(piece, limits.image_mb, "크기를 줄이거나 투명한 부분을 없애고 JPEG로 올리세요.")
    for piece in pieces:
        if piece.kind != "video" and max(piece.width, piece.height) > limits.long_side_px:
            size = f"{piece.width:,}x{piece.height:,} 픽셀로 긴 변의 한도 {limits.long_side_px:,} 픽셀을 넘습니다."
            yield f"{piece.name}({piece.what}): {size} 크기를 줄여 다시 올리세요."
    for piece in videos:
        if piece.size_bytes > limits.video_mb * MEGABYTE:
            yield _say_large(piece, limits.video_mb, "짧게 자르거나 화질을 낮추어 올리세요.")
        if piece.seconds > limits.video_seconds:
            yield f"{piece.name}({piece.what}): {piece.seconds:.0f}초로 한도 {limits.video_seconds}초를 넘습니다. 짧게 자르세요."
    total = sum(piece.size_bytes for piece in pieces)
    if total > limits.total_mb * MEGABYTE:
        largest = max(pieces, key=lambda piece: piece.size_bytes)
        size = f"파일이 모두 {total / MEGABYTE:.1f} MB로 한도 {limits.total_mb} MB를 넘습니다."
        yield f"{size} 가장 큰 {largest.name}({largest.what}, {largest.size_bytes / MEGABYTE:.1f} MB)을(를) 줄이거나 빼세요."


def _say_large(piece: Piece, limit_mb: int, fix: str) -> str:
    size = f"{piece.size_bytes / MEGABYTE:.1f} MB로 한도 {limit_mb} MB를 넘습니다."
    return f"{piece.name}({piece.what}): {size} {fix}"
