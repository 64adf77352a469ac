"""The refresh queue: which posts are worth it, and how quickly entries are taken and ended, on the database of DATABASE_URL.

    python scripts/bench_refresh_queue.py [--posts 50000] [--topk 5000] [--entries 20000] [--quick] [--json] ...

Every post has signals of many kinds, ties among them. First all ways are held against the reference, score.rank_posts over
all posts: another post, score or place anywhere in the top ends the bench. What is timed:

    on the fly     the top by settings that are not those of the kept scores: freshness, rest, weights and order in the database
    kept score     the top by the kept scores, read from their index
    plain Python   the rows of all posts fetched, each scored by the reference, sorted
    NumPy, ready   the same formulas over arrays that lie in memory already, argpartition, the top sorted with its ties
    all anew       score_posts: figures of three windows gathered, scored and compared with what is kept, nothing to write
    two processes  claim_entries and finish_entries in batches until the queue is empty, by two worker processes
    one by one     claim_entry and finish_entry, in one process

The goal of entries a second is PostgreSQL's. Exits with 1 when a goal is missed.
"""

import gc
import multiprocessing
import os
import random
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field, fields
from multiprocessing.connection import Connection
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "project.settings.perf")

import django

django.setup()

import numpy as np
from django.db import connection, connections
from django.utils import timezone

from content.posts.models import Post
from content.refresh.models import EntryState, MetricDay, PostScore, RefreshEntry
from content.refresh.score import KINDS, ONE, PARTS, ScoreSpec, Signals, list_decay, rank_posts, score_post
from content.refresh.scoring import list_top_kept, list_top_under, score_posts
from content.refresh.services import claim_entries, claim_entry, enqueue_posts, finish_entries, finish_entry
from content.refresh.signals import Windows, korean_day
from perfhooks.bench import Goal, Operation, Scenario, main
from perfhooks.bench.database import own_database
from perfhooks.bench.options import count
from perfhooks.clock import business_now

IS_SERVER = connection.vendor == "postgresql"
PYTHON_MIN = 5.0
KEPT_MIN, FLY_MIN = 1 / 4, 1 / 12 if IS_SERVER else 1 / 15
ENTRIES_MIN = 10_000.0
WORKERS, BATCH = 2, 1_000
SINGLE_ENTRIES = 300
METRIC_DAYS = 4
OTHER = ScoreSpec(
    version=2,
    weights={"loss": 300, "conv": 250, "fresh": 250, "stale": 150, "value": 50},
    half_lives={"price": 20, "guide": 150, "evergreen": 400},
    cooldown_days=14,
)
Top = list[tuple[int, int]]


def make_signals(dice: random.Random, post_id: int, today: int) -> Signals:
    """A post as they come: most alike, some that fell, ties in plenty."""
    base = dice.choice((0, 5, 30, 60, 200, 1_000, 20_000))
    shown = dice.randint(0, 5)
    return Signals(
        post_id=post_id,
        kind=dice.randrange(len(KINDS)),
        fresh_day=today - dice.randint(0, 1_000),
        refreshed_day=today - dice.randint(0, 60) if dice.random() < 0.2 else None,
        clicks_now=round(base * dice.choice((0.3, 0.7, 0.9, 1.0, 1.2))),
        days_now=28,
        clicks_base=base,
        days_base=28,
        rate_now=dice.choice((0, 5_000, 20_000)),
        rate_base=dice.choice((0, 20_000)),
        visits=base,
        placements=shown,
        stale_placements=dice.randint(0, shown),
        is_disclosure_failing=int(dice.random() < 0.01),
        revenue=dice.choice((0, 0, 0, 12_900, 99_000, 1_250_000)) * dice.randint(1, 3),
    )


