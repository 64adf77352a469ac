"""Unique packs: a package for one blog whose pictures no package of any blog has shown before.

Each picture is held against the ledger. What is the same is never taken; what only looks like a used one is taken when an
editor has looked and says why; nothing is ever changed about a picture to make it pass.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction

from content.cro.rendered import RenderedPost
from content.cro.services import compose_post
from content.packages import recipe
from content.packages.archive import TornFile
from content.packages.assets import Original
from content.packages.derivatives import Conversion, convert_originals
from content.packages.drafts import PackageDraft, draft_package, read_hashes
from content.packages.dropping import drop_pictures
from content.packages.ledger import find_likeness, list_uses, lock_ledger
from content.packages.likeness import Hit, Judgement, judge
from content.packages.limits import get_limits
from content.packages.models import Decision, Package, PackageKind, UniquePack, UniquePicture, Verdict
from content.packages.services import NAME_HASH_LENGTH, PackageRefused, explain, find_originals, settle_package
from content.posts.selectors import hold_post
from perfhooks.clock import business_now
from perfhooks.spans import span

BLOG_ADVICE = "블로그: 영문 소문자, 숫자, 하이픈으로 2~40자를 쓰세요. 예: home-note"
_BLOG = re.compile(r"[a-z0-9][a-z0-9-]{1,39}")


@dataclass(frozen=True, slots=True)
class CheckedPack:
    """What holding a post against the ledger found; counts of pictures by verdict."""

    pack_id: int
    new: int
    look: int
    same: int


@dataclass(frozen=True, slots=True)
class _Plan:
    """A pack before anything is decided. hits, verdicts: for each of the draft's pictures in order."""

    page: RenderedPost
    originals: Sequence[Original]
    draft: PackageDraft
    hits: Sequence[Hit | None]
    verdicts: Sequence[Judgement]


def check_pack(*, post_id: int, blog: str, actor_id: int | None) -> CheckedPack:
    """Start a unique pack of a post for a blog, or hold the one there is against the ledger anew.

    Decisions stay for pictures whose verdict and nearest picture are as before. Raises Post.DoesNotExist, PackageRefused, and
    ValidationError in Korean: a blog's name, or a post that must be mended first.
    """
    name = blog.strip().lower()
    if not _BLOG.fullmatch(name):
        raise ValidationError({"blog": f"{BLOG_ADVICE} 받은 값은 '{blog[:40]}'입니다."})
    if name == settings.PACKAGE_BLOG:
        raise ValidationError({"blog": f"블로그: '{name}'에는 보통 패키지를 씁니다. 다른 블로그를 쓰세요."})
    return _keep(_plan(post_id, name), post_id=post_id, blog=name, actor_id=actor_id)


@transaction.atomic
def decide_picture(*, picture_id: int, decision: str, note: str, actor_id: int | None) -> UniquePicture:
    """Keep an editor's decision about a picture. Raises UniquePicture.DoesNotExist, and ValidationError in Korean."""
    picture = UniquePicture.objects.select_for_update(no_key=True).get(pk=picture_id)
    words = " ".join(note.split())[:200]
    if decision not in Decision.values:
        raise ValidationError({"decision": f"결정: '{decision[:20]}' 대신 화면의 단추를 쓰세요."})
    if decision == Decision.KEEP and picture.verdict == Verdict.SAME:
        raise ValidationError(
            {"decision": f"{picture.label}: 이미 쓴 사진은 다시 쓸 수 없습니다. 빼거나 새로 찍은 사진으로 바꾸세요."}
        )
    if decision == Decision.KEEP and not words:
        raise ValidationError({"note": f"{picture.label}: 두 사진이 어떻게 다른지 이유를 쓰세요."})
    picture.decision, picture.note = decision, words
    picture.decided_by_id = actor_id if decision else None
    picture.decided_at = business_now() if decision else None
    picture.save(update_fields=["decision", "note", "decided_by", "decided_at"])
    return picture


def build_pack(*, pack_id: int, actor_id: int | None) -> Package:
    """Build the package of a pack whose pictures are all decided. Raises UniquePack.DoesNotExist, PackageRefused, ValidationError."""
    pack = UniquePack.objects.get(pk=pack_id)
    plan = _plan(pack.post_id, pack.blog)
    _keep(plan, post_id=pack.post_id, blog=pack.blog, actor_id=actor_id)
    rows = {row.sha256: row for row in pack.pictures.all()}
    still_open = [row.label for row in rows.values() if row.is_open]
    if still_open:
        raise ValidationError(
            f"아직 정하지 않은 이미지가 있습니다: {', '.join(still_open[:5])}. 하나씩 정하고 다시 만드세요."
        )
    dropped = [it.ref.name for it in plan.originals if rows[it.sha256].decision == Decision.DROP]
    if plan.originals and len(dropped) == len(plan.originals):
        raise ValidationError("모든 이미지를 빼면 유니크 팩이 되지 않습니다. 새 사진을 글에 올리세요.")
    with span("package_build_seconds", video="yes" if plan.draft.clip_count else "no", content_id=pack.post_id):
        package = _build(pack, plan, dropped)
    UniquePack.objects.filter(pk=pack_id).update(package=package)
    return package


