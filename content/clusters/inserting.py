"""Inserting the links of a batch and taking them back: a revision of each post, in a transaction of its own.

Stopped half-way, what is done stays done and the rest goes on by the same call. A post that was edited meanwhile is a
conflict with its name: its words are never touched.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import structlog
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Count, Q
from django.utils import timezone

from content.clusters.linking import LINK_LOCK, OPEN, BatchRefused, hash_body
from content.clusters.linkplan import write_links
from content.clusters.models import LinkBatch, LinkRule, PlannedLink
from content.clusters.reasons import CONFLICTS
from content.clusters.targets import list_live_targets
from content.clusters.textmap import list_links
from content.clusters.verification import is_only_linked, see
from content.posts.locks import find_other_holder
from content.posts.models import Post
from content.posts.postlinks import write_link
from content.posts.revisions import get_newest_number
from content.posts.services import SavedPost, save_post
from content.posts.states import PROCESSED_STATES
from perfhooks.locks import hold_lock
from perfhooks.spans import span

State = PlannedLink.State
BatchState = LinkBatch.State
NOBODY_ID = 0
POSTS_PER_BEAT = 20
MAY_BECOME = {
    BatchState.APPLYING: (BatchState.PLANNED, BatchState.APPLYING),
    BatchState.UNDOING: (BatchState.APPLIED, BatchState.APPLYING, BatchState.UNDOING),
}
"""{state of a batch at work: the states from which it may come}."""

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class BatchOutcome:
    """What a batch did. links: inserted or taken back; posts: changed; refused: links that were not inserted after all;
    conflicts: titles of the posts whose words were left as they are.
    """

    batch_id: str
    links: int = 0
    posts: int = 0
    refused: int = 0
    conflicts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Done:
    """What became of one post's links."""

    links: int = 0
    refused: int = 0
    conflict: str = ""


def apply_batch(*, batch_id: str, actor_id: int | None = None) -> BatchOutcome:
    """Insert the links of a planned batch, or go on with one that was cut off. Inserted once, it inserts nothing more.

    Raises LinkBatch.DoesNotExist, BatchRefused for a batch that was undone or discarded, `LockHeld` beside another run.
    """
    with hold_lock(LINK_LOCK):
        batch = LinkBatch.objects.get(batch_id=batch_id)
        if batch.state == BatchState.APPLIED:
            return BatchOutcome(batch_id)
        _claim(batch, BatchState.APPLYING)
        done = [_insert_into(batch, post_id, actor_id) for post_id in _walk_sources(batch, State.PLANNED)]
        _close(batch, BatchState.APPLIED)
        return _sum_up(batch_id, done)


def undo_batch(*, batch_id: str, actor_id: int | None = None) -> BatchOutcome:
    """Take the links of a batch out again: the exact bytes where the post was not edited since, else only its own links.

    A batch of which links had to stay can be undone again later. Raises LinkBatch.DoesNotExist, BatchRefused for a batch
    that inserted nothing, `LockHeld` beside another run.
    """
    with hold_lock(LINK_LOCK):
        batch = LinkBatch.objects.get(batch_id=batch_id)
        if batch.state == BatchState.UNDONE:
            return BatchOutcome(batch_id)
        _claim(batch, BatchState.UNDOING)
        done = [_take_out_of(batch, post_id, actor_id) for post_id in _walk_sources(batch, State.INSERTED)]
        is_whole = not batch.links.filter(state=State.INSERTED).exists()
        _close(batch, BatchState.UNDONE if is_whole else BatchState.APPLIED)
        return _sum_up(batch_id, done)


def begin_batch(*, batch_id: str, state: LinkBatch.State) -> None:
    """Let a batch be at work, `applying` or `undoing`, for somebody who does it next. Raises as the two above."""
    with hold_lock(LINK_LOCK):
        _claim(LinkBatch.objects.get(batch_id=batch_id), state)


def discard_batch(*, batch_id: str) -> bool:
    """Put a proposal away; whether it was one still."""
    waiting = LinkBatch.objects.filter(batch_id=batch_id, state=BatchState.PLANNED)
    return bool(waiting.update(state=BatchState.DISCARDED))


