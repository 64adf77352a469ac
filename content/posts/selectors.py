"""Reads of posts, as frozen copies."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db import connection
from django.db.models import Count, Exists, OuterRef, QuerySet, Subquery, Sum

from content.batches import split_batches
from content.clusters.models import PostLink
from content.posts.findings import Finding
from content.posts.models import Post, PostFinding, PostStatus
from content.posts.states import PROCESSED_STATES

PROCESSABLE_STATUSES = tuple(PostStatus(state) for state in PROCESSED_STATES)


@dataclass(frozen=True, slots=True)
class ImageFacts:
    """A picture of a post. name: in the default storage."""

    position: int
    name: str
    alt: str
    sha256: str
    caption: str = ""


@dataclass(frozen=True, slots=True)
class VideoFacts:
    """A clip of a post. name, poster: in the default storage; sha256: of the clip as it was uploaded."""

    position: int
    name: str
    poster: str
    alt: str
    sha256: str
    caption: str
    seconds: float


@dataclass(frozen=True, slots=True)
class PostFacts:
    """A post as processing reads it."""

    id: int
    slug: str
    title: str
    body: str
    relationship: str
    status: str
    variant: str
    images: tuple[ImageFacts, ...]
    videos: tuple[VideoFacts, ...] = ()


def get_post(post_id: int) -> PostFacts:
    """The post with its pictures in order. Raises Post.DoesNotExist."""
    post = Post.objects.get(pk=post_id)
    images = post.images.order_by("position")
    videos = post.videos.order_by("position")
    return PostFacts(
        id=post.pk,
        slug=post.slug,
        title=post.title,
        body=post.body,
        relationship=post.relationship,
        status=post.status,
        variant=post.variant,
        images=tuple(
            ImageFacts(row.position, row.image.name or "", row.alt, row.sha256, row.caption) for row in images
        ),
        videos=tuple(
            VideoFacts(
                row.position, row.video.name or "", row.poster.name or "", row.alt, row.sha256, row.caption, row.seconds
            )
            for row in videos
        ),
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


def hold_processable(post_id: int) -> bool:
    """Keep this post's state until the transaction ends; whether it is to be processed. Raises Post.DoesNotExist."""
    post = Post.objects.select_for_update(no_key=True).only("status").get(pk=post_id)
    return post.status in PROCESSABLE_STATUSES


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


def select_held_back() -> QuerySet[Post]:
    """Scheduled posts whose time came while something kept them from their readers."""
    return Post.objects.filter(status=PostStatus.SCHEDULED).exclude(publish_note="")


def select_with_findings() -> QuerySet[Post]:
    """Posts that have something for their editor to mend."""
    return Post.objects.filter(Exists(PostFinding.objects.filter(post=OuterRef("pk"))))


@dataclass(frozen=True, slots=True)
class PublicPost:
    """A post as the public site sees it. stamp: what its page is made of, as plain values, products left out."""

    id: int
    slug: str
    title: str
    status: str
    published_at: datetime | None
    modified_at: datetime
    stamp: tuple[str, ...]

    @property
    def is_published(self) -> bool:
        """Whether readers may see it."""
        return self.status == PostStatus.PUBLISHED

    @property
    def is_archived(self) -> bool:
        """Whether it was taken away for good."""
        return self.status == PostStatus.ARCHIVED


@dataclass(frozen=True, slots=True)
class ListedPost:
    """A published post in a list."""

    id: int
    slug: str
    title: str
    published_at: datetime
    modified_at: datetime


def find_public_post(slug: str) -> PublicPost | None:
    """The post of this slug in whatever state; one query."""
    return _read_public(Post.objects.filter(slug=slug))


def get_public_post(post_id: int) -> PublicPost | None:
    """The post of this id in whatever state; one query."""
    return _read_public(Post.objects.filter(pk=post_id))


def select_public() -> QuerySet[Post]:
    """The posts that readers may see."""
    return Post.objects.filter(status=PostStatus.PUBLISHED)


def count_public() -> int:
    """How many posts readers may see."""
    return select_public().count()


def list_newest_public(limit: int) -> list[ListedPost]:
    """The posts that were published last."""
    rows = select_public().order_by("-published_at", "-id")[:limit]
    return [
        ListedPost(post.pk, post.slug, post.title, post.published_at or post.updated_at, post.updated_at)
        for post in rows.only("slug", "title", "published_at", "updated_at")
    ]


def list_public_addresses(*, offset: int, limit: int) -> list[tuple[str, datetime]]:
    """(slug, last change) of published posts by id."""
    return list(select_public().order_by("id").values_list("slug", "updated_at")[offset : offset + limit])


def _read_public(posts: QuerySet[Post]) -> PublicPost | None:
    slugs = PostLink.objects.filter(source=OuterRef(OuterRef("pk"))).values("target_slug")
    linked = select_public().filter(slug__in=slugs).order_by().values("status")
    row = (
        # The numbers of versions only grow: their sum moves with the newest version of any table that the post shows.
        posts.annotate(tables=Sum("table_uses__table__number"), table_count=Count("table_uses"))
        # Which of the linked posts readers can open: the rest of the links are only words.
        .annotate(live_links=Subquery(linked.annotate(ids=Sum("pk")).values("ids")))
        .values_list(
            "id",
            "slug",
            "title",
            "status",
            "published_at",
            "updated_at",
            "body_hash",
            "variant",
            "match_decision__product_id",
            "match_decision__template_id",
            "comparison_table__number",
            "tables",
            "table_count",
            "live_links",
        )
        .first()
    )
    return PublicPost(*row[:6], stamp=tuple(map(str, row))) if row else None
