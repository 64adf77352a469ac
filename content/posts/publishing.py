"""Moving posts from state to state: what a person asks for, one or many, and what was scheduled and is due."""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

import structlog
from django.db import transaction
from django.utils import timezone

from content.batches import split_batches
from content.cro.services import compose_post
from content.posts.findings import Finding, has_blocking, unique_findings
from content.posts.models import Post, PostStatus, StatusChange
from content.posts.selectors import list_findings
from content.posts.services import replace_findings
from content.posts.states import find_transition
from content.posts.statuses import Cause, set_status
from perfhooks.trace import new_trace_id

BULK_LIMIT = 500
"""Each is composed once more before it is published, some 20 ms: more would keep the browser waiting."""
FAULTS_NAMED = 3
GONE = "그사이 지워졌습니다."
DUE_REASON = "예약한 시각이 되었습니다"

log = structlog.get_logger()


class StatusRefused(ValueError):
    """A post cannot be moved there; says why and what to do, in Korean."""


@dataclass(frozen=True, slots=True)
class Actor:
    """Who moves posts. id: None for the product itself; may: right -> held."""

    id: int | None
    may: Callable[[str], bool]


SYSTEM = Actor(None, lambda _right: True)


@dataclass(frozen=True, slots=True)
class StatusOutcome:
    """What a step did. is_changed: False when the post stood there already."""

    post_id: int
    source: str
    target: str
    is_changed: bool


@dataclass(frozen=True, slots=True)
class BulkOutcome:
    """What an action on many posts did or would do. refused: {reason: titles}."""

    batch: str
    changed: int
    unchanged: int
    refused: dict[str, list[str]]

    @property
    def refused_count(self) -> int:
        """How many posts stayed because of a reason."""
        return sum(map(len, self.refused.values()))


@dataclass(frozen=True, slots=True)
class DueCounts:
    """What became of the scheduled posts whose time had come. skipped: another process had them."""

    published: int = 0
    blocked: int = 0
    failed: int = 0
    skipped: int = 0


@transaction.atomic
def change_status(
    *,
    post_id: int,
    target: str,
    actor: Actor,
    reason: str = "",
    publish_at: datetime | None = None,
    batch: str = "",
) -> StatusOutcome:
    """Move a post to another state. publish_at: aware, for `scheduled` only.

    Raises Post.DoesNotExist, and StatusRefused with nothing written: no such way, no right, a time that is over, or
    findings that keep the post from its readers.
    """
    post = Post.objects.select_for_update(no_key=True).get(pk=post_id)
    source = post.status
    if _stands_there(post, target, publish_at):
        return StatusOutcome(post_id, source, target, is_changed=False)
    refusal = explain_refusal(post, target, actor=actor, publish_at=publish_at)
    if not refusal and target in (PostStatus.PUBLISHED, PostStatus.SCHEDULED):
        refusal = explain_faults(read_faults(post_id))
    if refusal:
        raise StatusRefused(refusal)
    set_status(post, target, cause=Cause(actor.id, reason, batch), publish_at=publish_at)
    return StatusOutcome(post_id, source, target, is_changed=True)


def change_statuses(*, post_ids: Iterable[int], target: str, actor: Actor, reason: str = "") -> BulkOutcome:
    """Move many posts, each for itself: what is refused keeps none of the others from moving."""
    batch, done, refused = new_trace_id(), Counter[bool](), dict[str, list[str]]()
    titles = _read_titles(post_ids)
    for post_id, title in titles.items():
        try:
            moved = change_status(post_id=post_id, target=target, actor=actor, reason=reason, batch=batch)
        except StatusRefused as refusal:
            refused.setdefault(str(refusal), []).append(title)
        except Post.DoesNotExist:
            refused.setdefault(GONE, []).append(title)
        else:
            done[moved.is_changed] += 1
    return BulkOutcome(batch, done[True], done[False], refused)


def foresee_statuses(*, post_ids: Iterable[int], target: str, actor: Actor) -> BulkOutcome:
    """What `change_statuses` would do, by the findings that are known; nothing is written."""
    done, refused = Counter[bool](), dict[str, list[str]]()
    for batch in split_batches(post_ids):
        for post in Post.objects.filter(pk__in=batch).prefetch_related("findings").order_by("pk"):
            reason = "" if _stands_there(post, target, None) else explain_refusal(post, target, actor=actor)
            if not reason and target == PostStatus.PUBLISHED and post.status != target:
                known = [Finding(row.kind, row.line, row.message, row.sku) for row in post.findings.all()]
                reason = explain_faults(known)
            if reason:
                refused.setdefault(reason, []).append(post.title)
            else:
                done[post.status != target] += 1
    return BulkOutcome("", done[True], done[False], refused)