def _build(pack: UniquePack, plan: _Plan, dropped: Sequence[str]) -> Package:
    page = drop_pictures(plan.page, dropped)
    kept = [it for it in plan.originals if it.ref.name not in dropped]
    kept = [Original(ref, it.storage_name, it.sha256) for ref, it in zip(page.images, kept, strict=True)]
    done = _convert(kept)
    kind = PackageKind.UNIQUE
    draft = draft_package(page, kept, done.parts, get_limits(), kind=kind, blog=pack.blog)
    _refuse_faulty(draft)
    hashes = [it.sha256 for it in kept]
    recipe_hash = recipe.hash_recipe(page, hashes=hashes, kind=kind, blog=pack.blog, dropped=dropped)
    relative = f"{page.slug}/{page.slug}-{pack.blog}-{recipe_hash[:NAME_HASH_LENGTH]}.zip"
    accepted = set(pack.pictures.filter(decision=Decision.KEEP).values_list("sha256", flat=True))

    def guard() -> None:
        """Once more under the lock: another blog's pack may have taken a picture meanwhile."""
        lock_ledger()
        verdicts = _judge(draft, find_likeness(draft, blog=pack.blog, slug=page.slug))
        for original, verdict in zip(kept, verdicts, strict=True):
            if verdict == "same" or (verdict == "look" and original.sha256 not in accepted):
                raise ValidationError(f"{original.what}: 그사이 다른 패키지가 썼습니다. 다시 대조하세요.")

    try:
        return settle_package(
            page, draft, recipe_hash=recipe_hash, relative=relative, kind=kind, blog=pack.blog, guard=guard
        )
    except TornFile as error:
        raise PackageRefused(f"패키지 파일 {relative}: 저장된 파일이 손상되었습니다. 다시 만드세요.") from error
    except OSError as error:
        raise PackageRefused(f"패키지 파일 {relative}: {explain(error)}") from error


def _plan(post_id: int, blog: str) -> _Plan:
    page = compose_post(post_id=post_id)
    if not page.is_publishable:
        raise ValidationError([finding.message for finding in page.findings if finding.is_blocking])
    originals, faults = find_originals(page)
    if faults:
        raise ValidationError([fault.message for fault in faults])
    if not originals:
        raise ValidationError("글에 이미지가 없습니다. 다른 블로그에 쓰지 않은 사진을 올리세요.")
    done = _convert(originals)
    draft = draft_package(page, originals, done.parts, get_limits(), kind=PackageKind.UNIQUE, blog=blog)
    hits = find_likeness(draft, blog=blog, slug=page.slug)
    return _Plan(page, originals, draft, hits, _judge(draft, hits))


def _convert(originals: Sequence[Original]) -> Conversion:
    try:
        done = convert_originals(originals, get_limits())
    except OSError as error:
        raise PackageRefused(explain(error)) from error
    torn = [it.complain("저장된 파일이 손상되었습니다. 같은 파일을 다시 올리세요.") for it in done.torn]
    if done.faults or torn:
        raise ValidationError([fault.message for fault in [*done.faults, *torn]])
    return done


def _judge(draft: PackageDraft, hits: Sequence[Hit | None]) -> list[Judgement]:
    limits = {"same_bits": settings.LEDGER_SAME_BITS, "look_bits": settings.LEDGER_LOOK_BITS}
    blanks = [read_hashes(each.image.derivative).is_blank for each in draft.packed]
    return [judge(hit, is_blank=is_blank, **limits) for hit, is_blank in zip(hits, blanks, strict=True)]


def _refuse_faulty(draft: PackageDraft) -> None:
    if draft.findings:
        raise ValidationError([finding.message for finding in draft.findings])


@transaction.atomic
def _keep(plan: _Plan, *, post_id: int, blog: str, actor_id: int | None) -> CheckedPack:
    """Bring the pack's rows to what was found now."""
    hold_post(post_id)
    now = business_now()
    wish = {"requested_by_id": actor_id, "requested_at": now, "checked_at": now}
    pack, is_new = UniquePack.objects.select_for_update(no_key=True).get_or_create(
        post_id=post_id, blog=blog, defaults=wish
    )
    if not is_new:
        UniquePack.objects.filter(pk=pack.pk).update(checked_at=now)
    held = {row.sha256: row for row in pack.pictures.all()}
    uses = list_uses(hit.id for hit in plan.hits if hit)
    wanted: dict[str, UniquePicture] = {}
    for order, (original, hit, verdict) in enumerate(zip(plan.originals, plan.hits, plan.verdicts, strict=True), 1):
        row = held.get(original.sha256) or UniquePicture(pack=pack, sha256=original.sha256)
        nearest = uses.get(hit.id) if hit else None
        if row.verdict != verdict or row.nearest_id != (nearest.pk if nearest else None):
            row.decision, row.note, row.decided_by_id, row.decided_at = Decision.NONE, "", None, None
        row.order, row.storage_name, row.label = order, original.storage_name, original.label[:200]
        row.verdict, row.nearest = verdict, nearest
        row.dhash_distance, row.whash_distance = (hit.dhash_distance, hit.whash_distance) if hit else (None, None)
        row.is_mirrored = bool(hit and hit.is_mirrored)
        wanted[original.sha256] = row
    pack.pictures.exclude(sha256__in=list(wanted)).delete()
    for row in wanted.values():
        row.save()
    count = [row.verdict for row in wanted.values()].count
    return CheckedPack(pack.pk, new=count("new"), look=count("look"), same=count("same"))
