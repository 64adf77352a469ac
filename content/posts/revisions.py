"""Revisions of posts: one for every save that changed something, a bounded number of them."""

from collections.abc import Iterable

from django.conf import settings
from django.db import transaction
from django.db.models import Max

from content.posts.models import Post, PostRevision, PostStatus
from perfhooks.clock import business_now
from perfhooks.trace import current_trace_id

REASON_LENGTH_LIMIT = 200
IMAGE_FIELDS = ("position", "image", "alt", "caption", "sha256")
VIDEO_FIELDS = ("position", "video", "poster", "alt", "caption", "sha256", "seconds")


def keep_revision(post: Post, *, editor_id: int | None, reason: str, is_same_save: bool = False) -> int:
    """Keep what a post says now, whose `body_hash` is right already; returns the revision's number.

    is_same_save: the newest revision was made by an earlier step of the same save and takes this content. Within the
    transaction that holds the post's row.
    """
    number = get_newest_number(post.pk)
    values = {
        "title": post.title,
        "body": post.body,
        "relationship": post.relationship,
        "images": describe_images(post),
        "videos": describe_videos(post),
        "content_hash": post.body_hash,
    }
    if is_same_save and number:
        PostRevision.objects.filter(post=post, number=number).update(**values)
        return number
    PostRevision.objects.create(
        post=post,
        number=number + 1,
        is_published=post.status == PostStatus.PUBLISHED,
        saved_by_id=editor_id,
        saved_at=business_now(),
        reason=reason[:REASON_LENGTH_LIMIT],
        trace_id=current_trace_id(),
        **values,
    )
    drop_old_revisions([post.pk])
    return number + 1


def mark_published(post_id: int) -> int:
    """Note that readers see the newest revision from now on; returns its number, 0 without any."""
    number = get_newest_number(post_id)
    PostRevision.objects.filter(post_id=post_id, number=number, is_published=False).update(is_published=True)
    return number


def get_newest_number(post_id: int) -> int:
    """The number of a post's newest revision, 0 without any."""
    newest: int | None = PostRevision.objects.filter(post_id=post_id).aggregate(newest=Max("number"))["newest"]
    return newest or 0


def describe_images(post: Post) -> list[dict[str, object]]:
    """A post's pictures as a revision keeps them. Their files are named by their content and stay."""
    return [
        dict(zip(IMAGE_FIELDS, row, strict=True)) for row in post.images.order_by("position").values_list(*IMAGE_FIELDS)
    ]


def describe_videos(post: Post) -> list[dict[str, object]]:
    """A post's clips as a revision keeps them."""
    return [
        dict(zip(VIDEO_FIELDS, row, strict=True)) for row in post.videos.order_by("position").values_list(*VIDEO_FIELDS)
    ]


@transaction.atomic
def prune_revisions() -> int:
    """Bring every post down to settings.POST_REVISIONS_KEPT revisions; returns how many went.

    Never one that readers saw, and never the newest one. A save does this for its own post; this is for a lowered limit.
    """
    kept = settings.POST_REVISIONS_KEPT
    counted = (
        PostRevision.objects.filter(number__gt=kept).order_by("post_id").values_list("post_id", flat=True).distinct()
    )
    return drop_old_revisions(list(counted))


def drop_old_revisions(post_ids: Iterable[int]) -> int:
    """Delete what these posts have too much of, the oldest first; returns how many."""
    dropped = 0
    for post_id in post_ids:
        own = PostRevision.objects.filter(post_id=post_id)
        numbers = own.order_by("-number").values_list("number", flat=True)
        oldest_kept = list(numbers[settings.POST_REVISIONS_KEPT - 1 : settings.POST_REVISIONS_KEPT])
        if oldest_kept:
            dropped += own.filter(number__lt=oldest_kept[0], is_published=False).delete()[0]
    return dropped
