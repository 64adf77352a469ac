"""Matching beside SQLite's FTS5 (porter, any word, bm25 over title and description), in one process on one core.

    python scripts/bench_match_engine.py [--items 10000] [--ruleset default] [--sizes 19406,78000,200000] [--quick] ...

    items        whole decisions on posts: body parsed, intent read, stages run, rules applied; FTS5 only searches the titles
    size N       one graded query at a time on N products (the catalogue's texts repeated); FTS5's 95th percentile, of
                 which ours may be half, is measured just before in the same process
    quality      nDCG@10 and the share of empty answers beside FTS5's, on the Chorus queries and the Korean set; on stderr

Without the Chorus catalogue (SHARED_DATA) the demo catalogue stands in and its goals are left out. Exits with 1 when a
goal is missed.
"""

import os
import random
import sys
from argparse import ArgumentParser, ArgumentTypeError, Namespace
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import count as count_up
from itertools import cycle
from pathlib import Path
from time import perf_counter

ROOT = Path(__file__).resolve().parents[1]
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "project.settings.perf")

import django

django.setup()

from content.matching.decision import Ruling, Shelf, decide
from content.matching.defaults import DEFAULT_NAME, DEFAULT_RULESET
from content.matching.engine import rank_products
from content.matching.evaluation import evaluate
from content.matching.index import MatchIndex
from content.matching.judgements import FileProduct, read_catalogue, read_ratings
from content.matching.reference import ReferenceEngine
from content.matching.rules import RulesetSpec
from content.matching.selectors import PostWords, get_ruleset
from perfhooks.bench import Goal, Operation, Scenario, main
from perfhooks.bench.options import count
from perfhooks.percentiles import percentile
from products.catalog.selectors import ProductFacts

CHORUS = Path(os.environ.get("SHARED_DATA", ROOT.parent / "shared" / "data")) / "chorus_icecat"
DEMO = ROOT / "operations" / "demo" / "catalogue.jsonl"
KOREAN = ROOT / "tests" / "content" / "matching" / "data" / "korean_ratings.csv"
SEED, DEPTH, POSTS = 20261130, 10, 500
ITEMS_A_SECOND, P95_SECONDS, P95_SHARE = 1_000.0, 0.005, 0.5
NDCG_LEAST, NDCG_RATIO_LEAST, ZERO_MOST = 0.78, 1.04, 0.02
ROUNDS = 5


@dataclass(frozen=True)
class Engines:
    """Both engines on the same products."""

    ours: MatchIndex
    peer: ReferenceEngine

    @classmethod
    def build(cls, products: Sequence[FileProduct]) -> "Engines":
        """Index them."""
        return cls(MatchIndex(products), ReferenceEngine((it.sku, it.name, it.description) for it in products))

    def rank(self, query: str) -> list[str]:
        """The best products by matching."""
        return [row.sku for row in rank_products(query, self.ours, limit=DEPTH)]

    def rank_peer(self, query: str) -> list[str]:
        """The best products by FTS5."""
        return self.peer.rank(query, limit=DEPTH)


def repeat(products: Sequence[FileProduct], size: int) -> list[FileProduct]:
    """So many products, the texts repeated."""
    return [
        replace(it, id=number, sku=it.sku if number <= len(products) else f"{it.sku}-{number}")
        for number, it in zip(range(1, size + 1), cycle(products), strict=False)
    ]


def make_posts(products: Sequence[FileProduct], items: int) -> list[PostWords]:
    """Posts about some products: a few words of the name with a cue, and the description as text."""
    dice = random.Random(SEED)  # noqa: S311 (a repeatable draw, no secret)
    cues = ("추천", "비교", "review", "사용법", "")
    posts = []
    for number in range(items):
        it = dice.choice(products)
        words = it.name.split()
        title = " ".join([*dice.sample(words, min(len(words), dice.randint(2, 5))), dice.choice(cues)])
        posts.append(PostWords(number, title, f"{it.description}\n\n{{{{ product:match }}}}\n", None))
    return posts


def make_facts(it: FileProduct) -> ProductFacts:
    """A product of a file as the catalogue would state it."""
    known = {name: getattr(it, name) for name in ProductFacts.__struct_fields__ if hasattr(it, name)}
    rest = {"price": 10_000, "discounted_price": 10_000, "stock": 9, "status": "SALE", "hold": False}
    blank = dict.fromkeys(ProductFacts.__struct_fields__, "")
    return ProductFacts(**{**blank, **known, **rest, "attributes": {}})


