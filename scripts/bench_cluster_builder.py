"""Clusters and links: planning both for posts with planted topics, and the scan for anchors at full size.

    python scripts/bench_cluster_builder.py [--hubs 100] [--spokes-per-hub 6] [--posts 50000] [--anchors 20000] [--quick] ...

    clusters   posts grouped into hubs and spokes (BM25F both ways), beside the plain way: every pair of posts compared as sets
    links      every page read, links proposed, each rendered and compared, beside rendering each page once
    scan       the anchors of all posts found as whole words (Aho-Corasick), beside one big regex of the same anchors on a sample

Before anything is timed the plan itself is judged: hubs and spokes against the planted ones, every link by a checker that
shares no code with the product (`link_checker`), the bytes after undoing, and a second run, which must add nothing. Any
violation ends the bench with 1, as does a goal that is missed.
"""

import os
import random
import re
import sys
from argparse import ArgumentParser, Namespace
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import combinations

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "project.settings.perf")

import django

django.setup()

from content.clusters.anchors import AnchorBook, Titled, choose_anchors
from content.clusters.grouping import Group, Nearness, Topic, group_posts
from content.clusters.inserting import take_out
from content.clusters.limits import ClusterLimits, LinkLimits
from content.clusters.linking import hash_body
from content.clusters.linkplan import Held, LinkPlan, LinkPlanner, Page, write_links
from content.clusters.models import PlannedLink
from content.clusters.textmap import list_links
from content.clusters.verification import see
from content.matching.defaults import DEFAULT_RULESET
from content.matching.tokens import index_tokens
from content.posts.placeholders import strip_placeholders
from perfhooks.bench import Goal, Operation, Scenario, main
from perfhooks.bench.options import count
from scripts.link_checker import Leaf, check_leaves
from scripts.link_posts import FILLER, KINDS, SIDES, THINGS, SyntheticPost, attach, make_posts

SCAN_PER_SECOND_MIN, SCAN_RATIO_MIN, PAIRS_RATIO_MIN = 5_000, 20, 3
RIGHT_SHARE_MIN, QUICK_HUBS = 0.95, 20
SAMPLE_POSTS = 60
TEXT_SIGNS = 1_700
MAKERS = ("국산", "수입", "신형", "구형")
IGNORED = DEFAULT_RULESET.ignored_words


@dataclass
class Garden:
    """The planted posts and what becomes of them. Ids are places in the list."""

    posts: Sequence[SyntheticPost]
    nearness: Nearness | None = None
    groups: list[Group] = field(default_factory=list)

    @property
    def topics(self) -> list[Topic]:
        """What each is about."""
        return [Topic(at, post.title, strip_placeholders(post.body)) for at, post in enumerate(self.posts)]

    def group(self) -> None:
        """Hubs and spokes."""
        limits = ClusterLimits()
        self.nearness = Nearness(self.topics, alike=limits.alike, ignored=IGNORED)
        self.groups = group_posts(self.nearness, limits)

    def pages(self, bodies: Sequence[str]) -> list[Page]:
        """The posts with their places."""
        places = {
            post: (number, post == group.hub)
            for number, group in enumerate(self.groups)
            for post in (group.hub, *(spoke for spoke, _score in group.spokes))
        }
        return [
            Page(at, post.slug, bodies[at], True, *places.get(at, (None, False))) for at, post in enumerate(self.posts)
        ]

    def link(self, bodies: Sequence[str]) -> LinkPlan:
        """The links for these bodies."""
        pages, slugs = self.pages(bodies), {post.slug: at for at, post in enumerate(self.posts)}
        titles = [Titled(page.id, self.posts[page.id].title, page.cluster, page.is_hub) for page in pages]
        held = [Held(page.id, slugs[slug], words) for page in pages for slug, words in list_links(page.body)]
        near = self.nearness.get if self.nearness else lambda _one, _other: 0.0
        anchors = choose_anchors(titles, {}, ignored=IGNORED)
        return LinkPlanner(pages, held=held, anchors=anchors, limits=LinkLimits(), near=near).plan()


def judge(garden: Garden) -> str:
    """Raise RuntimeError on any violation; returns the figures in words."""
    garden.group()
    hubs = sum(garden.posts[group.hub].is_hub for group in garden.groups)
    followed = [(group.hub, spoke) for group in garden.groups for spoke, _score in group.spokes]
    right = sum(garden.posts[hub].topic == garden.posts[spoke].topic for hub, spoke in followed)
    wanted = sum(post.is_hub for post in garden.posts)
    if hubs < RIGHT_SHARE_MIN * wanted or right < RIGHT_SHARE_MIN * (len(garden.posts) - wanted):
        raise RuntimeError(
            f"{hubs} of {wanted} hubs found, {right} of {len(garden.posts) - wanted} spokes placed rightly"
        )
    before = [post.body for post in garden.posts]
    plan = garden.link(before)
    after, leaves = insert(garden, before, plan)
    problems = check_leaves(leaves)
    again = garden.link(after)
    if problems or again.proposals:
        raise RuntimeError(f"{len(problems)} violations {problems[:3]}, a second run adds {len(again.proposals)}")
    if not plan.proposals:
        raise RuntimeError("nothing was linked")
    linked = {it.target for it in plan.proposals}
    pairs = {(it.source, it.target) for it in plan.proposals}
    covered = sum((hub, spoke) in pairs and (spoke, hub) in pairs for hub, spoke in followed)
    return (
        f"hubs {hubs}/{wanted}, spokes {right}/{len(garden.posts) - wanted} right; {len(plan.proposals)} links, 0 violations, "
        f"second run adds 0, bytes restored; orphans {len(garden.posts) - len(linked)} of {len(garden.posts)}, "
        f"linked both ways {covered / max(1, len(followed)):.1%}; refused {len(plan.refusals)}"
    )


