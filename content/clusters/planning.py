"""Planning clusters: the planner's groups beside what editors have decided, kept as rows. The same posts change nothing."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.db import transaction
from django.db.models import Max

from content.batches import split_batches
from content.clusters.anchors import split_title
from content.clusters.grouping import Group, Nearness, Seed, Topic, group_posts
from content.clusters.models import Cluster, ClusterMember, Role, Standing
from content.clusters.selectors import (
    Membership,
    list_memberships,
    list_topics,
    read_cluster_limits,
    read_ignored_words,
)
from content.posts.selectors import hold_posts
from perfhooks.locks import hold_lock
from perfhooks.spans import span

NAME_LENGTH_LIMIT = 120
FIXED = frozenset({Standing.ACCEPTED, Standing.PINNED})
PLAN_LOCK = "clusters.plan"


@dataclass(frozen=True, slots=True)
class PlanOutcome:
    """What planning did. clustered: posts in a cluster; kept: places that editors fixed; added, removed: places; plan: its
    number, that of the plan before where nothing changed.
    """

    plan: int
    posts: int
    clusters: int
    clustered: int
    kept: int
    added: int
    removed: int


@dataclass(frozen=True, slots=True)
class _Draft:
    """What the rows should be. keys: the cluster of each group, None for a new one."""

    groups: Sequence[Group]
    keys: Sequence[int | None]
    added: Sequence[tuple[int, int, str, float]]
    """(number of the group, post, role, score)"""
    kept: Sequence[tuple[Membership, str, float]]
    """(place, role, score)"""
    removed: Sequence[Membership]


def plan_clusters(*, is_dry_run: bool = False) -> PlanOutcome:
    """Group the posts that are processed into hubs and spokes. What editors accepted, moved or blocked stays.

    is_dry_run: say what would change and write nothing. Raises `LockHeld` while another process plans.
    """
    with hold_lock(PLAN_LOCK), span("cluster_plan_latency_seconds") as timed:
        nearness = Nearness(list_topics(), alike=read_cluster_limits().alike, ignored=read_ignored_words())
        with transaction.atomic():
            rows = list_memberships()
            draft = _draft(group_posts(nearness, read_cluster_limits(), list_seeds(rows)), rows)
            plan = Cluster.objects.aggregate(newest=Max("plan"))["newest"] or 0
            if (draft.added or draft.removed) and not is_dry_run:
                plan += 1
                _write(draft, nearness, plan)
        outcome = PlanOutcome(
            plan=plan,
            posts=len(nearness.topics),
            clusters=len(draft.groups),
            clustered=sum(1 + len(group.spokes) for group in draft.groups),
            kept=sum(row.standing in FIXED for row in rows),
            added=len(draft.added),
            removed=len(draft.removed),
        )
        timed.set(posts=outcome.posts, clusters=outcome.clusters, added=outcome.added, removed=outcome.removed)
    return outcome


def list_seeds(rows: Iterable[Membership]) -> list[Seed]:
    """The clusters of which editors decided something."""
    kept: dict[int, set[int]] = {}
    blocked: dict[int, set[int]] = {}
    hubs: dict[int, int] = {}
    for row in rows:
        if row.standing == Standing.BLOCKED:
            blocked.setdefault(row.cluster, set()).add(row.post)
            continue
        if row.standing in FIXED:
            kept.setdefault(row.cluster, set()).add(row.post)
        if row.role == Role.HUB:
            hubs[row.cluster] = row.post
    return [
        Seed(key, hubs.get(key), frozenset(kept.get(key, ())), frozenset(blocked.get(key, ())))
        for key in sorted({*kept, *blocked})
    ]


def name_cluster(topic: Topic, ignored: frozenset[str]) -> str:
    """The hub's title up to its first sign (텐트 추천 비교: ...), without the words around that say nothing."""
    for words in split_title(topic.title):
        told = [at for at, word in enumerate(words) if word not in ignored]
        if told:
            return " ".join(words[told[0] : told[-1] + 1])[:NAME_LENGTH_LIMIT]
    return topic.title[:NAME_LENGTH_LIMIT]


