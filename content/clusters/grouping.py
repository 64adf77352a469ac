"""Hubs and spokes from the words of posts: the posts that most others are about lead, the nearest ones follow.

How near two posts are is told by BM25F over title, topic and text (`matching.postings`): what the one's title asks for,
found in the other, as a share of what it finds in itself; the geometric mean of both ways. The same posts give the same
groups in whatever order they come; ties go to the smaller id. What an editor has fixed is taken as it is.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from math import sqrt

import numpy as np

from content.clusters.limits import ClusterLimits
from content.matching.postings import Field, Postings
from content.matching.tokens import index_tokens, query_words

FIELDS = (Field("title", 3.0, 0.5), Field("topic", 1.0, 0.5), Field("text", 1.0, 0.75))
NEIGHBOURS_MOST = 30
OTHER_CATEGORY_SHARE = 0.7
"""How far posts about products of different categories are still alike."""
BROAD_INTENTS = frozenset({"buy", "compare"})
BROAD_SHARE = 1.2
"""A post that chooses among products leads before one that tells of one thing."""
FOLLOW_SHARE = 0.9
"""A post that others have named follows a hub itself only when it is at least about as near to it as they are to it."""
TEXT_LENGTH_READ = 4_000
SCORE_DIGITS = 4


@dataclass(frozen=True, slots=True)
class Topic:
    """What a post is about. text: its own words; topic: names of its category and product; intent, category: of its match."""

    id: int
    title: str
    text: str = ""
    topic: str = ""
    intent: str = ""
    category: int | None = None


@dataclass(frozen=True, slots=True)
class Seed:
    """A cluster of which editors decided something. hub: None to find the best among its members; kept: {post: ...}."""

    key: int
    hub: int | None = None
    kept: frozenset[int] = frozenset()
    blocked: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Group:
    """A hub with its spokes and how near each is (0 to 1), the nearest first. key: of the seed that it grew from."""

    hub: int
    spokes: tuple[tuple[int, float], ...]
    key: int | None = None


@dataclass
class _Growing:
    hub: int
    key: int | None = None
    kept: frozenset[int] = frozenset()
    blocked: frozenset[int] = frozenset()
    spokes: dict[int, float] = field(default_factory=dict)


class Nearness:
    """How near the posts are to each other; only pairs above the limit are kept."""

    def __init__(self, topics: Sequence[Topic], *, alike: float, ignored: frozenset[str] = frozenset()) -> None:
        self.topics = {topic.id: topic for topic in sorted(topics, key=lambda topic: topic.id)}
        self._found = self._search(ignored)
        self.near: dict[int, dict[int, float]] = defaultdict(dict)
        for one, other in sorted({(min(pair), max(pair)) for pair in self._found if pair[0] != pair[1]}):
            value = self._weigh(one, other)
            if value >= alike:
                self.near[one][other] = self.near[other][one] = value

    def get(self, one: int, other: int) -> float:
        """0 to 1; 0 below the limit."""
        return self.near.get(one, {}).get(other, 0.0)

    def find_broader(self, post: int, among: Collection[int]) -> int | None:
        """The nearest of these posts whose title this post covers better than the other way round: what it is a part of."""
        near = self.near.get(post, {})
        broader = [other for other in near if other in among and self._reach(other, post) >= self._reach(post, other)]
        return min(broader, key=lambda other: (-near[other], other), default=None)

    def _reach(self, one: int, other: int) -> float:
        """How far the first post's title is found in the second, more for a post that chooses among products."""
        share = BROAD_SHARE if self.topics[one].intent in BROAD_INTENTS else 1.0
        return share * self._found.get((one, other), 0.0)

    def _search(self, ignored: frozenset[str]) -> dict[tuple[int, int], float]:
        ids = list(self.topics)
        postings = Postings(map(_read_fields, self.topics.values()), FIELDS)
        found: dict[tuple[int, int], float] = {}
        for place, topic in enumerate(self.topics.values()):
            scores = np.zeros(len(ids), np.float32)
            for word in query_words(topic.title, ignored=ignored):
                documents, weights = postings.find_all(word.required)
                # A word of many syllables is no more telling than a short one: its pairs count together as one.
                scores[documents] += weights / len(word.required)
            whole = float(scores[place])
            if whole <= 0:
                continue
            best = _rank(scores, NEIGHBOURS_MOST + 1)
            for at in best:
                found[topic.id, ids[at]] = min(1.0, float(scores[at]) / whole)
        return found

    def _weigh(self, one: int, other: int) -> float:
        there, back = self._found.get((one, other), 0.0), self._found.get((other, one), 0.0)
        categories = {self.topics[post].category for post in (one, other)} - {None}
        share = OTHER_CATEGORY_SHARE if len(categories) == 2 else 1.0
        return round(share * sqrt(there * back), SCORE_DIGITS)


