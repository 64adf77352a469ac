"""Reads of posts, as frozen copies."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.db import connection
from django.db.models import Exists, OuterRef, QuerySet

from content.batches import split_batches
from content.posts.findings import Finding
from content.posts.models import Post, PostFinding, PostStatus

PROCESSABLE_STATUSES = (PostStatus.READY, PostStatus.PUBLISHED)


@dataclass(frozen=True, slots=True)
class ImageFacts:
    """A picture of a post. name: in the default storage."""

    position: int
    name: str
    alt: str
    sha256: str


@dataclass(frozen=True, slots=True)
class PostFacts:
    """A post as processing reads it."""

    id: int
    slug: str
    title: str
    body: str
    relationship: str
    status: str
    images: tuple[ImageFacts, ...]


def get_post(post_id: int) -> PostFacts:
    """The post with its pictures in order. Raises Post.DoesNotExist."""
    post = Post.objects.get(pk=post_id)
    images = post.images.order_by("position")
    return PostFacts(
        id=post.pk,
        slug=post.slug,
        title=post.title,
        body=post.body,
        relationship=post.relationship,
        status=post.status,
        images=tuple(ImageFacts(row.position, row.image.name or "", row.alt, row.sha256) for row in images),
    )


def hold_posts(post_ids: Iterable[int]) -> list[int]:
    """Keep these posts from being deleted until the transaction ends; returns those that are still there, by id.

    The weakest lock that does so: editors go on saving meanwhile.
    """
    ids = sorted(set(post_ids))
    if connection.vendor != "postgresql":  # a transaction that writes has SQLite for itself
        return list(Post.objects.filter(id__in=ids).order_by("id").values_list("id", flat=True))
    locked = Post.objects.raw("SELECT id FROM posts_post WHERE id = ANY(%s) ORDER BY id FOR KEY SHARE", [ids])
    return [post.pk for post in locked]


def hold_post(post_id: int) -> None:
    """Keep this post from being deleted until the transaction ends. Raises Post.DoesNotExist when it is gone already."""
    if not hold_posts([post_id]):
        raise Post.DoesNotExist(f"post {post_id} was deleted meanwhile")


def select_processable() -> QuerySet[Post]:
    """Posts that are to be matched and packaged."""
    return Post.objects.filter(status__in=PROCESSABLE_STATUSES)


def keep_processable(post_ids: Iterable[int]) -> list[int]:
    """Those of the posts that are to be matched and packaged, by id."""
    kept = (select_processable().filter(id__in=batch).values_list("id", flat=True) for batch in split_batches(post_ids))
    return sorted(post_id for batch in kept for post_id in batch)


def list_ids_waiting_for(skus: Iterable[str]) -> list[int]:
    """Posts that stand refused because of one of these SKUs: it was unknown then, or its picture could not be used."""
    wanted = set(skus)
    # Compared here: an upsert names up to tens of thousands of SKUs, while few are waited for.
    waiting = PostFinding.objects.filter(kind__in=["unknown_sku", "bad_image"]).values_list("post_id", "sku")
    return sorted({post_id for post_id, sku in waiting if sku in wanted})


def list_findings(post_id: int) -> tuple[Finding, ...]:
    """What stands against a post, by line."""
    rows = PostFinding.objects.filter(post_id=post_id).order_by("line", "kind", "message")
    return tuple(Finding(row.kind, row.line, row.message, row.sku) for row in rows)


def get_post_id(slug: str) -> int | None:
    """The id of the post of this slug."""
    return Post.objects.filter(slug=slug).values_list("id", flat=True).first()


def list_slugs() -> list[str]:
    """The slugs of all posts."""
    return list(Post.objects.order_by("slug").values_list("slug", flat=True))


def select_with_findings() -> QuerySet[Post]:
    """Posts that have something for their editor to mend."""
    return Post.objects.filter(Exists(PostFinding.objects.filter(post=OuterRef("pk"))))
