"""Writes of posts. Saving what is already there writes nothing."""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from itertools import count
from typing import Any

from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.db import transaction
from django.utils import timezone

from content.clusters.recording import enqueue_linking, record_links
from content.cro.selectors import get_variant
from content.cro.variants import VariantError
from content.disclosure import scanning
from content.posts.findings import Finding, unique_findings
from content.posts.images import POSITION_ADVICE, POSITION_LIMIT, NotAPicture, Picture, verify_picture, verify_pictures
from content.posts.markup import find_markup
from content.posts.models import Post, PostFinding, PostImage, PostStatus, PostVideo, Relationship
from content.posts.placeholders import SKU_LENGTH_LIMIT, ParsedBody, parse_body
from content.posts.revisions import keep_revision
from content.posts.selectors import PROCESSABLE_STATUSES, hold_post, list_findings
from content.posts.states import FIRST_STATES, find_transition
from content.posts.statuses import Cause, set_status, stamp_publishing
from content.posts.text import TextError, clean_body, clean_slug, clean_title, hash_content
from content.refresh.services import enqueue_posts
from content.storage import is_intact
from products.catalog.selectors import get_facts_by_sku
from products.catalog.services import record_placements

ALT_LENGTH_LIMIT = 200
MESSAGE_LENGTH_LIMIT = 500


@dataclass(frozen=True, slots=True)
class NewImage:
    """A picture to keep with a post. position: from 1."""

    position: int
    data: bytes
    alt: str


@dataclass(frozen=True, slots=True)
class SavedPost:
    """What a save did. findings: what the editor should mend; enqueued: refresh entries added; revision: 0 for none."""

    post_id: int
    is_created: bool
    is_changed: bool
    findings: tuple[Finding, ...]
    enqueued: int
    revision: int = 0


@dataclass(frozen=True, slots=True)
class Authorship:
    """Who saves and why. is_same_save: a later step of a save whose revision is there already."""

    editor_id: int | None = None
    reason: str = ""
    is_same_save: bool = False


NOBODY = Authorship()


@transaction.atomic
def save_post(
    *,
    slug: str,
    title: str,
    body: str,
    relationship: str = Relationship.OWN_PRODUCT,
    status: str | None = None,
    variant: str | None = None,
    author_id: int | None = None,
    published_at: datetime | None = None,
    images: Sequence[NewImage] | None = None,
    editor_id: int | None = None,
    reason: str = "",
) -> SavedPost:
    """Create the post of this slug, or bring it to these values; queue it when readers would see a difference.

    status: None for a draft, or to leave it as it is; a person's step is `publishing.change_status`. variant: key of the
    template variant, "" for the default, None to leave it as it is. published_at: aware, when readers first saw a new post
    that is brought from elsewhere; None for now. images: all pictures of the post, None to leave them as they are. editor_id, reason: who saves and why, for the revision. Raises
    ValidationError by field, in Korean, with nothing written. Drafts and archived posts are not queued.
    """
    values = clean_values(
        slug=slug,
        title=title,
        body=body,
        relationship=relationship,
        status=status or PostStatus.DRAFT,
        variant=variant or "",
    )
    if variant is None:
        del values["variant"]
    kept_status = values.pop("status")
    wanted = kept_status if status else None
    # Not FOR UPDATE: an upsert that queues this post checks its foreign key while we may wait for that very entry.
    held = Post.objects.select_for_update(no_key=True).filter(slug=values["slug"]).first()
    post = held or Post(
        slug=values["slug"], author_id=author_id, status=wanted or PostStatus.DRAFT, published_at=published_at
    )
    _refuse_step(held, wanted)
    was_processable = held is not None and held.status in PROCESSABLE_STATUSES
    is_refilled = values.get("variant", post.variant) != post.variant
    is_changed = _assign(post, values, author_id=author_id)
    if held is None or is_changed:
        stamp_publishing(post)
        post.save()
    is_renewed = images is not None and _replace_images(post, images)
    if wanted and held is not None and held.status != wanted:
        set_status(post, wanted, cause=Cause(editor_id, reason))
        is_changed = True
    return settle_post(
        post,
        is_created=held is None,
        is_changed=is_changed,
        must_queue=is_renewed or is_refilled or not was_processable,
        author=Authorship(author_id if editor_id is None else editor_id, reason),
    )


