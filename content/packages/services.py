"""Building packages. The same recipe is built once; a package is there in full or the earlier one stays."""

import errno
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, BinaryIO, Literal

from django.core.files.storage import default_storage
from django.db import transaction

from content.cro.rendered import RenderedPost
from content.cro.services import compose_post
from content.packages import recipe
from content.packages.archive import TornFile, write_archive
from content.packages.assets import Original, collect_originals, discard_torn
from content.packages.derivatives import convert_originals, forget_derivative
from content.packages.drafts import PackageDraft, draft_package
from content.packages.fetching import PictureUnreachable
from content.packages.ledger import record_uses
from content.packages.limits import get_limits
from content.packages.models import Package, PackageKind
from content.packages.selectors import get_current, is_file_there
from content.packages.storage import locate_file, store_package
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
PRUNED_MEANWHILE_ATTEMPTS = 2
TORN_AGAIN = "다시 만든 파일도 손상되었습니다. 디스크를 확인하고 다시 실행하세요."
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
        has_video = any(ref.kind == "video" for ref in page.images)
        timed.set(video="yes" if has_video else "no")
        outcome = _build_page(page)
        timed.set(status=outcome.status)
    if outcome.status != "refused":
        _queue_if_overtaken(page)
    return outcome


def find_originals(page: RenderedPost) -> tuple[list[Original], list[Finding]]:
    """The originals of a page's pictures and clips, and what is wrong with others. Raises PackageRefused."""
    try:
        return collect_originals(page.images, post=get_post(page.post_id))
    except PictureUnreachable as error:
        raise PackageRefused(
            f"'{page.slug}'의 상품 이미지: {error} 스토어에 연결되는지 보고 다시 실행하세요."
        ) from error
    except OSError as error:
        raise PackageRefused(f"'{page.slug}'의 상품 이미지: {explain(error)}") from error


def _build_page(page: RenderedPost, *, is_last: bool = False) -> PackageOutcome:
    """is_last: whether torn files were made anew already; a disk that tears them again is no fault of the post."""
    if not page.is_publishable:
        return _refuse(page, page.findings)
    originals, faults = find_originals(page)
    if faults:
        return _refuse(page, [*page.findings, *faults])
    replace_findings(post_id=page.post_id, findings=page.findings)
    recipe_hash = recipe.hash_recipe(page, hashes=[original.sha256 for original in originals])
    held = get_current(page.post_id)
    relative = f"{page.slug}/{page.slug}-{recipe_hash[:NAME_HASH_LENGTH]}.zip"
    try:
        if held is not None and held.recipe_hash == recipe_hash and is_file_there(held):
            _record_shown(page)
            return _report(held, "cached", page.findings)
        return _build_file(page, originals, recipe_hash, relative, is_last=is_last)
    except TornFile as error:
        if is_last:
            raise PackageRefused(f"패키지 파일 {relative}: {error}: {TORN_AGAIN}") from error
        forget_derivative(error.entry.derivative)
        return _build_page(page, is_last=True)
    except OSError as error:
        raise PackageRefused(f"패키지 파일 {relative}: {explain(error)}") from error


def _build_file(
    page: RenderedPost, originals: Sequence[Original], recipe_hash: str, relative: str, *, is_last: bool
) -> PackageOutcome:
    """Convert, hold against the limits, write. Raises OSError, TornFile."""
    limits = get_limits()
    done = convert_originals(originals, limits)
    if done.torn:
        if is_last:
            raise OSError(errno.EIO, "stored picture differs from its fingerprint", done.torn[0].storage_name)
        faults = discard_torn(done.torn)
        return _refuse(page, [*page.findings, *faults]) if faults else _build_page(page, is_last=True)
    if done.faults:
        return _refuse(page, [*page.findings, *done.faults])
    draft = draft_package(page, originals, done.parts, limits)
    if draft.findings:
        return _refuse(page, [*page.findings, *draft.findings])
    package = settle_package(page, draft, recipe_hash=recipe_hash, relative=relative)
    return _report(package, "built", page.findings)


def settle_package(
    page: RenderedPost,
    draft: PackageDraft,
    *,
    recipe_hash: str,
    relative: str,
    kind: str = "naver",
    blog: str = "",
    guard: Callable[[], None] | None = None,
) -> Package:
    """Write a draft's file and make it the current package, with its pictures in the ledger.

    guard: called within the transaction before its rows are written; what it raises keeps them from it. Raises OSError,
    TornFile.
    """

    def write(file: BinaryIO) -> None:
        write_archive(
            file,
            texts=draft.texts,
            packed=draft.packed,
            level=get_limits().zip_level,
            open_stored=default_storage.open,
        )

    values = {
        "storage_path": relative,
        "image_count": len(draft.packed),
        "video_count": draft.clip_count,
        "kind": kind,
        "blog": blog,
    }
    for _attempt in range(PRUNED_MEANWHILE_ATTEMPTS):
        with span("zip_seconds", content_id=page.post_id):
            sha256, size_bytes = store_package(relative, write)
        observe("package_size_bytes", size_bytes)
        facts = {**values, "sha256": sha256, "size_bytes": size_bytes}
        with transaction.atomic():
            if guard is not None:
                guard()
            package = make_current(page, recipe_hash, facts, draft)
        if is_file_there(package):
            return package
    raise OSError(errno.ENOENT, "removed as soon as it was written", relative)


def _refuse(page: RenderedPost, findings: Iterable[Finding]) -> PackageOutcome:
    kept = tuple(findings)
    replace_findings(post_id=page.post_id, findings=kept)
    return PackageOutcome(page.post_id, "refused", findings=kept)


@transaction.atomic
def _record_shown(page: RenderedPost) -> None:
    """Record what the post shows: nothing of one that was taken back meanwhile.

    The catalogue knows posts by id only and would keep it for one that is gone.
    """
    is_shown = hold_processable(page.post_id)
    record_placements(content_id=page.post_id, revisions=page.products if is_shown else {})


@transaction.atomic
def make_current(page: RenderedPost, recipe_hash: str, values: dict[str, Any], draft: PackageDraft) -> Package:
    """The new row takes the earlier one's place, together with the record of what the post shows and of its pictures."""
    made_of = {
        "recipe_version": recipe.get_version(),
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
        "doomed_at": None,
    }
    is_shown = hold_processable(page.post_id)
    same = {"post_id": page.post_id, "kind": values["kind"], "blog": values["blog"]}
    Package.objects.filter(**same, is_current=True).exclude(recipe_hash=recipe_hash).update(is_current=False)
    package, _is_new = Package.objects.update_or_create(
        post_id=page.post_id, recipe_hash=recipe_hash, defaults={**values, **made_of}
    )
    if values["kind"] == PackageKind.NAVER:
        record_placements(content_id=page.post_id, revisions=page.products if is_shown else {})
    record_uses(package, draft)
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
        path=locate_file(package.storage_path),
        sha256=package.sha256,
        size_bytes=package.size_bytes,
        image_count=package.image_count,
        findings=findings,
    )


def explain(error: OSError) -> str:
    """Why the disk refused and what to do, in Korean."""
    words = DISK_ERRORS.get(error.errno or 0, f"{error.strerror or error} 원인을 없애고 다시 실행하세요.")
    name = f"{error.filename}: " if error.filename else ""
    return f"{name}{words}"
