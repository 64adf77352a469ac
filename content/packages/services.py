"""Building packages. The same recipe is built once; a package is there in full or the earlier one stays."""

import errno
import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from django.conf import settings
from django.db import transaction

from content.cro.rendered import RenderedPost
from content.cro.services import compose_post
from content.packages import recipe
from content.packages.archive import PackedImage, pack_archive
from content.packages.assets import Still, collect_stills, discard_torn, read_still
from content.packages.fetching import PictureUnreachable
from content.packages.files import write_atomically
from content.packages.models import Package
from content.packages.selectors import get_current, is_file_there, locate_package
from content.posts.findings import Finding
from content.posts.selectors import get_post, hold_processable
from content.posts.services import replace_findings
from content.refresh.services import enqueue_overtaken
from perfhooks.clock import business_now
from perfhooks.metrics import observe
from perfhooks.spans import span
from perfhooks.trace import current_trace_id
from products.catalog.selectors import get_facts_by_id
from products.catalog.services import record_placements

NAME_HASH_LENGTH = 12
DISK_ERRORS = {
    errno.ENOSPC: "디스크에 빈 공간이 없습니다. 공간을 비우고 다시 실행하세요.",
    errno.EDQUOT: "디스크 할당량을 다 썼습니다. 할당량을 늘리거나 공간을 비우고 다시 실행하세요.",
    errno.EFBIG: "파일 크기 한도를 넘습니다. 한도를 늘리고 다시 실행하세요.",
    errno.EACCES: "쓸 권한이 없습니다. 폴더의 권한을 고치고 다시 실행하세요.",
    errno.EROFS: "읽기 전용 디스크입니다. 쓸 수 있는 폴더를 JANGBU_DATA_DIR로 주세요.",
}


class PackageRefused(RuntimeError):
    """The package cannot be built now, for a reason outside of the post: disk or network. The message says the fix."""


@dataclass(frozen=True, slots=True)
class PackageOutcome:
    """What a building did.

    built: a new file; cached: the same recipe was there, nothing was written; refused: the post must be mended first
    (findings), its earlier package stays. path, sha256: of the current package, "" when refused.
    """

    post_id: int
    status: Literal["built", "cached", "refused"]
    path: str = ""
    sha256: str = ""
    size_bytes: int = 0
    image_count: int = 0
    findings: tuple[Finding, ...] = ()


def build_package(*, post_id: int, rendered: RenderedPost | None = None) -> PackageOutcome:
    """Bring the post's package up to date and record which products it shows at which revision.

    rendered: from compose_post, when the caller has it already. Raises Post.DoesNotExist, and PackageRefused when disk or
    network forbid it, with the earlier package untouched.
    """
    with span("package_build_seconds", video="no", content_id=post_id) as timed:
        page = rendered or compose_post(post_id=post_id)
        outcome = _build_page(page)
        timed.set(status=outcome.status)
    if outcome.status != "refused":
        _queue_if_overtaken(page)
    return outcome


def _build_page(page: RenderedPost, *, is_last: bool = False) -> PackageOutcome:
    """is_last: whether torn pictures were fetched anew already; a disk that tears them again is no fault of the post."""
    if not page.is_publishable:
        return _refuse(page, page.findings)
    try:
        stills, faults = collect_stills(page.images, post=get_post(page.post_id))
    except PictureUnreachable as error:
        raise PackageRefused(
            f"'{page.slug}'의 상품 이미지: {error} 스토어에 연결되는지 보고 다시 실행하세요."
        ) from error
    except OSError as error:
        raise PackageRefused(f"'{page.slug}'의 상품 이미지: {_explain(error)}") from error
    if faults:
        return _refuse(page, [*page.findings, *faults])
    return _build_with(page, stills, is_last=is_last)


def _build_with(page: RenderedPost, stills: Sequence[Still], *, is_last: bool) -> PackageOutcome:
    replace_findings(post_id=page.post_id, findings=page.findings)
    recipe_hash = recipe.hash_recipe(page, image_hashes=[still.sha256 for still in stills])
    held = get_current(page.post_id)
    if held is not None and held.recipe_hash == recipe_hash and is_file_there(held):
        _record_shown(page)
        return _report(held, "cached", page.findings)
    relative = f"{page.slug}/{page.slug}-{recipe_hash[:NAME_HASH_LENGTH]}.zip"
    try:
        images, torn = _pack_stills(stills)
        if not torn:
            return _build_file(page, images, recipe_hash, relative)
        if is_last:
            raise OSError(errno.EIO, "stored picture differs from its fingerprint", torn[0].storage_name)
        faults = discard_torn(torn)
    except OSError as error:
        raise PackageRefused(f"패키지 파일 {relative}: {_explain(error)}") from error
    return _refuse(page, [*page.findings, *faults]) if faults else _build_page(page, is_last=True)


