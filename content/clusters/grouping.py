"""Hubs and spokes from the words of posts: the posts that most others are about lead, the nearest ones follow.

How near two posts are is told by BM25F over title, topic and text (`matching.postings`): what the one's title asks for,
found in the other, as a share of what it finds in itself; the geometric mean of both ways. The same posts give the same
groups in whatever order they come; ties go to the smaller id. What an editor has fixed is taken as it is.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
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
BROAD_SHARE = 1.15
"""A post that chooses among products leads before one that tells of one thing."""
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

    def rate_hub(self, post: int) -> float:
        """How much a post is what others are about."""
        share = BROAD_SHARE if self.topics[post].intent in BROAD_INTENTS else 1.0
        return round(share * sum(self.near.get(post, {}).values()), SCORE_DIGITS)

    def _search(self, ignored: frozenset[str]) -> dict[tuple[int, int], float]:
        ids = list(self.topics)
        postings = Postings(map(_read_fields, self.topics.values()), FIELDS)
        found: dict[tuple[int, int], float] = {}
        for place, topic in enumerate(self.topics.values()):
            scores = np.zeros(len(ids), np.float32)
            for word in query_words(topic.title, ignored=ignored):
                documents, weights = postings.find_all(word.required)
                scores[documents] += weights
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
    """Every post in at most one group; the seeds' first, then by hub."""
    rates = {post: nearness.rate_hub(post) for post in nearness.topics}
    order = sorted(rates, key=lambda post: (-rates[post], post))
    growing = [_start(seed, rates) for seed in sorted(seeds, key=lambda seed: seed.key)]
    groups = [group for group in growing if group is not None]
    taken = {post for group in groups for post in (group.hub, *group.kept)}
    for group in groups:
        group.spokes = {post: nearness.get(group.hub, post) for post in sorted(group.kept - {group.hub})}
    free = {post for post in order if post not in taken}
    for post in order:
        if post in free:
            near = [other for other in _list_near(nearness, post) if other in free][: limits.spokes_most]
            is_led = any(_has_room(group, post, nearness, limits) for group in groups if nearness.get(group.hub, post))
            if len(near) >= limits.spokes_least and not is_led:
                groups.append(_Growing(post))
                free -= {post, *near}
    _fill(groups, nearness, limits, {post for post in order if post not in taken} - {group.hub for group in groups})
    kept = [group for group in groups if group.key is not None or len(group.spokes) >= limits.spokes_least]
    return [_finish(group) for group in kept]


def _start(seed: Seed, rates: Mapping[int, float]) -> _Growing | None:
    known = [post for post in seed.kept if post in rates]
    hub = seed.hub if seed.hub in rates else min(known, key=lambda post: (-rates[post], post), default=None)
    return None if hub is None else _Growing(hub, seed.key, frozenset(known), seed.blocked)


def _fill(groups: list[_Growing], nearness: Nearness, limits: ClusterLimits, posts: set[int]) -> None:
    """Let each post follow the nearest hub that has room for it, the nearest pairs first."""
    pairs = [
        (-nearness.get(group.hub, post), group.hub, post, at)
        for at, group in enumerate(groups)
        for post in nearness.near.get(group.hub, {})
        if post in posts
    ]
    placed: set[int] = set()
    for minus, _hub, post, at in sorted(pairs):
        if post not in placed and _has_room(groups[at], post, nearness, limits):
            groups[at].spokes[post] = -minus
            placed.add(post)


def _has_room(group: _Growing, post: int, nearness: Nearness, limits: ClusterLimits) -> bool:
    return post not in group.blocked and len(group.spokes) < limits.spokes_most


def _list_near(nearness: Nearness, post: int) -> list[int]:
    near = nearness.near.get(post, {})
    return sorted(near, key=lambda other: (-near[other], other))


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