@dataclass
class Stage:
    """All posts with their signals, kept in the database and as arrays."""

    posts: int
    topk: int
    dice: random.Random
    today: int = field(default_factory=lambda: korean_day(business_now()).toordinal())
    arrays: dict[str, Any] = field(default_factory=dict)

    def fill(self) -> None:
        """Write posts and scores, and hold every way against the reference."""
        rows = (Post(slug=f"p-{n}", title=f"글 {n}", body="", status="ready", body_hash="") for n in range(self.posts))
        made = Post.objects.bulk_create(rows, batch_size=2_000)
        signals = [make_signals(self.dice, post.pk, self.today) for post in made]
        PostScore.objects.bulk_create((keep(post, self.today) for post in signals), batch_size=2_000)
        self.load(signals)
        analyze()
        kept, other = (
            [(it.post_id, it.score) for it in rank_posts(signals, spec, today=self.today, limit=self.topk)]
            for spec in (ScoreSpec(), OTHER)
        )
        ways: dict[str, tuple[Top, Top]] = {
            "kept score": (list_top_kept(limit=self.topk), kept),
            "on the fly": (self.select(), other),
            "plain Python": (self.plain(), other),
            "NumPy": (self.partition(), other),
        }
        for name, (found, wanted) in ways.items():
            if found != wanted:
                overlap = len({key for key, _score in found} & {key for key, _score in wanted})
                raise RuntimeError(f"{name}: {overlap} of {len(wanted)} posts, and not the reference's order")
        print(f"top {self.topk:,} of {self.posts:,}: all ways are the reference's, overlap 100 %", file=sys.stderr)

    def load(self, signals: list[Signals]) -> None:
        """The arrays that NumPy finds ready: parts that no setting moves, dates, revenue, ids."""
        scored = [score_post(post, OTHER, today=self.today) for post in signals]
        self.arrays = {
            "parts": np.array([it.parts for it in scored], dtype=np.int64).T.copy(),
            "ids": np.array([it.post_id for it in signals], dtype=np.int64),
            "kind": np.array([it.kind for it in signals], dtype=np.int64),
            "fresh_day": np.array([it.fresh_day for it in signals], dtype=np.int64),
            "refreshed_day": np.array([it.refreshed_day or -1_000 for it in signals], dtype=np.int64),
            "revenue": np.array([it.revenue for it in signals], dtype=np.int64),
        }

    def select(self) -> Top:
        """The product's way under other settings."""
        return list_top_under(OTHER, limit=self.topk)

    def plain(self) -> Top:
        """Fetch, score and sort in Python."""
        names = [it.name for it in fields(Signals)]
        rows = PostScore.objects.values_list(*names)
        ranked = rank_posts((Signals(*row) for row in rows), OTHER, today=self.today, limit=self.topk)
        return [(it.post_id, it.score) for it in ranked]

    def partition(self) -> Top:
        """NumPy over what is in memory."""
        own = self.arrays
        table, starts = list_decay(OTHER)
        lives = np.array([OTHER.half_lives[kind] for kind in KINDS])[own["kind"]]
        halvings, days = np.divmod(np.maximum(0, self.today - own["fresh_day"]), lives)
        left = np.array(table)[np.array(starts)[own["kind"]] + days]
        total = OTHER.weights["fresh"] * (ONE - (left >> np.minimum(halvings, 20)))
        for place, name in enumerate(PARTS):
            if name != "fresh":
                total += OTHER.weights[name] * own["parts"][place]
        total[self.today - own["refreshed_day"] < OTHER.cooldown_days] = 0
        topk = min(self.topk, len(total))
        least = total[np.argpartition(total, len(total) - topk)[len(total) - topk :]].min()
        among = np.flatnonzero(total >= least)
        order = among[np.lexsort((own["ids"][among], -own["revenue"][among], -total[among]))][:topk]
        return list(zip(own["ids"][order].tolist(), total[order].tolist(), strict=True))

    def add_figures(self) -> None:
        """Figures of some days in each window, and the first scores made of them."""
        windows = Windows(korean_day(business_now()))
        days = [*windows.starts.values()]
        span = [
            day + (windows.today - windows.starts["now"]) * at // METRIC_DAYS
            for day in days
            for at in range(METRIC_DAYS)
        ]
        MetricDay.objects.bulk_create(MetricDay(source="search_console", day=day) for day in span)
        with connection.cursor() as cursor:
            for number, day in enumerate(span):
                cursor.execute(
                    """INSERT INTO refresh_postmetric (post_id, source, day, impressions, clicks, sessions, conversions, revenue)
                    SELECT id, 'search_console', %s, 900, (id * 7919 + %s * 104729) %% 60, 0, 0, 0 FROM posts_post""",
                    [day, number],
                )
        analyze()
        score_posts()
        analyze()

    def score_all(self) -> None:
        """The product's way; nothing has changed since."""
        if (counts := score_posts()).posts != self.posts or counts.written:
            raise RuntimeError(f"{counts} instead of {self.posts} posts unchanged")


def keep(post: Signals, today: int) -> PostScore:
    """The row that score_posts would write."""
    scored = score_post(post, ScoreSpec(), today=today)
    own = {**asdict(post), **dict(zip(PARTS, scored.parts, strict=True)), "is_base_year": False, "version": 1}
    return PostScore(
        **own, score=scored.score, reason=scored.reason, is_cooling=scored.is_cooling, scored_at=timezone.now()
    )


def analyze() -> None:
    """Let the planner know the tables, and clear away dead rows, as the server does by itself."""
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE" if IS_SERVER else "ANALYZE")


