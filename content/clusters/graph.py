"""Figures of a set of links: who is linked to, by which words, across which clusters."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from math import log2

from content.clusters.anchors import fold

INBOUND_LEAST = 2
"""A target's words are told apart from so many links on."""


@dataclass(frozen=True, slots=True)
class Edge:
    """A link between two published posts."""

    source: int
    target: int
    words: str = ""


@dataclass(frozen=True, slots=True)
class Place:
    """A post's place in a cluster."""

    cluster: int
    is_hub: bool


@dataclass(frozen=True, slots=True)
class GraphFigures:
    """Shares are 0 to 1; None where there is nothing to measure.

    hub_coverage: spokes that are linked with their hub both ways; anchor_entropy: Shannon's, in bits, the mean over posts
    with at least two links; same_anchor_share: the largest share of one wording, the mean over the same posts.
    """

    posts: int
    links: int
    orphans: int
    orphan_share: float | None
    hub_coverage: float | None
    anchor_entropy: float | None
    same_anchor_share: float | None
    cross_share: float | None
    inbound_p10: float | None
    inbound_p50: float | None


def measure_graph(posts: Collection[int], edges: Iterable[Edge], places: Mapping[int, Place]) -> GraphFigures:
    """The figures of these published posts and the links among them."""
    held = [edge for edge in edges if edge.source != edge.target]
    inbound = Counter(edge.target for edge in held)
    counts = sorted(inbound[post] for post in posts)
    wordings = _group_words(held)
    pairs = {(edge.source, edge.target) for edge in held}
    spokes = _list_spokes(posts, places)
    orphans = sum(number == 0 for number in counts)
    return GraphFigures(
        posts=len(posts),
        links=len(held),
        orphans=orphans,
        orphan_share=_share(orphans, len(posts)),
        hub_coverage=_share(sum((a, b) in pairs and (b, a) in pairs for a, b in spokes), len(spokes)),
        anchor_entropy=_mean([_measure_entropy(words) for words in wordings]),
        same_anchor_share=_mean([max(words.values()) / words.total() for words in wordings]),
        cross_share=_share(sum(_is_cross(edge, places) for edge in held), len(held)),
        inbound_p10=_pick(counts, 0.1),
        inbound_p50=_pick(counts, 0.5),
    )


def list_orphans(posts: Collection[int], edges: Iterable[Edge]) -> set[int]:
    """The posts that no other links to."""
    return set(posts) - {edge.target for edge in edges if edge.source != edge.target}


def _group_words(edges: Iterable[Edge]) -> list[Counter[str]]:
    grouped: dict[int, Counter[str]] = defaultdict(Counter)
    for edge in edges:
        grouped[edge.target][fold(edge.words)] += 1
    return [words for _target, words in sorted(grouped.items()) if words.total() >= INBOUND_LEAST]


def _list_spokes(posts: Collection[int], places: Mapping[int, Place]) -> list[tuple[int, int]]:
    known = set(posts)
    hubs = {place.cluster: post for post, place in places.items() if place.is_hub and post in known}
    return [
        (hubs[place.cluster], post)
        for post, place in sorted(places.items())
        if not place.is_hub and post in known and place.cluster in hubs
    ]


def _is_cross(edge: Edge, places: Mapping[int, Place]) -> bool:
    one, other = places.get(edge.source), places.get(edge.target)
    return one is None or other is None or one.cluster != other.cluster


def _measure_entropy(words: Counter[str]) -> float:
    total = words.total()
    return -sum(number / total * log2(number / total) for number in words.values()) + 0.0


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None


def _mean(values: list[float]) -> float | None:
    return sum(values) / len(values) if values else None


def _pick(ordered: list[int], share: float) -> float | None:
    """The value at this share of an ordered list (nearest rank)."""
    return float(ordered[min(len(ordered) - 1, int(share * len(ordered)))]) if ordered else None
