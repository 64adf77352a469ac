"""The pictures of a package: product pictures fetched once and kept, a post's own as they were uploaded."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.core.files.storage import default_storage
from django.utils import timezone

from content.cro.images import ImageRef
from content.packages.fetching import PictureRefused, fetch_picture
from content.packages.models import Asset
from content.posts.findings import Finding
from content.posts.images import FORMATS
from content.posts.selectors import PostFacts
from content.storage import keep_file
from perfhooks.spans import span

ADVICE = "스토어에서 대표 이미지를 JPEG, PNG, WebP로 바꾸고 동기화하세요."


@dataclass(frozen=True, slots=True)
class Still:
    """A picture by its record, its bytes not read yet. name: final name in the package."""

    ref: ImageRef
    name: str
    storage_name: str
    sha256: str


def collect_stills(refs: Sequence[ImageRef], *, post: PostFacts) -> tuple[list[Still], list[Finding]]:
    """The records of a page's pictures in order, fetching what was never fetched, and what is wrong with the others.

    Raises PictureUnreachable for an address that cannot be read now, OSError when a picture cannot be kept.
    """
    known = _read_assets([ref.source for ref in refs if ref.kind == "product"])
    stills: list[Still] = []
    faults: list[Finding] = []
    for ref in refs:
        found = _find_product_still(ref, known) if ref.kind == "product" else _find_post_still(ref, post)
        if isinstance(found, Finding):
            faults.append(found)
        else:
            stills.append(found)
    return stills, faults


def _read_assets(urls: Sequence[str]) -> dict[str, Asset]:
    rows = Asset.objects.filter(source_url__in=urls) if urls else ()
    return {row.source_url: row for row in rows if default_storage.exists(row.storage_name)}


def _find_product_still(ref: ImageRef, known: dict[str, Asset]) -> Still | Finding:
    try:
        asset = known.get(ref.source) or fetch_asset(ref.source)
    except PictureRefused as error:
        message = f"상품 '{ref.owner}'의 이미지 {ref.source}: {error} {ADVICE}"
        return Finding("bad_image", 0, message, sku=ref.owner)
    return Still(ref, _name_with(ref.name, asset.suffix), asset.storage_name, asset.sha256)


def _find_post_still(ref: ImageRef, post: PostFacts) -> Still | Finding:
    image = next((image for image in post.images if image.name == ref.source), None)
    suffix = ref.source.rpartition(".")[2]
    if image is None or suffix not in FORMATS.values() or not default_storage.exists(ref.source):
        return Finding("bad_image", 0, f"글 이미지 {ref.source}: 파일이 없습니다. 이미지를 다시 올리세요.")
    return Still(ref, _name_with(ref.name, suffix), image.name, image.sha256)


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


def read_still(still: Still) -> bytes:
    """A picture's bytes as stored. Raises OSError."""
    with span("image_copy_seconds"), default_storage.open(still.storage_name) as file:
        return bytes(file.read())


def discard_torn(stills: Sequence[Still]) -> list[Finding]:
    """Deal with pictures that are no longer what they were: those of products are dropped, so that they are fetched anew.

    Returns findings about a post's own, which only its editor has.
    """
    faults: list[Finding] = []
    for still in stills:
        if still.ref.kind == "product":
            default_storage.delete(still.storage_name)
        else:
            message = f"글 이미지 {still.storage_name}: 저장된 파일이 손상되었습니다. 같은 이미지를 다시 올리세요."
            faults.append(Finding("bad_image", 0, message))
    return faults


def _name_with(name: str, suffix: str) -> str:
    return f"{name.rpartition('.')[0]}.{suffix}"