def take_out(body: str, links: Sequence[PlannedLink]) -> tuple[str, list[PlannedLink], list[PlannedLink]]:
    """The body without these links, with those that are out now, and those that cannot be told from an editor's work."""
    exact = _take_out_exactly(body, links)
    if exact is not None:
        return exact, list(links), []
    kept, out, gone, stuck = body, [], [], []
    for link in links:
        written = write_link(link.words, link.target_slug)
        if kept.count(written) == 1:
            kept = kept.replace(written, link.words)
            out.append(link)
        elif written not in kept and link.target_slug not in dict(list_links(kept)):
            gone.append(link)  # the editor has taken it out already
        else:
            stuck.append(link)
    if is_only_linked(see(kept), see(body), [(link.target_slug, link.words) for link in out]):
        return kept, [*out, *gone], stuck
    return body, gone, [*out, *stuck]


def _take_out_exactly(body: str, links: Sequence[PlannedLink]) -> str | None:
    """The body as it was planned upon, by its fingerprint; None when anything else was changed since."""
    parts, at, grown = [], 0, 0
    for link in sorted(links, key=lambda link: link.start):
        written, start = write_link(link.words, link.target_slug), link.start + grown
        if body[start : start + len(written)] != written:
            return None
        parts += [body[at:start], link.words]
        at = start + len(written)
        grown += len(written) - len(link.words)
    before = "".join([*parts, body[at:]])
    return before if hash_body(before) == links[0].body_hash else None


def _claim(batch: LinkBatch, state: LinkBatch.State) -> None:
    """Let the batch be at work, seen by everybody. Raises BatchRefused."""
    others = LinkBatch.objects.filter(state__in=OPEN).exclude(pk=batch.pk).first()
    if others is not None:
        raise BatchRefused(f"묶음 {others.batch_id}의 일이 끝나지 않았습니다. 그 묶음을 먼저 이어서 끝내세요.")
    found = LinkBatch.objects.filter(pk=batch.pk, state__in=MAY_BECOME[state])
    if not found.update(state=state, worked_at=timezone.now()):
        batch.refresh_from_db()
        raise BatchRefused(f"묶음 {batch.batch_id}은(는) '{batch.get_state_display()}' 상태라 할 수 없습니다.")


def _walk_sources(batch: LinkBatch, state: str) -> Iterator[int]:
    """The posts whose links are in this state, one by one; on the way the batch shows that it is being worked on."""
    rows = batch.links.filter(state=state).order_by("source_id").values_list("source_id", flat=True)
    for number, post_id in enumerate(list(rows.distinct())):
        if number % POSTS_PER_BEAT == 0:
            LinkBatch.objects.filter(pk=batch.pk).update(worked_at=timezone.now())
        yield post_id


@transaction.atomic
def _insert_into(batch: LinkBatch, post_id: int, actor_id: int | None) -> _Done:
    with span("internal_link_insert_latency_seconds", content_id=post_id):
        post = Post.objects.select_for_update(no_key=True).filter(pk=post_id).first()
        links = _hold_links(batch, post_id, State.PLANNED)
        if not links or post is None:
            return _Done()
        reason = _find_conflict(post, actor_id)
        if not reason and hash_body(post.body) != links[0].body_hash:
            reason = "edited"
        if reason:
            return _refuse(links, reason, post.title)
        good, late = _sort_out(post, links)
        body = write_links(post.body, [(link.start, link.words, link.target_slug) for link in good])
        if not is_only_linked(see(post.body), see(body), [(link.target_slug, link.words) for link in good]):
            return _refuse(good, "text_changed", post.title)
        number = get_newest_number(post.pk)
        saved = _save(post, body, actor_id, f"내부 링크 묶음 {batch.batch_id[:12]}") if good else None
        if good and saved is None:
            return _refuse(good, "save_failed", post.title)
        _mark(good, State.INSERTED, before=number, after=saved.revision if saved else number)
    return _Done(len(good), late)