def _refuse(page: RenderedPost, findings: Iterable[Finding]) -> PackageOutcome:
    kept = tuple(findings)
    replace_findings(post_id=page.post_id, findings=kept)
    return PackageOutcome(page.post_id, "refused", findings=kept)


def _build_file(page: RenderedPost, images: Sequence[PackedImage], recipe_hash: str, relative: str) -> PackageOutcome:
    with span("zip_seconds", content_id=page.post_id):
        data = pack_archive(page, images)
        write_atomically(Path(settings.PACKAGE_DIR) / relative, data)
    observe("package_size_bytes", len(data))
    values = {
        "sha256": hashlib.sha256(data).hexdigest(),
        "size_bytes": len(data),
        "storage_path": relative,
        "image_count": len(images),
    }
    return _report(_make_current(page, recipe_hash, values), "built", page.findings)


def _pack_stills(stills: Sequence[Still]) -> tuple[list[PackedImage], list[Still]]:
    """The pictures with their bytes, and those whose bytes are not what they were."""
    images: list[PackedImage] = []
    torn: list[Still] = []
    for still in stills:
        data = read_still(still)
        with span("image_hash_seconds"):
            sha256 = hashlib.sha256(data).hexdigest()
        if sha256 != still.sha256:
            torn.append(still)
        images.append(PackedImage(still.name, still.ref.kind, still.ref.alt, data, sha256))
    return images, torn


@transaction.atomic
def _record_shown(page: RenderedPost) -> None:
    """Record what the post shows: nothing of one that was taken back meanwhile.

    The catalogue knows posts by id only and would keep it for one that is gone.
    """
    is_shown = hold_processable(page.post_id)
    record_placements(content_id=page.post_id, revisions=page.products if is_shown else {})


@transaction.atomic
def _make_current(page: RenderedPost, recipe_hash: str, values: dict[str, Any]) -> Package:
    """The new row takes the earlier one's place, together with the record of what the post shows."""
    made_of = {
        "recipe_version": recipe.RECIPE_VERSION,
        "revision": page.catalogue_revision,
        "template_id": page.template_id,
        "template_version": page.template_version,
        "variant": page.variant.key,
        "table_version": page.table_version,
        "disclosure_version": page.disclosure_version,
        "as_of": page.as_of,
        "trace_id": current_trace_id(),
        "built_at": business_now(),
        "is_current": True,
    }
    is_shown = hold_processable(page.post_id)
    others = Package.objects.filter(post_id=page.post_id, is_current=True).exclude(recipe_hash=recipe_hash)
    others.update(is_current=False)
    package, _is_new = Package.objects.update_or_create(
        post_id=page.post_id, recipe_hash=recipe_hash, defaults={**values, **made_of}
    )
    record_placements(content_id=page.post_id, revisions=page.products if is_shown else {})
    return package


def _queue_if_overtaken(page: RenderedPost) -> None:
    """Queue the post again when a product changed after it was read.

    Until its placements are committed, an upsert cannot know that this post shows the product; so this looks afterwards.
    """
    now = get_facts_by_id(page.products)
    newer = [now[key].revision for key, shown in page.products.items() if key in now and now[key].revision > shown]
    if newer:
        enqueue_overtaken(post_id=page.post_id, revision=max(newer))


def _report(package: Package, status: Literal["built", "cached"], findings: tuple[Finding, ...]) -> PackageOutcome:
    return PackageOutcome(
        package.post_id,
        status,
        path=str(locate_package(package)),
        sha256=package.sha256,
        size_bytes=package.size_bytes,
        image_count=package.image_count,
        findings=findings,
    )


def _explain(error: OSError) -> str:
    words = DISK_ERRORS.get(error.errno or 0, f"{error.strerror or error} 원인을 없애고 다시 실행하세요.")
    name = f"{error.filename}: " if error.filename else ""
    return f"{name}{words}"
