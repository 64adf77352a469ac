"""Comparing a scenario: pairs of runs in the order A B, B A, until the verdict stands or there are pairs enough."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from perfhooks.comparison.verdicts import UNDECIDED, Judgement, Pair, Verdict, judge_pairs, worst_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from perfhooks.comparison.sides import Bench, Side

PAIRS, PAIRS_MAX = 21, 31
QUICK_PAIRS, QUICK_PAIRS_MAX = 9, 15
"""For a first answer within minutes; how far either plan can be trusted: docs/studies/compare.md."""


class UnequalWork(RuntimeError):
    """The two sides did different amounts of work in one call, so that their times say nothing."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """One scenario on both sides."""

    scenario: str
    pairs: tuple[Pair, ...]
    judgement: Judgement

    def as_json(self) -> dict[str, Any]:
        """Return the verdict with its figures and all runs, as JSON can hold it."""
        judged = asdict(self.judgement)
        return {"scenario": self.scenario, **judged, "runs": [asdict(pair) for pair in self.pairs]}


@dataclass(frozen=True, slots=True)
class Plan:
    """How a comparison is made; `limit` is the largest ratio allowed, `pairs_max` the number of pairs in doubt."""

    bench: Bench
    limit: float
    pairs: int = PAIRS
    pairs_max: int = PAIRS_MAX


def compare_scenario(
    plan: Plan, sides: tuple[Side, Side], scenario: str, on_pair: Callable[[int, int], object]
) -> Comparison:
    """Compare one scenario; `on_pair` is called with pairs done and planned. Raises `RunError`, `UnequalWork`."""
    base, head = sides
    for side in sides:
        plan.bench.run(side, head, scenario)
    pairs: list[Pair] = []
    planned = plan.pairs
    while len(pairs) < planned:
        order = (base, head) if len(pairs) % 2 == 0 else (head, base)
        runs = {side.name: plan.bench.run(side, head, scenario) for side in order}
        pairs.append(_pair(scenario, Pair(runs["base"], runs["head"])))
        on_pair(len(pairs), planned)
        if len(pairs) == planned and judge_pairs(pairs, plan.limit).verdict in UNDECIDED:
            planned = max(plan.pairs, plan.pairs_max)
    return Comparison(scenario, tuple(pairs), judge_pairs(pairs, plan.limit))


def worst_verdict(comparisons: Sequence[Comparison]) -> Verdict:
    """Return the gravest verdict of several scenarios."""
    return worst_of(comparison.judgement.verdict for comparison in comparisons)


def _pair(scenario: str, pair: Pair) -> Pair:
    if pair.base.units != pair.head.units:
        raise UnequalWork(
            f"{scenario}: 한 번에 하는 일이 다릅니다(base {pair.base.units}, head {pair.head.units}). "
            "시나리오의 양이 같은 커밋끼리 비교하세요."
        )
    return pair