@transaction.atomic
def store_images(
    *,
    post_id: int,
    changed: Sequence[PostImage | PostVideo],
    deleted: Sequence[PostImage | PostVideo],
    author: Authorship = NOBODY,
) -> SavedPost:
    """Keep the pictures or clips that an editor changed one by one, and queue the post when readers would see a difference.

    changed: new or edited rows of this post, their files verified (`fill_image`, `videos.fill_video`). Positions may change
    places.
    """
    _check_positions(row.position for row in changed)
    post = Post.objects.select_for_update(no_key=True).get(pk=post_id)
    for rows in (post.images, post.videos):
        gone = [row.pk for row in deleted if row.pk and isinstance(row, rows.model)]
        rows.filter(pk__in=gone).delete()
        _park(rows, [row.pk for row in changed if row.pk and isinstance(row, rows.model)])
    # A file uploaded anew may have the old fingerprint: the one that it replaces was torn, and readers got no package.
    files = [row.image if isinstance(row, PostImage) else row.video for row in changed]
    is_renewed = any(file and not getattr(file, "_committed", True) for file in files)
    for row in changed:
        row.save()
    return settle_post(post, is_created=False, is_changed=False, must_queue=is_renewed, author=author)


@transaction.atomic
def delete_post(*, post_id: int) -> None:
    """Remove a post and the record of what it shows. Files of its packages stay on the disk."""
    # Locked first, as whoever adds to a post does: what is added now is either seen here or finds the post gone.
    list(Post.objects.select_for_update().filter(pk=post_id).values_list("pk"))
    record_placements(content_id=post_id, revisions={})
    slugs = list(Post.objects.filter(pk=post_id).values_list("slug", flat=True))
    Post.objects.filter(pk=post_id).delete()
    for slug in slugs:
        enqueue_linking(slug)


def fill_image(image: PostImage, data: bytes) -> PostImage:
    """Verify a picture's bytes and set its fingerprint and file; not saved yet. Raises ValidationError."""
    try:
        picture = verify_picture(data)
    except NotAPicture as error:
        raise ValidationError({"image": f"이미지 {image.position}번: {error}"}) from error
    return _set_picture(image, picture)


def _set_picture(image: PostImage, picture: Picture) -> PostImage:
    image.sha256 = picture.sha256
    image.image = ContentFile(picture.data, name=f"{picture.sha256[:32]}.{picture.suffix}")
    return image


def clean_values(
    *, slug: str, title: str, body: str, relationship: str, status: str, variant: str = ""
) -> dict[str, str]:
    """The fields in the form in which they are kept. Raises ValidationError by field."""
    cleaners: dict[str, Any] = {
        "slug": lambda: clean_slug(slug),
        "title": lambda: clean_title(title),
        "body": lambda: clean_body(body),
        "relationship": lambda: _clean_choice("relationship", relationship, Relationship.values),
        "status": lambda: _clean_choice("status", status, PostStatus.values),
        "variant": lambda: _clean_variant(variant),
    }
    values: dict[str, str] = {}
    errors: dict[str, list[str]] = {}
    for field, clean in cleaners.items():
        try:
            values[field] = clean()
        except TextError as error:
            errors[error.field] = [str(error)]
    if errors:
        raise ValidationError(errors)
    return values


def inspect_body(body: str) -> ParsedBody:
    """A body's placeholders, with findings for those that cannot be read, for SKUs that the catalogue lacks, and for tags."""
    parsed = parse_body(body)
    known = get_facts_by_sku(parsed.skus) if parsed.skus else {}
    lines = parsed.list_lines()
    unknown = [explain_unknown_sku(sku, lines[sku]) for sku in parsed.skus if sku not in known]
    return ParsedBody(parsed.placeholders, unique_findings([*parsed.findings, *find_markup(body), *unknown]))


def explain_unknown_sku(sku: str, line: int) -> Finding:
    """The finding about a SKU that the catalogue does not hold."""
    message = f"SKU '{sku}': 상품 원장에 없습니다. SKU를 고치거나 상품을 동기화하세요."
    return Finding("unknown_sku", line, message, sku=sku)


@transaction.atomic
def replace_findings(*, post_id: int, findings: Iterable[Finding]) -> int:
    """Let exactly these findings stand against a post; returns how many stand. Unchanged ones cost no write.

    Raises Post.DoesNotExist when there is something to write and the post was deleted meanwhile.
    """
    wanted = unique_findings(_fit_columns(finding) for finding in findings)
    if wanted != unique_findings(list_findings(post_id)):
        hold_post(post_id)
        PostFinding.objects.filter(post_id=post_id).delete()
        PostFinding.objects.bulk_create([PostFinding(post_id=post_id, **asdict(finding)) for finding in wanted])
    return len(wanted)


def _fit_columns(finding: Finding) -> Finding:
    return replace(finding, message=finding.message[:MESSAGE_LENGTH_LIMIT], sku=finding.sku[:SKU_LENGTH_LIMIT])


def _clean_variant(key: str) -> str:
    """A key that there is; also one that may not be chosen any more, which a post keeps."""
    try:
        return get_variant(key).key if key else ""
    except VariantError as error:
        raise TextError("variant", str(error)) from error


def _clean_choice(field: str, value: str, allowed: Sequence[str]) -> str:
    if value not in allowed:
        raise TextError(field, f"{field}: '{value}' 대신 {', '.join(allowed)} 가운데 하나를 쓰세요.")
    return str(value)


