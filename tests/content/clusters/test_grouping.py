"""Hubs and spokes: found among planted topics, the same in any order, and never against an editor."""

import random

import pytest

from content.clusters.drawing import HUB_RADIUS, WIDTH, Circle, Spot, draw_cluster, draw_overview
from content.clusters.graph import Edge, Place, list_orphans, measure_graph
from content.clusters.grouping import Group, Nearness, Seed, Topic, group_posts
from content.clusters.limits import ClusterLimits
from content.clusters.planning import name_cluster
from content.matching.defaults import DEFAULT_RULESET
from scripts.link_posts import make_posts

pytestmark = pytest.mark.once
LIMITS = ClusterLimits()


def read_topics(hubs: int = 8, spokes: int = 5) -> list[Topic]:
    return [Topic(at, post.title, post.body) for at, post in enumerate(make_posts(hubs, spokes))]


def group(topics: list[Topic], *seeds: Seed) -> list[Group]:
    nearness = Nearness(topics, alike=LIMITS.alike, ignored=DEFAULT_RULESET.ignored_words)
    return group_posts(nearness, LIMITS, seeds)


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("텐트 추천 비교: 무엇을 사야 할까", "텐트"),
        ("2026 차 추천", "2026 차"),
        ("추천: 무선 청소기 후기", "무선 청소기"),
        ("추천", "추천"),
        ("?!", "?!"),
    ],
)
def test_a_cluster_is_named_by_what_its_hub_is_about(title: str, name: str) -> None:
    assert name_cluster(Topic(1, title), DEFAULT_RULESET.ignored_words) == name


def test_planted_topics_are_found_in_whatever_order_the_posts_come() -> None:
    topics, posts = read_topics(), make_posts(8, 5)
    groups = group(topics)
    assert sorted(found.hub for found in groups) == [at for at, post in enumerate(posts) if post.is_hub]
    for found in groups:
        assert {posts[spoke].topic for spoke, _score in found.spokes} == {posts[found.hub].topic}
    shuffled = topics[:]
    random.Random(3).shuffle(shuffled)
    assert group(shuffled) == groups


def test_a_long_word_does_not_draw_the_kinds_of_one_thing_into_one_cluster() -> None:
    posts = make_posts(100, 6)
    kinds = [at for at, post in enumerate(posts) if post.is_hub and "공기청정기" in post.title]
    assert len(kinds) == 4
    groups = {found.hub: found for found in group(read_topics(100, 6))}
    assert sorted(groups) == [at for at, post in enumerate(posts) if post.is_hub]
    for hub in kinds:
        assert {posts[spoke].topic for spoke, _score in groups[hub].spokes} == {posts[hub].topic}
        assert len(groups[hub].spokes) == 6


def test_what_an_editor_fixed_stays_and_what_one_blocked_stays_out() -> None:
    topics = read_topics()
    plain = {found.hub: found for found in group(topics)}
    own, other = sorted(plain)[:2]
    moved, barred = plain[other].spokes[0][0], plain[own].spokes[0][0]
    seed = Seed(9, hub=own, kept=frozenset({moved}), blocked=frozenset({barred}))
    found = next(it for it in group(topics, seed) if it.key == 9)
    members = {post for post, _score in found.spokes}
    assert found.hub == own
    assert moved in members
    assert barred not in members
    everyone = [post for it in group(topics, seed) for post in (it.hub, *(spoke for spoke, _score in it.spokes))]
    assert len(everyone) == len(set(everyone))


def test_the_figures_of_a_small_graph() -> None:
    places = {1: Place(1, is_hub=True), 2: Place(1, is_hub=False), 3: Place(1, is_hub=False), 4: Place(2, is_hub=True)}
    edges = [Edge(1, 2, "필터"), Edge(2, 1, "청소기"), Edge(3, 1, "무선 청소기"), Edge(4, 1, "청소기")]
    figures = measure_graph([1, 2, 3, 4], edges, places)
    assert list_orphans([1, 2, 3, 4], edges) == {3, 4}
    assert (figures.links, figures.orphans, figures.orphan_share, figures.hub_coverage) == (4, 2, 0.5, 0.5)
    assert figures.anchor_entropy == pytest.approx(0.918, abs=0.001)
    assert figures.same_anchor_share == pytest.approx(2 / 3)
    assert (figures.cross_share, figures.inbound_p10, figures.inbound_p50) == (0.25, 0, 1)
    nothing = measure_graph([], [], {})
    assert (nothing.orphan_share, nothing.anchor_entropy, nothing.inbound_p50) == (None, None, None)


@pytest.mark.parametrize("number", [1, 10, 100, 400])
def test_every_cluster_and_post_is_drawn_inside_the_picture(number: int) -> None:
    circles = [
        Circle(at, f"클러스터 {at}", f"/c/{at}", [Spot(at * 10 + n, f"글 {n}", "/p", is_hub=n == 0) for n in range(7)])
        for at in range(number)
    ]
    drawn = draw_overview(circles, {(0, number - 1): 2} if number > 1 else {})
    nodes = [node for cell in drawn.cells for node in cell.nodes]
    assert len(nodes) == 7 * number
    assert all(node.radius <= node.x <= WIDTH - node.radius for node in nodes)
    assert all(node.radius <= node.y <= drawn.height for node in nodes)
    assert len({(node.x, node.y) for node in nodes}) == len(nodes)
    assert len(drawn.bridges) == (number > 1)


@pytest.mark.parametrize("spokes", [0, 1, 6, 30])
def test_a_cluster_of_any_size_is_drawn_inside_its_picture(spokes: int) -> None:
    spots = [Spot(at, f"아주 긴 제목의 글 {at} 무선 청소기", "/p", is_hub=at == 0) for at in range(spokes + 1)]
    outside = [Spot(900 + at, "다른 글", "/o") for at in range(3)]
    links = [(at, 0, "낱말") for at in range(1, spokes + 1)] + [(0, 900, "밖")]
    drawn = draw_cluster(spots, links, outside=outside)
    assert len(drawn.nodes) == spokes + 4
    assert all(0 < node.x < drawn.width and 0 < node.y < drawn.height - HUB_RADIUS / 2 for node in drawn.nodes)
    assert {arc.kind for arc in drawn.arcs} == ({"up", "cross"} if spokes else {"cross"})