def insert(garden: Garden, before: Sequence[str], plan: LinkPlan) -> tuple[list[str], list[Leaf]]:
    """The bodies with the links, undone once to see that the bytes come back."""
    own: dict[int, list[PlannedLink]] = defaultdict(list)
    for it in plan.proposals:
        slug, known = garden.posts[it.target].slug, hash_body(before[it.source])
        own[it.source].append(
            PlannedLink(target_slug=slug, words=it.words, start=it.start, rule_id=it.rule_id, body_hash=known)
        )
    after = []
    for at, body in enumerate(before):
        linked = write_links(body, [(link.start, link.words, link.target_slug) for link in own[at]])
        if own[at] and take_out(linked, own[at])[0] != body:
            raise RuntimeError(f"undoing does not restore the bytes of {garden.posts[at].slug}")
        after.append(linked)
    leaves = [
        Leaf(
            page.id,
            page.slug,
            before[page.id],
            after[page.id],
            page.is_live,
            page.cluster,
            page.is_hub,
            {link.target_slug: link.rule_id for link in own[page.id]},
        )
        for page in garden.pages(before)
    ]
    return after, leaves


def compare_all(topics: Sequence[Topic]) -> int:
    """The plain way: every pair, as sets of tokens."""
    sets = [frozenset(index_tokens(f"{topic.title} {topic.text}")) for topic in topics]
    return sum(len(one & other) / len(one | other) > 0.5 for one, other in combinations(sets, 2))


def make_anchors(number: int, dice: random.Random) -> list[str]:
    """So many different anchors, single nouns among them."""
    found = [f"{kind} {thing} {side}" for thing in THINGS for kind in KINDS for side in SIDES]
    found += [f"{maker} {words}" for maker in MAKERS for words in found]
    dice.shuffle(found)
    if number > len(found):
        raise ValueError(f"at most {len(found)} anchors")
    return [f"{kind} {thing}" for thing in THINGS for kind in KINDS][: number // 10] + found[: number - number // 10]


def make_texts(number: int, anchors: Sequence[str], dice: random.Random) -> list[str]:
    """So many texts of some 1,700 signs with eight anchors each, most with a particle."""
    texts = []
    for _ in range(number):
        parts, signs = [attach(dice.choice(anchors), dice) for _ in range(8)], 0
        while signs < TEXT_SIGNS:
            parts.append(dice.choice(FILLER))
            signs += len(parts[-1]) + 1
        dice.shuffle(parts)
        texts.append(" ".join(parts))
    return texts


def list_scenarios(options: Namespace) -> Iterator[Scenario]:
    """Clusters, links, scan."""
    hubs = min(options.hubs, QUICK_HUBS) if options.quick else options.hubs
    garden = Garden(make_posts(hubs, options.spokes_per_hub, seed=options.seed))
    print(judge(garden), file=sys.stderr)
    total = len(garden.posts)
    topics = garden.topics
    yield Scenario(
        name=f"clusters: {total:,} posts",
        operation=Operation("group", garden.group, units=total),
        yardstick=Operation("every pair as sets", lambda: compare_all(topics), units=total),
        unit="글",
        repetitions=3,
        warmups=1,
        goals=(Goal.at_least("ratio", PAIRS_RATIO_MIN),) if total >= 500 else (),
    )
    bodies = [post.body for post in garden.posts]
    yield Scenario(
        name=f"links: {total:,} posts",
        operation=Operation("plan with proof", lambda: garden.link(bodies), units=total),
        yardstick=Operation("render each once", lambda: [see(body) for body in bodies], units=total),
        unit="글",
        repetitions=5,
    )
    posts, number = (2_000, 2_000) if options.quick else (options.posts, options.anchors)
    dice = random.Random(options.seed)  # noqa: S311
    anchors = make_anchors(number, dice)
    texts = make_texts(posts, anchors, dice)
    book = AnchorBook({words: at for at, words in enumerate(anchors)})
    pattern = re.compile("|".join(map(re.escape, sorted(anchors, key=len, reverse=True))))
    found = sum(len(book.scan(text)) for text in texts[:SAMPLE_POSTS])
    if found < SAMPLE_POSTS * 6:
        raise RuntimeError(f"{found} anchors found in {SAMPLE_POSTS} posts that hold eight each")
    yield Scenario(
        name=f"scan: {posts:,} posts, {number:,} anchors",
        operation=Operation("Aho-Corasick, whole words", lambda: [len(book.scan(text)) for text in texts], units=posts),
        yardstick=Operation(
            f"one regex on {SAMPLE_POSTS}",
            lambda: [len(pattern.findall(text)) for text in texts[:SAMPLE_POSTS]],
            units=SAMPLE_POSTS,
        ),
        unit="글",
        repetitions=3,
        warmups=1,
        goals=(Goal.at_least("units_per_second", SCAN_PER_SECOND_MIN), Goal.at_least("ratio", SCAN_RATIO_MIN)),
    )


def add_options(parser: ArgumentParser) -> None:
    """How much."""
    parser.add_argument("--hubs", type=count, default=100, help="허브의 수 (기본 100)")
    parser.add_argument("--spokes-per-hub", type=count, default=6, help="허브마다 스포크의 수 (기본 6)")
    parser.add_argument("--posts", type=count, default=50_000, help="훑을 글의 수 (기본 50,000)")
    parser.add_argument("--anchors", type=count, default=20_000, help="앵커의 수 (기본 20,000)")


if __name__ == "__main__":
    sys.exit(main(lambda options: list(list_scenarios(options)), about=__doc__, add_options=add_options))