def _draft(groups: Sequence[Group], rows: Sequence[Membership]) -> _Draft:
    places = [row for row in rows if row.standing != Standing.BLOCKED]
    keys = _match_clusters(groups, places)
    wanted = {
        (keys[at], post): (at, role, score)
        for at, group in enumerate(groups)
        for post, role, score in ((group.hub, Role.HUB, 1.0), *((it[0], Role.SPOKE, it[1]) for it in group.spokes))
        if keys[at] is not None
    }
    fresh = [
        (at, post, role, score)
        for at, group in enumerate(groups)
        for post, role, score in ((group.hub, Role.HUB, 1.0), *((it[0], Role.SPOKE, it[1]) for it in group.spokes))
    ]
    kept, removed = [], []
    for row in places:
        place = wanted.get((row.cluster, row.post))
        if place is not None and (row.standing in FIXED or place[1] == row.role):
            kept.append((row, place[1], place[2]))
        elif row.standing in FIXED:  # its post is not processed just now: the editor's word stays, as a spoke
            kept.append((row, Role.SPOKE, row.score))
        else:
            removed.append(row)
    there = {(row.cluster, row.post) for row, _role, _score in kept}
    added = [it for it in fresh if (keys[it[0]], it[1]) not in there]
    return _Draft(groups, keys, added, kept, removed)


def _match_clusters(groups: Sequence[Group], rows: Sequence[Membership]) -> list[int | None]:
    """The cluster that each group continues: its seed's, else that of the same hub, else the one it shares most with."""
    keys: list[int | None] = [group.key for group in groups]
    hubs = {row.post: row.cluster for row in rows if row.role == Role.HUB}
    homes = {row.post: row.cluster for row in rows}
    free = set(homes.values()) - {key for key in keys if key is not None}
    for at, group in enumerate(groups):
        if keys[at] is None and hubs.get(group.hub) in free:
            keys[at] = hubs[group.hub]
            free.discard(hubs[group.hub])
    for at, group in enumerate(groups):
        if keys[at] is None:
            shared = Counter(
                homes[post] for post in (group.hub, *(it[0] for it in group.spokes)) if homes.get(post) in free
            )
            if shared:
                keys[at] = min(shared, key=lambda key: (-shared[key], key))
                free.discard(keys[at] or 0)
    return keys


def _write(draft: _Draft, nearness: Nearness, plan: int) -> None:
    """Bring the rows to the draft, in an order in which no constraint is broken on the way."""
    for batch in split_batches(_list_ids(draft.removed)):
        ClusterMember.objects.filter(pk__in=batch).delete()
    for row, role, score in draft.kept:
        if (row.role, row.score) != (role, score):
            ClusterMember.objects.filter(cluster=row.cluster, post=row.post).update(role=role, score=score)
    ignored = read_ignored_words()
    names = {at: name_cluster(nearness.topics[group.hub], ignored) for at, group in enumerate(draft.groups)}
    homes = {at: key for at, key in enumerate(draft.keys) if key is not None}
    for at in names.keys() - homes.keys():
        homes[at] = Cluster.objects.create(name=names[at], plan=plan).pk
    drafted = split_batches(post for _at, post, _role, _score in draft.added)
    alive = {post for batch in drafted for post in hold_posts(batch)}
    places = [
        ClusterMember(cluster_id=homes[at], post_id=post, role=role, score=score)
        for at, post, role, score in draft.added
        if post in alive
    ]
    # Where an editor keeps a post out, it was never drafted: no place of these is taken.
    ClusterMember.objects.bulk_create(places, batch_size=500)
    for at, key in homes.items():
        Cluster.objects.filter(pk=key, is_named=False).exclude(name=names[at]).update(name=names[at])
    Cluster.objects.filter(pk__in=list(homes.values())).update(plan=plan)
    Cluster.objects.filter(members__isnull=True, is_named=False).delete()


def _list_ids(rows: Sequence[Membership]) -> list[int]:
    wanted = {(row.cluster, row.post) for row in rows}
    held = ClusterMember.objects.exclude(standing=Standing.BLOCKED).values_list("pk", "cluster_id", "post_id")
    return [key for key, cluster, post in held if (cluster, post) in wanted]