def _assign(post: Post, values: dict[str, str], *, author_id: int | None) -> bool:
    wanted: dict[str, object] = dict(values)
    if author_id is not None:
        wanted["author_id"] = author_id
    changed = [name for name, value in wanted.items() if getattr(post, name) != value]
    for name in changed:
        setattr(post, name, wanted[name])
    return bool(changed)


def _refuse_step(held: Post | None, wanted: str | None) -> None:
    """Raise ValidationError when the post may not be saved in this state."""
    if wanted is None or (held is not None and held.status == wanted):
        return
    is_allowed = wanted in FIRST_STATES if held is None else find_transition(held.status, wanted) is not None
    if not is_allowed or wanted == PostStatus.SCHEDULED:
        now = PostStatus(held.status).label if held else "새 글"
        raise ValidationError({"status": f"상태: {now}에서 {PostStatus(wanted).label}(으)로 바로 저장할 수 없습니다."})


def _check_positions(positions: Iterable[int]) -> None:
    for position in positions:
        if not 1 <= position <= POSITION_LIMIT:
            raise ValidationError({"images": f"이미지 {POSITION_ADVICE} 받은 값은 {position}입니다."})


def _park(rows: Any, row_ids: Sequence[int]) -> None:
    """Move these rows out of the way, since each position may be taken only once at any moment."""
    if not row_ids:
        return
    taken = set(rows.values_list("position", flat=True))
    free = (position for position in count(POSITION_LIMIT + 1) if position not in taken)
    for row_id, position in zip(row_ids, free, strict=False):
        rows.filter(pk=row_id).update(position=position)


def _replace_images(post: Post, images: Sequence[NewImage]) -> bool:
    """Let the post have exactly these pictures; returns whether any file was written anew."""
    _check_positions(image.position for image in images)
    wanted = {image.position: image for image in images}
    if len(wanted) != len(images):
        raise ValidationError({"images": "이미지: 순서를 서로 다르게 매기세요."})
    kept = {row.position: row for row in post.images.all()}
    gone = [row.pk for position, row in kept.items() if position not in wanted]
    if gone:
        post.images.filter(pk__in=gone).delete()
    renewed: list[PostImage] = []
    for position, image in wanted.items():
        row = kept.get(position) or PostImage(post=post, position=position)
        alt, is_other = row.alt, row.sha256 != _fingerprint(image.data)
        row.alt = image.alt[:ALT_LENGTH_LIMIT]
        if is_other or not is_intact(row.image.name or "", row.sha256):
            renewed.append(row)
        elif row.alt != alt:
            row.save()
    _fill_images(renewed, [wanted[row.position].data for row in renewed])
    return bool(renewed)


def _fill_images(rows: Sequence[PostImage], pictures: Sequence[bytes]) -> None:
    """Verify the pictures all at once and save each with its row. Raises ValidationError."""
    try:
        verified = verify_pictures(pictures, labels=[f"이미지 {row.position}번" for row in rows])
    except NotAPicture as error:
        raise ValidationError({"images": str(error)}) from error
    for row, picture in zip(rows, verified, strict=True):
        _set_picture(row, picture).save()


def _fingerprint(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def settle_post(
    post: Post, *, is_created: bool, is_changed: bool, must_queue: bool, author: Authorship = NOBODY
) -> SavedPost:
    """Bring fingerprint, revision and findings to what the post says now, and queue it when that differs from before.

    must_queue: also when it does not. Within the transaction that holds the post's row.
    """
    fingerprint = hash_content(
        title=post.title,
        body=post.body,
        relationship=post.relationship,
        images=[_describe(row) for row in post.images.order_by("position")],
        videos=[_describe(row) for row in post.videos.order_by("position")],
    )
    is_different = fingerprint != post.body_hash
    number = 0
    if is_different:
        post.body_hash = fingerprint
        Post.objects.filter(pk=post.pk).update(body_hash=fingerprint, updated_at=timezone.now())
        number = keep_revision(post, editor_id=author.editor_id, reason=author.reason, is_same_save=author.is_same_save)
    findings = inspect_body(post.body).findings
    if is_different:
        replace_findings(post_id=post.pk, findings=findings)
    if is_different or must_queue:
        scanning.record_literals(post)
        record_links(post)
    enqueued = 0
    if post.status in PROCESSABLE_STATUSES and (is_different or must_queue):
        reason = "new_post" if is_created else "body_changed"
        enqueued = enqueue_posts(post_ids=[post.pk], reason=reason)
    return SavedPost(post.pk, is_created, is_changed or is_different, findings, enqueued, number)


def _describe(row: PostImage | PostVideo) -> tuple[int | str, ...]:
    """What readers see of a picture or clip."""
    return (row.position, row.alt, row.sha256, *([row.caption] if row.caption else []))
