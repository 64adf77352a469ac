"""How good a ranking is: nDCG, how often nothing is found, how much of what is found nobody judged.

Gain 2^grade - 1, discount log2(place + 1) (Burges et al. 2005); a product without a grade counts as 0. Queries without
any positive grade tell nothing about the order and are left out of nDCG, but not of the other shares.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import log2
from time import perf_counter

from perfhooks.percentiles import percentile

Grades = Mapping[str, int]
Rank = Callable[[str], Sequence[str]]


@dataclass(frozen=True, slots=True)
class QueryScore:
    """One query's result. ndcg: None without a positive grade."""

    query: str
    found: tuple[str, ...]
    ndcg: float | None
    unjudged: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Evaluation:
    """All queries at one depth."""

    depth: int
    scores: tuple[QueryScore, ...]

    @property
    def ndcg(self) -> float:
        """The mean over queries with a positive grade; 0 without any."""
        rated = [score.ndcg for score in self.scores if score.ndcg is not None]
        return sum(rated) / len(rated) if rated else 0.0

    @property
    def rated(self) -> int:
        """How many queries have a positive grade."""
        return sum(score.ndcg is not None for score in self.scores)

    @property
    def zero_ratio(self) -> float:
        """The share of queries that found nothing."""
        return sum(not score.found for score in self.scores) / max(1, len(self.scores))

    @property
    def unjudged_ratio(self) -> float:
        """The share of found products that nobody judged."""
        return sum(score.unjudged for score in self.scores) / max(1, sum(len(score.found) for score in self.scores))

    def latency_ms(self, share: int) -> float:
        """A percentile of the time of one query."""
        return 1_000 * percentile(sorted(score.seconds for score in self.scores), share)

    @property
    def failures(self) -> list[QueryScore]:
        """Queries whose best ten miss half of what they could have, the worst first."""
        weak = [score for score in self.scores if score.ndcg is not None and score.ndcg < 0.5]
        return sorted(weak, key=lambda score: (score.ndcg or 0.0, score.query))


def rate_ranking(found: Sequence[str], grades: Grades, *, depth: int) -> float | None:
    """nDCG of one ranking; None without a positive grade."""
    ideal = _sum_gains(sorted(grades.values(), reverse=True)[:depth])
    return _sum_gains([grades.get(key, 0) for key in found[:depth]]) / ideal if ideal else None


def evaluate(rank: Rank, judged: Mapping[str, Grades], *, depth: int) -> Evaluation:
    """Rank every query once, by the clock. Raises ValueError where a ranking names a product twice."""
    return Evaluation(depth, tuple(_score(rank, query, grades, depth) for query, grades in judged.items()))


def _score(rank: Rank, query: str, grades: Grades, depth: int) -> QueryScore:
    started = perf_counter()
    found = tuple(rank(query))[:depth]
    seconds = perf_counter() - started
    if len(set(found)) < len(found):
        raise ValueError(f"query {query!r}: a product is ranked twice: {found}")
    unjudged = sum(key not in grades for key in found)
    return QueryScore(query, found, rate_ranking(found, grades, depth=depth), unjudged, seconds)


def _sum_gains(grades: Sequence[int]) -> float:
    return sum((2.0**grade - 1) / log2(place + 2) for place, grade in enumerate(grades))
