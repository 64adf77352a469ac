"""Reads of clusters and links, as frozen copies."""

from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db.models import QuerySet

from content.clusters.anchors import Titled, choose_anchors
from content.clusters.grouping import Topic
from content.clusters.limits import ClusterLimits, LinkLimits
from content.clusters.linkplan import Held, Page, Pin
from content.clusters.models import Anchor, ClusterMember, LinkBatch, LinkHealth, LinkRule, PostLink, Role, Standing
from content.matching.selectors import get_active_ruleset
from content.posts.models import Post, PostStatus
from content.posts.placeholders import strip_placeholders
from content.posts.selectors import PROCESSABLE_STATUSES, select_processable

PERCENT = 100


@dataclass(frozen=True, slots=True)
class Membership:
    """A post's place. standing: a value of Standing."""

    cluster: int
    post: int
    role: str
    standing: str
    score: float


def read_link_limits() -> LinkLimits:
    """The limits of links that the settings name."""
    return LinkLimits(
        words_per_link=settings.LINK_WORDS_PER_LINK,
        page_most=settings.LINK_PAGE_MOST,
        first_sentences=settings.LINK_FIRST_SENTENCES,
        cross_most=settings.LINK_CROSS_MOST,
        near_most=settings.LINK_NEAR_MOST,
        depth_most=settings.LINK_DEPTH_MOST,
        anchor_share=settings.LINK_ANCHOR_PERCENT / PERCENT,
        anchor_free=settings.LINK_ANCHOR_FREE,
        alike=settings.CLUSTER_ALIKE_PERCENT / PERCENT,
    )


def read_cluster_limits() -> ClusterLimits:
    """The limits of clusters that the settings name."""
    return ClusterLimits(
        alike=settings.CLUSTER_ALIKE_PERCENT / PERCENT,
        spokes_most=settings.CLUSTER_SPOKES_MOST,
        spokes_least=settings.CLUSTER_SPOKES_LEAST,
    )


def read_ignored_words() -> frozenset[str]:
    """Words that say nothing about a topic, by the ruleset in force."""
    return get_active_ruleset().ignored_words


def list_topics() -> list[Topic]:
    """What every post that is processed is about, by id; one query."""
    product = "match_decision__product__"
    rows = (
        select_processable()
        .order_by("id")
        .values_list(
            *("id", "title", "body", "match_decision__intent", "match_decision__is_fallback"),
            *(f"{product}category_id", f"{product}category__name", f"{product}name"),
        )
    )
    return [_make_topic(*row) for row in rows.iterator(chunk_size=2_000)]


def _make_topic(key: int, title: str, body: str, intent: str | None, is_fallback: bool | None, *product: Any) -> Topic:
    category, category_name, name = product
    topic = "" if is_fallback else " ".join(filter(None, (category_name, name)))
    return Topic(key, title, strip_placeholders(body), topic, intent or "", None if is_fallback else category)


def list_memberships() -> list[Membership]:
    """Every place in a cluster, those that editors keep empty among them."""
    names = ("cluster_id", "post_id", "role", "standing", "score")
    return [Membership(*row) for row in ClusterMember.objects.order_by("cluster_id", "post_id").values_list(*names)]


def list_pages() -> list[Page]:
    """Every post that may hold links, with its place in its cluster; two queries."""
    places = {row.post: row for row in list_memberships() if row.standing != Standing.BLOCKED}
    rows = Post.objects.filter(status__in=PROCESSABLE_STATUSES).order_by("id")
    pages = []
    for key, slug, body, status in rows.values_list("id", "slug", "body", "status").iterator(chunk_size=2_000):
        place = places.get(key)
        is_hub = place is not None and place.role == Role.HUB
        cluster = place.cluster if place else None
        pages.append(Page(key, slug, body, status == PostStatus.PUBLISHED, cluster, is_hub))
    return pages


def list_held() -> list[Held]:
    """Every link between posts that are processed; one query more for the slugs."""
    ids = dict(select_processable().values_list("slug", "id"))
    rows = PostLink.objects.order_by("source_id", "target_slug").values_list("source_id", "target_slug", "words")
    return [Held(source, ids[slug], words) for source, slug, words in rows if slug in ids]


def list_pins() -> list[Pin]:
    """The links that editors want."""
    rows = LinkRule.objects.filter(kind=LinkRule.Kind.PIN).order_by("source_id", "target_id")
    return [Pin(*row) for row in rows.values_list("source_id", "target_id", "words")]


def list_blocks() -> list[tuple[int, int]]:
    """(source, target) of the links that editors do not want."""
    return list(LinkRule.objects.filter(kind=LinkRule.Kind.BLOCK).values_list("source_id", "target_id"))


def list_anchors() -> dict[str, int]:
    """{key: post} of all anchors: the editors' own, then those of the titles of published posts."""
    own = dict(Anchor.objects.filter(origin=Anchor.Origin.EDITOR).values_list("key", "target_id"))
    places = {row.post: row for row in list_memberships() if row.standing != Standing.BLOCKED}
    titles = Post.objects.filter(status=PostStatus.PUBLISHED).order_by("id").values_list("id", "title")
    targets = [
        Titled(key, title, places[key].cluster, places[key].role == Role.HUB) if key in places else Titled(key, title)
        for key, title in titles
    ]
    return choose_anchors(targets, own, ignored=read_ignored_words())


def list_anchors_of(post_id: int) -> list[tuple[str, bool]]:
    """(words, whether an editor chose them) that link to this post, the editors' first."""
    rows = Anchor.objects.filter(target_id=post_id).order_by("origin", "text").values_list("text", "origin")
    return [(text, origin == Anchor.Origin.EDITOR) for text, origin in rows]


def list_public_links() -> list[tuple[int, int, str]]:
    """(source, target, words) of the links between published posts."""
    ids = dict(Post.objects.filter(status=PostStatus.PUBLISHED).values_list("slug", "id"))
    live = set(ids.values())
    rows = PostLink.objects.order_by("source_id", "target_slug").values_list("source_id", "target_slug", "words")
    return [(source, ids[slug], words) for source, slug, words in rows if source in live and slug in ids]


def count_inbound() -> Counter[str]:
    """{slug: links from published posts}."""
    rows = PostLink.objects.filter(source__status=PostStatus.PUBLISHED).values_list("target_slug", flat=True)
    return Counter(rows)


def group_memberships(rows: list[Membership]) -> dict[int, list[Membership]]:
    """{cluster: places}, the hub first, then by score and post."""
    grouped: dict[int, list[Membership]] = defaultdict(list)
    for row in sorted(rows, key=lambda row: (row.role != Role.HUB, -row.score, row.post)):
        grouped[row.cluster].append(row)
    return grouped


def select_proposals() -> QuerySet[LinkBatch]:
    """The planned batches that wait for an editor: one at most."""
    return LinkBatch.objects.filter(state=LinkBatch.State.PLANNED)


def get_health() -> LinkHealth | None:
    """The newest measurement of the links."""
    return LinkHealth.objects.order_by("-pk").first()
