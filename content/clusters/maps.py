"""What the cluster pages show: the drawings, and the same facts as rows."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.urls import reverse

from content.clusters.drawing import Circle, ClusterMap, Overview, Spot, draw_cluster, draw_overview
from content.clusters.models import Cluster, ClusterMember, PostLink, Role, Standing
from content.posts.models import Post, PostStatus
from content.posts.selectors import PROCESSABLE_STATUSES

LOOSE_SHOWN = 60
"""Posts outside of all clusters that the overview names."""


@dataclass(frozen=True, slots=True)
class MemberRow:
    """A post of a cluster. up, down: whether it links to the hub, and the hub to it."""

    post_id: int
    title: str
    address: str
    role: str
    role_label: str
    standing: str
    standing_label: str
    score: float
    status: str
    status_label: str
    inbound: int
    outbound: int
    is_up: bool
    is_down: bool

    @property
    def is_hub(self) -> bool:
        """Whether it leads the cluster."""
        return self.role == Role.HUB

    @property
    def is_orphan(self) -> bool:
        """Whether readers can open it and no post leads there."""
        return self.status == PostStatus.PUBLISHED and not self.inbound


@dataclass(frozen=True, slots=True)
class ClusterFacts:
    """A cluster with its places, the hub first, and the posts that editors keep out of it."""

    id: int
    name: str
    is_named: bool
    rows: tuple[MemberRow, ...]
    blocked: tuple[MemberRow, ...]

    @property
    def spokes(self) -> int:
        """How many follow the hub."""
        return sum(not row.is_hub for row in self.rows)

    @property
    def covered(self) -> int:
        """Spokes that are linked with the hub both ways."""
        return sum(row.is_up and row.is_down for row in self.rows if not row.is_hub)

    @property
    def orphans(self) -> int:
        """Posts that nobody links to."""
        return sum(row.is_orphan for row in self.rows)

    @property
    def hub(self) -> MemberRow | None:
        """The post that leads."""
        return next((row for row in self.rows if row.is_hub), None)


@dataclass(frozen=True, slots=True)
class _Link:
    source: int
    target: int
    words: str


def read_clusters(clusters: Iterable[Cluster]) -> list[ClusterFacts]:
    """These clusters as they stand, in three queries."""
    held = list(clusters)
    members = list(
        ClusterMember.objects.filter(cluster__in=[row.pk for row in held]).select_related("post").order_by("pk")
    )
    links = _list_links(member.post for member in members)
    grouped: dict[int, list[ClusterMember]] = defaultdict(list)
    for member in members:
        grouped[member.cluster_id].append(member)
    return [_describe(cluster, grouped[cluster.pk], links) for cluster in held]


def draw_map(cluster: Cluster) -> tuple[ClusterFacts, ClusterMap]:
    """One cluster with its drawing, the posts of other clusters that it is linked with beside it."""
    facts = read_clusters([cluster])[0]
    own = {row.post_id for row in facts.rows}
    links = _list_links_of(own)
    others = {post for link in links for post in (link.source, link.target)} - own
    outside = [
        Spot(post.pk, post.title, _address(post.pk), is_live=post.status == PostStatus.PUBLISHED, note="다른 클러스터")
        for post in Post.objects.filter(pk__in=others).only("pk", "title", "status").order_by("pk")
    ]
    triples = [(link.source, link.target, link.words) for link in links]
    return facts, draw_cluster([_spot(row) for row in facts.rows], triples, outside=outside)


def draw_all(clusters: Sequence[Cluster]) -> tuple[list[ClusterFacts], Overview]:
    """All clusters on one drawing, with the links between them."""
    found = read_clusters(clusters)
    homes = {row.post_id: facts.id for facts in found for row in facts.rows}
    bridges: Counter[tuple[int, int]] = Counter()
    inner: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for source, target in _list_pairs():
        one, other = homes.get(source), homes.get(target)
        if one is not None and one == other:
            inner[one].append((source, target))
        elif one is not None and other is not None:
            bridges[one, other] += 1
    circles = [
        Circle(
            facts.id,
            facts.name,
            reverse("admin:clusters_cluster_change", args=[facts.id]),
            [_spot(row) for row in facts.rows],
            inner[facts.id],
            f"양방향 {facts.covered}/{facts.spokes}" + (f" · 고아 {facts.orphans}" if facts.orphans else ""),
        )
        for facts in found
    ]
    return found, draw_overview(circles, bridges)


def draw_whole(limit: int) -> Overview:
    """The clusters on one drawing, as many as that in the order of their names."""
    return draw_all(list(Cluster.objects.order_by("name", "pk")[:limit]))[1]


def list_loose_posts() -> tuple[int, list[Post]]:
    """How many processed posts are in no cluster, and the first of them."""
    placed = ClusterMember.objects.exclude(standing=Standing.BLOCKED).values("post")
    loose = Post.objects.filter(status__in=PROCESSABLE_STATUSES).exclude(pk__in=placed).order_by("pk")
    return loose.count(), list(loose.only("pk", "title")[:LOOSE_SHOWN])


def _describe(cluster: Cluster, members: Sequence[ClusterMember], links: Sequence[_Link]) -> ClusterFacts:
    placed = [member for member in members if member.standing != Standing.BLOCKED]
    hub = next((member.post_id for member in placed if member.role == Role.HUB), 0)
    pairs = {(link.source, link.target) for link in links}
    inbound = Counter(link.target for link in links)
    outbound = Counter(link.source for link in links)
    rows = [
        MemberRow(
            post_id=member.post_id,
            title=member.post.title,
            address=_address(member.post_id),
            role=member.role,
            role_label=member.get_role_display(),
            standing=member.standing,
            standing_label=member.get_standing_display(),
            score=member.score,
            status=member.post.status,
            status_label=member.post.get_status_display(),
            inbound=inbound[member.post_id],
            outbound=outbound[member.post_id],
            is_up=(member.post_id, hub) in pairs,
            is_down=(hub, member.post_id) in pairs,
        )
        for member in members
    ]
    rows.sort(key=lambda row: (not row.is_hub, -row.score, row.post_id))
    own = tuple(row for row in rows if row.standing != Standing.BLOCKED)
    blocked = tuple(row for row in rows if row.standing == Standing.BLOCKED)
    return ClusterFacts(cluster.pk, cluster.name, cluster.is_named, own, blocked)


def _list_links(posts: Iterable[Post]) -> list[_Link]:
    """The links from or to these posts, both ends processed; one query."""
    ids = {post.slug: post.pk for post in posts}
    # From anywhere: an orphan is one that nobody at all links to.
    rows = (
        PostLink.objects.filter(target_slug__in=list(ids), source__status__in=PROCESSABLE_STATUSES)
        .order_by("source_id", "target_slug")
        .values_list("source_id", "target_slug", "words")
    )
    return [_Link(source, ids[slug], words) for source, slug, words in rows]


def _list_links_of(posts: set[int]) -> list[_Link]:
    ids = dict(Post.objects.filter(status__in=PROCESSABLE_STATUSES).values_list("slug", "pk"))
    slugs = [slug for slug, key in ids.items() if key in posts]
    held = PostLink.objects.filter(source__in=posts) | PostLink.objects.filter(target_slug__in=slugs)
    rows = held.filter(source__status__in=PROCESSABLE_STATUSES).order_by("source_id", "target_slug")
    return [
        _Link(source, ids[slug], words)
        for source, slug, words in rows.values_list("source_id", "target_slug", "words")
        if slug in ids
    ]


def _list_pairs() -> list[tuple[int, int]]:
    ids = dict(Post.objects.filter(status__in=PROCESSABLE_STATUSES).values_list("slug", "pk"))
    rows = PostLink.objects.order_by("source_id", "target_slug").values_list("source_id", "target_slug")
    return [(source, ids[slug]) for source, slug in rows if slug in ids]


def _spot(row: MemberRow) -> Spot:
    is_live = row.status == PostStatus.PUBLISHED
    note = f"{row.role_label}, {row.standing_label}, 들어오는 링크 {row.inbound}개"
    if row.is_orphan:
        note += ", 고아 글"
    if not is_live:
        note += f", {row.status_label}"
    return Spot(row.post_id, row.title, row.address, row.is_hub, row.is_orphan, is_live, note)


def _address(post_id: int) -> str:
    return reverse("admin:posts_post_change", args=[post_id])