def work(orders: Connection) -> None:
    """A worker process: at each order, take and end entries until none is left; answer how many."""
    while True:
        orders.recv()
        done = 0
        while taken := claim_entries(limit=BATCH):
            done += finish_entries(outcomes={entry.id: "built" for entry in taken}).done
        connections.close_all()  # nobody is left on the database when the bench drops it
        orders.send(done)


@dataclass
class Crew:
    """Two worker processes and a queue that is filled before each run."""

    entries: int
    pipes: list[Connection] = field(default_factory=list)

    def start(self) -> None:
        """Queue the posts, and start the workers, each with a connection of its own."""
        RefreshEntry.objects.all().delete()
        ids = list(Post.objects.order_by("id").values_list("id", flat=True)[: self.entries])
        enqueue_posts(post_ids=ids, reason="new_post")
        connections.close_all()  # a forked process must not share it
        context = multiprocessing.get_context("fork")
        for _number in range(WORKERS):
            own, other = context.Pipe()
            context.Process(target=work, args=(other,), daemon=True).start()
            self.pipes.append(own)
        self.run()

    def refill(self) -> None:
        """Let all entries wait once more."""
        RefreshEntry.objects.update(
            state=EntryState.QUEUED, outcome="", claimed_at=None, claimed_by="", finished_at=None, attempts=0
        )
        analyze()

    def run(self) -> None:
        """Both workers until the queue is empty."""
        for pipe in self.pipes:
            pipe.send(True)
        done = sum(pipe.recv() for pipe in self.pipes)
        if done != self.entries:
            raise RuntimeError(f"{done} entries ended instead of {self.entries}")

    def run_one_by_one(self) -> None:
        """The first entries, each alone, in this process."""
        ids = RefreshEntry.objects.filter(state=EntryState.QUEUED).order_by("id").values_list("id", flat=True)
        for entry_id in list(ids[:SINGLE_ENTRIES]):
            claim_entry(entry_id=entry_id)
            finish_entry(entry_id=entry_id)


def list_scenarios(options: Namespace) -> Iterator[Scenario]:
    """Ranking beside both yardsticks, all scores anew, and the queue."""
    posts, topk = (5_000, 500) if options.quick else (options.posts, options.topk)
    stage = Stage(posts, topk, random.Random(options.seed))  # noqa: S311
    stage.fill()
    gc.collect()
    gc.freeze()  # the rows made above are nobody's burden in use
    size = f"top {topk:,} of {posts:,}"
    ready = Operation("NumPy, ready", stage.partition, units=posts)
    fly = Operation("on the fly", stage.select, units=posts)
    yield Scenario(
        name=f"beside plain Python: {size}",
        operation=fly,
        yardstick=Operation("plain Python", stage.plain, units=posts),
        unit="post",
        repetitions=9,
        goals=(Goal.at_least("ratio", PYTHON_MIN),),
    )
    yield Scenario(
        name=f"on the fly beside NumPy: {size}",
        operation=fly,
        yardstick=ready,
        unit="post",
        repetitions=25,
        goals=(Goal.at_least("ratio", FLY_MIN),),
    )
    yield Scenario(
        name=f"kept score beside NumPy: {size}",
        operation=Operation("kept score", lambda: list_top_kept(limit=topk), units=posts),
        yardstick=ready,
        unit="post",
        repetitions=25,
        goals=(Goal.at_least("ratio", KEPT_MIN),),
    )
    yield Scenario(
        name=f"all scores anew: {posts:,} posts",
        setup=stage.add_figures,
        operation=Operation("all anew", stage.score_all, units=posts),
        yardstick=Operation("on the fly, top only", stage.select, units=posts),
        unit="post",
        repetitions=5,
    )
    crew = Crew(min(posts, 1_000 if options.quick else options.entries))
    yield Scenario(
        name=f"claim and finish: {crew.entries:,} entries, {WORKERS} processes, {BATCH} at once",
        setup=crew.start,
        operation=Operation("two processes", crew.run, units=crew.entries, prepare=crew.refill),
        yardstick=Operation(
            "one by one", crew.run_one_by_one, units=min(SINGLE_ENTRIES, crew.entries), prepare=crew.refill
        ),
        unit="entry",
        repetitions=7,
        goals=(Goal.at_least("units_per_second", ENTRIES_MIN),) if IS_SERVER else (),
    )


def add_options(parser: ArgumentParser) -> None:
    """How many posts, and how many of them lead."""
    parser.add_argument("--posts", type=count, default=50_000, help="글의 수 (기본 50,000)")
    parser.add_argument("--topk", type=count, default=5_000, help="고를 글의 수 (기본 5,000)")
    parser.add_argument("--entries", type=count, default=20_000, help="대기열 항목의 수 (기본 20,000)")


if __name__ == "__main__":
    sys.exit(
        main(lambda options: list(list_scenarios(options)), about=__doc__, add_options=add_options, within=own_database)
    )