def group_posts(nearness: Nearness, limits: ClusterLimits, seeds: Iterable[Seed] = ()) -> list[Group]:
    """Every post in at most one group; the seeds' first, then as they were found.

    Each post names the nearest one that is broader than it; who is named most leads those who named it. Whoever is left
    then follows the nearest hub that has room, and those who found none start again among themselves.
    """
    started = [_start(seed, nearness) for seed in sorted(seeds, key=lambda seed: seed.key)]
    groups = [group for group in started if group is not None]
    taken = {post for group in groups for post in (group.hub, *group.kept)}
    for group in groups:
        group.spokes = {post: nearness.get(group.hub, post) for post in sorted(group.kept - {group.hub})}
    free = set(nearness.topics) - taken
    _fill(groups, nearness, limits, free)
    while fresh := _lead(nearness, limits, free):
        groups += fresh
        _fill(groups, nearness, limits, free)
    return [_finish(group) for group in groups]


def _lead(nearness: Nearness, limits: ClusterLimits, free: set[int]) -> list[_Growing]:
    """Hubs among the free posts, with those who named them; all of these are free no more."""
    voters: dict[int, list[int]] = defaultdict(list)
    among = frozenset(free)
    for post in sorted(free):
        broader = nearness.find_broader(post, among)
        if broader is not None:
            voters[broader].append(post)
    rates = {hub: round(sum(nearness.get(hub, post) for post in own), SCORE_DIGITS) for hub, own in voters.items()}
    found = []

    def is_leading(post: int, hub: int) -> bool:
        """Whether the post is nearer to those who named it than to the hub that it names."""
        own = len(voters.get(post, ()))
        return own >= limits.spokes_least and nearness.get(hub, post) < FOLLOW_SHARE * rates[post] / own

    for hub in sorted(voters, key=lambda hub: (-rates[hub], hub)):
        own = [post for post in voters[hub] if post in free and not is_leading(post, hub)]
        own.sort(key=lambda post: (-nearness.get(hub, post), post))
        if hub in free and len(own) >= limits.spokes_least:
            group = _Growing(hub, spokes={post: nearness.get(hub, post) for post in own[: limits.spokes_most]})
            found.append(group)
            free -= {hub, *group.spokes}
    return found


def _start(seed: Seed, nearness: Nearness) -> _Growing | None:
    known = sorted(post for post in seed.kept if post in nearness.topics)
    rates = {post: sum(nearness.get(post, other) for other in known) for post in known}
    best = min(known, key=lambda post: (-rates[post], post), default=None)
    hub = seed.hub if seed.hub in nearness.topics else best
    return None if hub is None else _Growing(hub, seed.key, frozenset(known), seed.blocked)


def _fill(groups: Sequence[_Growing], nearness: Nearness, limits: ClusterLimits, free: set[int]) -> None:
    """Let each free post follow the nearest hub that has room for it, the nearest pairs first."""
    pairs = [
        (-value, group.hub, post, at)
        for at, group in enumerate(groups)
        for post, value in nearness.near.get(group.hub, {}).items()
        if post in free
    ]
    for minus, _hub, post, at in sorted(pairs):
        if post in free and _has_room(groups[at], post, limits):
            groups[at].spokes[post] = -minus
            free.discard(post)


def _has_room(group: _Growing, post: int, limits: ClusterLimits) -> bool:
    return post not in group.blocked and len(group.spokes) < limits.spokes_most


def _finish(group: _Growing) -> Group:
    ordered = sorted(group.spokes.items(), key=lambda item: (-item[1], item[0]))
    return Group(group.hub, tuple(ordered), group.key)


def _read_fields(topic: Topic) -> list[list[str]]:
    return [index_tokens(topic.title), index_tokens(topic.topic), index_tokens(topic.text[:TEXT_LENGTH_READ])]


def _rank(scores: "np.ndarray[tuple[int], np.dtype[np.float32]]", limit: int) -> list[int]:
    """The places of the best, by score and then by place."""
    places = np.flatnonzero(scores)
    if len(places) > limit:
        least = np.partition(scores[places], len(places) - limit)[len(places) - limit]
        places = places[scores[places] >= least]
    order = np.lexsort((places, -scores[places]))[:limit]
    return [int(at) for at in places[order]]
