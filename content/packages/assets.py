"""The originals of a package: product pictures fetched once and kept, a post's own pictures and clips as they were uploaded."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.core.files.storage import default_storage
from django.utils import timezone

from content.cro.images import ImageRef
from content.media.pictures import SUFFIXES
from content.packages.fetching import PictureRefused, fetch_picture
from content.packages.models import Asset
from content.posts.findings import Finding
from content.posts.selectors import PostFacts
from content.storage import keep_file
from perfhooks.spans import span

ADVICE = "스토어에서 대표 이미지를 JPEG, PNG, WebP로 바꾸고 동기화하세요."


@dataclass(frozen=True, slots=True)
class Original:
    """A picture or clip by its record, its bytes not read yet. ref: the picture, or the clip's poster."""

    ref: ImageRef
    storage_name: str
    sha256: str

    @property
    def is_clip(self) -> bool:
        """Whether it is a clip."""
        return self.ref.kind == "video"

    @property
    def what(self) -> str:
        """Which file it is, as the editor knows it."""
        if self.ref.kind == "product":
            return f"상품 '{self.ref.owner}'의 이미지 {self.ref.source}"
        word, _colon, number = self.ref.block.partition(":")
        return f"{'동영상' if word == 'video' else '글 이미지'} {number}번 {self.storage_name}"

    @property
    def label(self) -> str:
        """The same in a heading: by its number and words."""
        if self.ref.kind == "product":
            return f"상품 {self.ref.owner}: {self.ref.alt}"
        word, _colon, number = self.ref.block.partition(":")
        return f"동영상 {number}번" if word == "video" else f"글 이미지 {number}번: {self.ref.alt}"

    def complain(self, reason: str) -> Finding:
        """The finding that it cannot be used."""
        kind = "bad_video" if self.is_clip else "bad_image"
        sku = self.ref.owner if self.ref.kind == "product" else ""
        advice = f" {ADVICE}" if sku else ""
        return Finding(kind, 0, f"{self.what}: {reason}{advice}", sku=sku)


def collect_originals(refs: Sequence[ImageRef], *, post: PostFacts) -> tuple[list[Original], list[Finding]]:
    """The records of a page's pictures and clips in order, fetching what was never fetched, and what is wrong with others.

    Raises PictureUnreachable for an address that cannot be read now, OSError when a picture cannot be kept.
    """
    known = _read_assets([ref.source for ref in refs if ref.kind == "product"])
    originals: list[Original] = []
    faults: list[Finding] = []
    for ref in refs:
        found = _find_product_original(ref, known) if ref.kind == "product" else _find_post_original(ref, post)
        if isinstance(found, Finding):
            faults.append(found)
        else:
            originals.append(found)
    return originals, faults


def _read_assets(urls: Sequence[str]) -> dict[str, Asset]:
    rows = Asset.objects.filter(source_url__in=urls) if urls else ()
    return {row.source_url: row for row in rows if default_storage.exists(row.storage_name)}


def _find_product_original(ref: ImageRef, known: dict[str, Asset]) -> Original | Finding:
    try:
        asset = known.get(ref.source) or fetch_asset(ref.source)
    except PictureRefused as error:
        message = f"상품 '{ref.owner}'의 이미지 {ref.source}: {error} {ADVICE}"
        return Finding("bad_image", 0, message, sku=ref.owner)
    return Original(ref, asset.storage_name, asset.sha256)


def _find_post_original(ref: ImageRef, post: PostFacts) -> Original | Finding:
    if ref.kind == "video":
        clip = next((clip for clip in post.videos if clip.poster == ref.source), None)
        if clip is None or not default_storage.exists(clip.name):
            return Finding(
                "bad_video", 0, f"동영상 {clip.name if clip else ref.source}: 파일이 없습니다. 다시 올리세요."
            )
        return Original(ref, clip.name, clip.sha256)
    image = next((image for image in post.images if image.name == ref.source), None)
    suffix = ref.source.rpartition(".")[2]
    if image is None or suffix not in SUFFIXES.values() or not default_storage.exists(ref.source):
        return Finding("bad_image", 0, f"글 이미지 {ref.source}: 파일이 없습니다. 이미지를 다시 올리세요.")
    return Original(ref, image.name, image.sha256)


def fetch_asset(url: str) -> Asset:
    """Fetch a product's picture and keep it under its fingerprint. Raises PictureRefused, PictureUnreachable, OSError."""
    with span("image_fetch_seconds"):
        picture = fetch_picture(url)
    name = f"assets/{picture.sha256[:2]}/{picture.sha256}.{picture.suffix}"
    values = {
        "storage_name": keep_file(name, picture.data, sha256=picture.sha256),
        "sha256": picture.sha256,
        "suffix": picture.suffix,
        "width": picture.width,
        "height": picture.height,
        "size_bytes": len(picture.data),
        "fetched_at": timezone.now(),
    }
    return Asset.objects.update_or_create(source_url=url, defaults=values)[0]


def discard_torn(originals: Sequence[Original]) -> list[Finding]:
    """Deal with originals that are no longer what they were: those of products are dropped, so that they are fetched anew.

    Returns findings about a post's own, which only its editor has.
    """
    faults: list[Finding] = []
    for original in originals:
        if original.ref.kind == "product":
            default_storage.delete(original.storage_name)
        else:
            word = "동영상을" if original.is_clip else "이미지를"
            faults.append(original.complain(f"저장된 파일이 손상되었습니다. 같은 {word} 다시 올리세요."))
    return faults