@transaction.atomic
def _take_out_of(batch: LinkBatch, post_id: int, actor_id: int | None) -> _Done:
    with span("internal_link_insert_latency_seconds", content_id=post_id):
        post = Post.objects.select_for_update(no_key=True).filter(pk=post_id).first()
        links = _hold_links(batch, post_id, State.INSERTED)
        if not links or post is None:
            return _Done()
        reason = _find_conflict(post, actor_id, is_undo=True)
        body, out, stuck = (post.body, [], links) if reason else take_out(post.body, links)
        if body != post.body and _save(post, body, actor_id, f"내부 링크 묶음 {batch.batch_id[:12]} 되돌림") is None:
            out, stuck, reason = [], links, "save_failed"
        PlannedLink.objects.filter(pk__in=[link.pk for link in out]).update(state=State.UNDONE, reason="")
        PlannedLink.objects.filter(pk__in=[link.pk for link in stuck]).update(reason=reason or "edited")
    return _Done(len(out), 0, post.title if stuck else "")


def _hold_links(batch: LinkBatch, post_id: int, state: str) -> list[PlannedLink]:
    """The post's links that are in this state still, now that its row is held: another run may have been quicker."""
    return list(batch.links.select_for_update().filter(source_id=post_id, state=state).order_by("start", "pk"))


def _find_conflict(post: Post, actor_id: int | None, *, is_undo: bool = False) -> str:
    if post.status not in PROCESSED_STATES and not is_undo:
        return "gone"
    return "being_edited" if find_other_holder(post_id=post.pk, user_id=actor_id or NOBODY_ID) else ""


def _sort_out(post: Post, links: Sequence[PlannedLink]) -> tuple[list[PlannedLink], int]:
    """The links that may still be inserted, and how many may not since a target went or an editor blocked it."""
    live = {found.slug for found in list_live_targets(link.target_slug for link in links)}
    blocked = set(LinkRule.objects.filter(source=post, kind=LinkRule.Kind.BLOCK).values_list("target__slug", flat=True))
    dead = [link for link in links if link.target_slug not in live]
    barred = [link for link in links if link.target_slug in live & blocked]
    _refuse(dead, "not_live", "")
    _refuse(barred, "blocked", "")
    return [link for link in links if link.target_slug in live - blocked], len(dead) + len(barred)


def _save(post: Post, body: str, actor_id: int | None, reason: str) -> SavedPost | None:
    """Save through the posts' own service; None when it does not take the text."""
    try:
        with transaction.atomic():
            return save_post(
                slug=post.slug,
                title=post.title,
                body=body,
                relationship=post.relationship,
                editor_id=actor_id,
                reason=reason,
            )
    except ValidationError as error:
        log.warning("link_save_refused", post_id=post.pk, error=str(error))
        return None


def _refuse(links: Sequence[PlannedLink], reason: str, title: str) -> _Done:
    keys = [link.pk for link in links]
    PlannedLink.objects.filter(pk__in=keys).update(state=State.REFUSED, reason=reason)
    return _Done(0, len(links), title if reason in CONFLICTS else "")


def _mark(links: Sequence[PlannedLink], state: str, *, before: int, after: int) -> None:
    keys = [link.pk for link in links]
    PlannedLink.objects.filter(pk__in=keys).update(state=state, revision_before=before, revision_after=after)


def _close(batch: LinkBatch, state: str) -> None:
    """Write how the batch ended, counted from its links."""
    counts = batch.links.aggregate(
        inserted=Count("pk", filter=Q(state=State.INSERTED)),
        refused=Count("pk", filter=Q(state=State.REFUSED)),
        undone=Count("pk", filter=Q(state=State.UNDONE)),
        conflicts=Count("pk", filter=Q(reason__in=CONFLICTS)),
    )
    reasons = dict(batch.links.exclude(reason="").values_list("reason").annotate(number=Count("pk")).order_by("reason"))
    moment = {"applied_at": timezone.now()} if state == BatchState.APPLIED and batch.applied_at is None else {}
    if state == BatchState.UNDONE:
        moment = {"undone_at": timezone.now()}
    counts["refused"] = max(counts["refused"], batch.refused)
    refusals = {**batch.refusals, **{code: number for code, number in reasons.items() if code in CONFLICTS}}
    LinkBatch.objects.filter(pk=batch.pk).update(state=state, refusals=refusals, **counts, **moment)


def _sum_up(batch_id: str, done: Sequence[_Done]) -> BatchOutcome:
    return BatchOutcome(
        batch_id,
        links=sum(it.links for it in done),
        posts=sum(bool(it.links) for it in done),
        refused=sum(it.refused for it in done),
        conflicts=tuple(it.conflict for it in done if it.conflict),
    )
