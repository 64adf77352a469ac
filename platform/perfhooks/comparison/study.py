"""How often the comparison is wrong: the rule of `perf_compare` applied to recorded runs, drawn again and again.

All recorded runs are of one commit, so that every `regress` on them as they are is a false alarm, and every one that
is not said once the head's times are multiplied is a regression missed.
"""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from perfhooks.comparison.pairing import PAIRS, PAIRS_MAX
from perfhooks.comparison.verdicts import UNDECIDED, Pair, Run, Verdict, judge_pairs

if TYPE_CHECKING:
    from collections.abc import Sequence

Drawing = Literal["neighbours", "any two"]
DRAWINGS: tuple[Drawing, ...] = ("neighbours", "any two")
"""`neighbours` pairs runs made right after each other, as the comparison does; `any two` lets minutes lie between."""

SEED = 20_261_123


@dataclass(frozen=True, slots=True)
class Tally:
    """The verdicts over all trials."""

    verdicts: Counter[Verdict]
    trials: int

    def share(self, verdict: Verdict) -> float:
        """Return the share of a verdict, 0 to 1."""
        return self.verdicts[verdict] / self.trials


@dataclass(frozen=True, slots=True)
class Trial:
    """What one trial does: how pairs are drawn, how much slower the head is made (0.3 for 30 %), and the plan."""

    drawing: Drawing
    slowdown: float
    limit: float
    pairs: int = PAIRS
    pairs_max: int = PAIRS_MAX


def simulate(runs: Sequence[Run], trial: Trial, *, trials: int) -> Tally:
    """Return the verdicts of so many trials on runs in the order of their recording; the same runs give the same."""
    draw = random.Random(SEED)  # noqa: S311
    verdicts = Counter(_judge_trial(draw, runs, trial) for _ in range(trials))
    return Tally(verdicts, trials)


def _judge_trial(draw: random.Random, runs: Sequence[Run], trial: Trial) -> Verdict:
    pairs = [_slow_down(_draw_pair(draw, runs, trial.drawing), 1 + trial.slowdown) for _ in range(trial.pairs_max)]
    verdict = judge_pairs(pairs[: trial.pairs], trial.limit).verdict
    return judge_pairs(pairs, trial.limit).verdict if verdict in UNDECIDED else verdict


def _draw_pair(draw: random.Random, runs: Sequence[Run], drawing: Drawing) -> Pair:
    if drawing == "any two":
        return Pair(*draw.sample(runs, 2))
    first = 2 * draw.randrange(len(runs) // 2)
    two = [runs[first], runs[first + 1]]
    draw.shuffle(two)
    return Pair(*two)


def _slow_down(pair: Pair, factor: float) -> Pair:
    head = pair.head
    return Pair(
        pair.base, replace(head, wall=head.wall * factor, wall_p95=head.wall_p95 * factor, cpu=head.cpu * factor)
    )