def compare_items(products: Sequence[FileProduct], engines: Engines, options: Namespace) -> Scenario:
    """Whole decisions beside the bare search of FTS5, a part of the items in each run."""
    facts = {it.id: make_facts(it) for it in products}
    shelf = Shelf(lambda ids: {key: facts[key] for key in ids}, lambda _category, _limit: [])
    ruling = Ruling(engines.ours, options.ruleset, date(2026, 11, 30), shelf)
    posts = make_posts(products, options.items)
    size = min(POSTS, len(posts))
    starts, peer_starts = count_up(0, size), count_up(0, size)

    def take(places: Iterator[int]) -> list[PostWords]:
        start = next(places) % len(posts)
        return posts[start : start + size]

    return Scenario(
        f"items, {len(products):,} products",
        operation=Operation("decide", lambda: [decide(post, ruling) for post in take(starts)], size),
        yardstick=Operation("FTS5", lambda: [engines.rank_peer(post.title) for post in take(peer_starts)], size),
        unit="글",
        repetitions=max(1, len(posts) // size),
        warmups=1,
        goals=(Goal.at_least("units_per_second", ITEMS_A_SECOND),),
    )


def compare_size(queries: Sequence[str], engines: Engines, size: int, *, is_base: bool) -> Scenario:
    """One query at a time, every query several times."""
    times = []
    for query in [*queries] * ROUNDS:
        started = perf_counter()
        engines.rank_peer(query)
        times.append(perf_counter() - started)
    limit = P95_SHARE * percentile(times, 95)
    ours, peers = cycle(queries), cycle(queries)
    goals = (Goal.at_most("p95", P95_SECONDS),) if is_base else (Goal.at_most("p95", limit),)
    return Scenario(
        f"size {size:,}",
        operation=Operation("rank", lambda: engines.rank(next(ours))),
        yardstick=Operation("FTS5", lambda: engines.rank_peer(next(peers))),
        unit="질의",
        repetitions=len(queries) * ROUNDS,
        warmups=0,
        goals=goals,
    )


def report_quality(name: str, engines: Engines, ratings: Mapping[str, Mapping[str, int]], *, is_goal: bool) -> bool:
    """Say how good both are; returns whether the goals are met."""
    ours, peer = (evaluate(rank, ratings, depth=DEPTH) for rank in (engines.rank, engines.rank_peer))
    ratio = ours.ndcg / peer.ndcg if peer.ndcg else float("inf")
    is_met = ours.ndcg >= NDCG_LEAST and ratio >= NDCG_RATIO_LEAST and ours.zero_ratio <= ZERO_MOST
    print(
        f"{name}: nDCG@{DEPTH} {ours.ndcg:.4f} (≥ {NDCG_LEAST}), FTS5 {peer.ndcg:.4f}, {ratio:.3f}배 (≥ {NDCG_RATIO_LEAST}),"
        f" 결과 없음 {ours.zero_ratio:.1%} (≤ {ZERO_MOST:.0%}), 평가 없음 {ours.unjudged_ratio:.1%}: {'지킴' if is_met else '못 지킴'}",
        file=sys.stderr,
    )
    return is_met or not is_goal


class Bench:
    """The scenarios, and what the quality was."""

    is_good = True

    def list_scenarios(self, options: Namespace) -> Iterator[Scenario]:
        """Quality, then decisions, then each size; one catalogue in memory at a time."""
        has_chorus = CHORUS.exists()
        products = read_catalogue(CHORUS / "products.jsonl.gz" if has_chorus else DEMO)
        ratings = read_ratings(CHORUS / "ratings_dev.csv" if has_chorus else KOREAN)
        engines = Engines.build(products)
        self.is_good = report_quality("Chorus" if has_chorus else "demo", engines, ratings, is_goal=has_chorus)
        if has_chorus and KOREAN.exists():
            report_quality("한국어", Engines.build(read_catalogue(DEMO)), read_ratings(KOREAN), is_goal=False)
        yield compare_items(products, engines, options)
        for size in options.sizes[:1] if options.quick else options.sizes:
            held = engines if size == len(products) else Engines.build(repeat(products, size))
            yield compare_size([*ratings], held, size, is_base=size <= len(products))


def read_sizes(text: str) -> list[int]:
    """Sizes with commas between them."""
    return [count(part) for part in text.split(",")]


def read_ruleset(text: str) -> RulesetSpec:
    """The default rules, or a stored version."""
    if text == DEFAULT_NAME:
        return DEFAULT_RULESET
    if not text.isdecimal():
        raise ArgumentTypeError(f"{text!r}: {DEFAULT_NAME} 또는 저장된 판의 번호를 쓰세요.")
    return get_ruleset(int(text))


def add_options(parser: ArgumentParser) -> None:
    """How much is decided, and by which rules."""
    parser.add_argument("--items", type=count, default=10_000, help="결정할 글 수 (기본 10,000)")
    parser.add_argument("--ruleset", type=read_ruleset, default=DEFAULT_NAME, help="default 또는 판 번호")
    parser.add_argument("--sizes", type=read_sizes, default="19406,78000,200000", help="상품 수들")


if __name__ == "__main__":
    bench = Bench()
    status = main(lambda options: [*bench.list_scenarios(options)], about=__doc__, add_options=add_options)
    sys.exit(status or not bench.is_good)
