"""One step of a post from state to state: what it writes, whoever asked for it."""

from dataclasses import dataclass
from datetime import datetime

from content.clusters.recording import enqueue_linking
from content.disclosure import scanning
from content.posts.models import EditLock, Post, PostStatus, StatusChange
from content.posts.revisions import REASON_LENGTH_LIMIT, get_newest_number, mark_published
from content.posts.states import PROCESSED_STATES
from content.refresh.services import enqueue_posts
from perfhooks.clock import business_now
from perfhooks.trace import current_trace_id
from products.catalog.services import record_placements


@dataclass(frozen=True, slots=True)
class Cause:
    """Who or what moves a post. actor_id: None for the product itself; batch: of an action on many posts."""

    actor_id: int | None = None
    reason: str = ""
    batch: str = ""


def set_status(post: Post, target: str, *, cause: Cause, publish_at: datetime | None = None) -> int:
    """Move a post whose row the transaction holds, note who and why, and queue it when it is to be processed only now.

    Whether the way is allowed was asked before. Returns the refresh entries added.
    """
    source = post.status
    post.status = target
    post.publish_at = publish_at if target == PostStatus.SCHEDULED else None
    post.publish_note = ""
    stamp_publishing(post)
    post.save(update_fields=["status", "publish_at", "publish_note", "published_at", "updated_at"])
    number = mark_published(post.pk) if target == PostStatus.PUBLISHED else get_newest_number(post.pk)
    StatusChange.objects.create(
        post=post,
        source=source,
        target=target,
        revision=number,
        changed_by_id=cause.actor_id,
        changed_at=business_now(),
        reason=cause.reason[:REASON_LENGTH_LIMIT],
        batch=cause.batch,
        trace_id=current_trace_id(),
    )
    if target == PostStatus.ARCHIVED:
        EditLock.objects.filter(post=post).delete()
    # Links to it come alive in the pages that hold them, or become plain words.
    enqueued = enqueue_linking(post.slug) if PostStatus.PUBLISHED in (source, target) else 0
    if target not in PROCESSED_STATES:
        # Nobody keeps its prices fresh any more, so that it counts no longer among the posts that show them.
        record_placements(content_id=post.pk, revisions={})
    if target in PROCESSED_STATES and source not in PROCESSED_STATES:
        scanning.note_published_literals(post.pk)
        return enqueued + enqueue_posts(post_ids=[post.pk], reason="body_changed")
    return enqueued


def stamp_publishing(post: Post) -> None:
    """Date the first publishing."""
    if post.status == PostStatus.PUBLISHED and post.published_at is None:
        post.published_at = business_now()
