"""Whether a commit is slower: pairs of runs in, a verdict out.

Each pair holds one run of the base and one of the head, made right after each other, so that the ratio of their times
does not follow the machine. The median ratio with its bootstrap interval is judged on two figures, the median time of
the clock and of the processor:

* `regress`: the median is above the limit and the whole interval above 1;
* `suspect`: the median is above the limit, but the interval reaches down to 1 or below;
* `ok`: neither.

On a steady machine the worse of the two figures counts. The machine is unsteady where the time of a fixed loop, taken
in every process, varies by more than `CALIBRATION_SPREAD_MAX`. A verdict then needs more: `regress` that both figures
say so, or that not one resampled median of a figure lies within the limit; `ok` that both intervals end within the
limit. All else is `too noisy`: an interval so wide holds both "as quick as before" and "slower than allowed".
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from perfhooks.bench.resampling import Interval, median_interval, resample_medians
from perfhooks.percentiles import percentile

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

Verdict = Literal["ok", "suspect", "too noisy", "regress"]
SEVERITY: tuple[Verdict, ...] = ("ok", "suspect", "too noisy", "regress")
EXIT_STATUS: dict[Verdict, int] = {"ok": 0, "regress": 1, "suspect": 2, "too noisy": 3}
UNDECIDED: frozenset[Verdict] = frozenset({"suspect", "too noisy"})
"""More pairs may settle these."""

CALIBRATION_SPREAD_MAX = 0.10


@dataclass(frozen=True, slots=True)
class Run:
    """One process of one side: medians of the clock and of the processor for one call, and the p95, in seconds.

    `calibration` is the time of the fixed loop in that process, `units` how much one call did.
    """

    wall: float
    wall_p95: float
    cpu: float
    calibration: float
    units: int
    repetitions: int


@dataclass(frozen=True, slots=True)
class Pair:
    """A run of each side, made right after each other."""

    base: Run
    head: Run


@dataclass(frozen=True, slots=True)
class FigureJudgement:
    """The ratio head / base of one figure and what it says alone; beyond doubt: every resampled median does."""

    ratio: Interval
    verdict: Verdict
    is_beyond_doubt: bool = False


@dataclass(frozen=True, slots=True)
class Judgement:
    """The verdict over all pairs; `wall_p95` is reported and not judged, `calibration_spread` is a share."""

    verdict: Verdict
    wall: FigureJudgement
    cpu: FigureJudgement
    wall_p95: Interval
    calibration_spread: float
    pairs: int

    @property
    def worst_ratio(self) -> float:
        """The larger of the two judged median ratios."""
        return max(self.wall.ratio.median, self.cpu.ratio.median)


def judge_pairs(pairs: Sequence[Pair], limit: float) -> Judgement:
    """Return the verdict over the pairs; `limit` is the largest ratio allowed. Raises ValueError without a pair."""
    wall = _judge_figure([pair.head.wall / pair.base.wall for pair in pairs], limit)
    cpu = _judge_figure([pair.head.cpu / pair.base.cpu for pair in pairs], limit)
    spread = measure_spread([run.calibration for pair in pairs for run in (pair.base, pair.head)])
    figures = (wall, cpu)
    steady = worst_of(figure.verdict for figure in figures)
    return Judgement(
        verdict=steady if spread <= CALIBRATION_SPREAD_MAX else _judge_unsteady(figures, limit),
        wall=wall,
        cpu=cpu,
        wall_p95=median_interval([pair.head.wall_p95 / pair.base.wall_p95 for pair in pairs]),
        calibration_spread=spread,
        pairs=len(pairs),
    )


def measure_spread(values: Sequence[float]) -> float:
    """Return how far the values lie apart: from their p10 to their p90, as a share of the median."""
    return (percentile(values, 90) - percentile(values, 10)) / percentile(values, 50)


def worst_of(verdicts: Iterable[Verdict]) -> Verdict:
    """Return the gravest verdict, `ok` where there is none."""
    return max(verdicts, key=SEVERITY.index, default="ok")


def _judge_figure(ratios: Sequence[float], limit: float) -> FigureJudgement:
    ratio = median_interval(ratios)
    if ratio.median <= limit:
        return FigureJudgement(ratio, "ok")
    is_beyond_doubt = min(resample_medians(ratios)) > limit
    return FigureJudgement(ratio, "regress" if ratio.low > 1 else "suspect", is_beyond_doubt)


def _judge_unsteady(figures: Sequence[FigureJudgement], limit: float) -> Verdict:
    if all(figure.verdict == "regress" for figure in figures) or any(figure.is_beyond_doubt for figure in figures):
        return "regress"
    return "ok" if all(figure.ratio.high <= limit for figure in figures) else "too noisy"