def undo_batch(*, batch: str, actor: Actor) -> BulkOutcome:
    """Move the posts of an action on many back to where they stood; those that moved on since stay."""
    undone, done, refused = new_trace_id(), Counter[bool](), dict[str, list[str]]()
    for step in StatusChange.objects.filter(batch=batch).exclude(batch="").select_related("post").order_by("pk"):
        try:
            with transaction.atomic():
                Post.objects.select_for_update(no_key=True).get(pk=step.post_id)
                if step.post.status_changes.filter(pk__gt=step.pk).exists():
                    raise StatusRefused("그 뒤에 상태가 또 바뀌었습니다.")
                if step.source == PostStatus.SCHEDULED:
                    raise StatusRefused("예약한 시각은 되돌리지 못합니다. 글을 열어 다시 예약하세요.")
                change_status(post_id=step.post_id, target=step.source, actor=actor, reason="되돌림", batch=undone)
        except StatusRefused as refusal:
            refused.setdefault(str(refusal), []).append(step.post.title)
        except Post.DoesNotExist:
            refused.setdefault(GONE, []).append(step.post.title)
        else:
            done[True] += 1
    return BulkOutcome(undone, done[True], done[False], refused)


def publish_due(*, now: datetime | None = None) -> DueCounts:
    """Publish the scheduled posts whose time has come, however long ago. To be called again and again, by any number.

    The claim is the lock of the post's row: who dies on the way leaves it scheduled, for the next call. A post with
    blocking findings stays scheduled and says why on the desk, until it is mended.
    """
    moment = now or timezone.now()
    due = Post.objects.filter(status=PostStatus.SCHEDULED, publish_at__lte=moment).order_by("publish_at", "id")
    ends = Counter(_publish_one(post_id, moment) for post_id in list(due.values_list("id", flat=True)))
    return DueCounts(**ends)


def read_faults(post_id: int) -> tuple[Finding, ...]:
    """What stands against a post: by its newest processing, and by what composing it now says."""
    return unique_findings([*list_findings(post_id), *compose_post(post_id=post_id).findings])


def explain_faults(findings: Iterable[Finding]) -> str:
    """Why a post with these findings is not published; "" when nothing blocks."""
    blocking = [finding for finding in findings if finding.is_blocking]
    if not blocking:
        return ""
    named = " / ".join(f"{found.line}번째 줄: {found.message}" for found in blocking[:FAULTS_NAMED])
    return f"막는 점검 사항 {len(blocking)}건을 먼저 고치세요. {named}"


def explain_refusal(post: Post, target: str, *, actor: Actor, publish_at: datetime | None = None) -> str:
    """Why this person cannot move the post there, its findings aside; "" when it may be moved."""
    way = find_transition(post.status, target)
    now, then = post.get_status_display(), PostStatus(target).label
    if way is None:
        return f"'{now}' 글은 '{then}'(으)로 바로 옮길 수 없습니다."
    if not actor.may(way.right):
        return f"'{now}' 글을 '{then}'(으)로 옮길 권한이 없습니다. 발행자에게 요청하세요."
    if target == PostStatus.SCHEDULED and (publish_at is None or publish_at <= timezone.now()):
        return "게시 예약 시각: 지금보다 뒤의 시각을 한국 시간으로 쓰세요."
    return ""


def _stands_there(post: Post, target: str, publish_at: datetime | None) -> bool:
    return post.status == target and (target != PostStatus.SCHEDULED or publish_at in (None, post.publish_at))


def _read_titles(post_ids: Iterable[int]) -> dict[int, str]:
    batches = split_batches(sorted(set(post_ids)))
    return {
        key: title for batch in batches for key, title in Post.objects.filter(pk__in=batch).values_list("pk", "title")
    }


def _publish_one(post_id: int, moment: datetime) -> str:
    try:
        return _claim_and_publish(post_id, moment)
    except Exception:  # one post's defect must not keep the others waiting
        log.exception("publish_failed", post_id=post_id)
        return "failed"


@transaction.atomic
def _claim_and_publish(post_id: int, moment: datetime) -> str:
    waiting = Post.objects.filter(pk=post_id, status=PostStatus.SCHEDULED, publish_at__lte=moment)
    post = waiting.select_for_update(no_key=True, skip_locked=True).first()
    if post is None:
        return "skipped"
    faults = read_faults(post_id)
    if has_blocking(faults):
        _note_block(post, faults)
        return "blocked"
    set_status(post, PostStatus.PUBLISHED, cause=Cause(reason=DUE_REASON))
    return "published"


def _note_block(post: Post, faults: tuple[Finding, ...]) -> None:
    note = explain_faults(faults)[: Post._meta.get_field("publish_note").max_length]
    replace_findings(post_id=post.pk, findings=faults)
    if post.publish_note != note:
        Post.objects.filter(pk=post.pk).update(publish_note=note)
