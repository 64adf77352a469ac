"""Which posts may be linked to, and who links to a post: reads of single targets."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import OuterRef, Subquery, Value
from django.db.models.functions import Coalesce

from content.clusters.models import PostLink
from content.packages.models import Package
from content.posts.models import Post, PostStatus


@dataclass(frozen=True, slots=True)
class LiveTarget:
    """A post that readers can open. posted_url: where it stands at Naver, "" when it does not."""

    slug: str
    posted_url: str


def list_live_targets(slugs: Iterable[str]) -> list[LiveTarget]:
    """Those of the posts that are published; one query."""
    posted = Package.objects.filter(post=OuterRef("pk")).exclude(posted_url="").order_by("-posted_at", "-pk")
    rows = Post.objects.filter(slug__in=sorted(set(slugs)), status=PostStatus.PUBLISHED).annotate(
        posted_url=Coalesce(Subquery(posted.values("posted_url")[:1]), Value(""))
    )
    return [LiveTarget(*row) for row in rows.values_list("slug", "posted_url")]


def list_linking_ids(slug: str) -> list[int]:
    """The posts whose bodies link to the post of this slug, by id."""
    return list(PostLink.objects.filter(target_slug=slug).order_by("source_id").values_list("source_id", flat=True))
