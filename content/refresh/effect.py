"""What refreshing changed: the mean change of refreshed posts less that of posts left alone, with a 95 % interval.

Welch's interval for two means of unequal variances: difference ± t x sqrt(v1/n1 + v2/n2), with the degrees of freedom of
Welch and Satterthwaite; t by the Cornish-Fisher expansion about the normal quantile (within half a hundredth from 4 degrees on).
"""

import math
from dataclasses import dataclass
from statistics import NormalDist

CONFIDENCE = 0.95
POSTS_LEAST = 5
"""Of each arm: with fewer, one post decides everything."""


@dataclass(frozen=True, slots=True)
class ArmFigures:
    """One arm. mean, variance: of the change from the 28 days before to the 28 after; None without posts."""

    posts: int = 0
    mean: float | None = None
    variance: float | None = None


@dataclass(frozen=True, slots=True)
class Comparison:
    """Refreshed less left alone, for one figure. difference is None while there are too few posts."""

    figure: str
    refreshed: ArmFigures
    held_back: ArmFigures
    difference: float | None = None
    low: float | None = None
    high: float | None = None

    @property
    def is_known(self) -> bool:
        """Whether there is enough to say something."""
        return self.difference is not None

    @property
    def is_clear(self) -> bool:
        """Whether the interval leaves out zero."""
        return self.low is not None and self.high is not None and (self.low > 0 or self.high < 0)


def compare(figure: str, refreshed: ArmFigures, held_back: ArmFigures) -> Comparison:
    """The difference of the means and its interval."""
    arms = (refreshed, held_back)
    known = [(it.posts, it.mean, it.variance) for it in arms if it.mean is not None and it.variance is not None]
    if len(known) < len(arms) or min(it.posts for it in arms) < POSTS_LEAST:
        return Comparison(figure, refreshed, held_back)
    (posts, mean, variance), (held, held_mean, held_variance) = known
    first, second = variance / posts, held_variance / held
    spread = first + second
    half = 0.0
    if spread:
        freedom = spread**2 / (first**2 / (posts - 1) + second**2 / (held - 1))
        half = find_t(freedom) * math.sqrt(spread)
    difference = mean - held_mean
    return Comparison(figure, refreshed, held_back, difference, difference - half, difference + half)


def find_t(freedom: float) -> float:
    """The two-sided quantile of Student's t for CONFIDENCE."""
    z = NormalDist().inv_cdf((1 + CONFIDENCE) / 2)
    terms = (
        (z**3 + z) / 4,
        (5 * z**5 + 16 * z**3 + 3 * z) / 96,
        (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / 384,
        (79 * z**9 + 776 * z**7 + 1482 * z**5 - 1920 * z**3 - 945 * z) / 92_160,
    )
    return z + sum(term / freedom**power for power, term in enumerate(terms, 1))
