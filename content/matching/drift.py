"""How far a mix has moved from another one: population stability index and Jensen-Shannon divergence.

PSI sums (p - q) ln(p / q) over the classes; 0.1 is read as a slight shift, 0.2 as one to look into (Siddiqi 2006). The
Jensen-Shannon divergence is taken with base 2, so that it lies between 0 and 1 (Lin 1991).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from math import log, log2

PSI_ALERT = 0.2
SMOOTHING = 0.5
"""Added to each count for the PSI, which a class that is missing on one side would else make infinite."""


@dataclass(frozen=True, slots=True)
class Drift:
    """psi: 0 and up; jensen_shannon: 0 to 1; posts: of the newer and of the older mix."""

    psi: float
    jensen_shannon: float
    newer: int
    older: int


def measure_drift(newer: Mapping[str, int], older: Mapping[str, int]) -> Drift | None:
    """The drift of counts by class; None where one side is empty."""
    sums = sum(newer.values()), sum(older.values())
    if not all(sums):
        return None
    classes = sorted({*newer, *older})
    return Drift(
        psi=_sum_psi(*(_share(mix, classes, SMOOTHING) for mix in (newer, older))),
        jensen_shannon=_sum_divergence(*(_share(mix, classes, 0.0) for mix in (newer, older))),
        newer=sums[0],
        older=sums[1],
    )


def _share(mix: Mapping[str, int], classes: list[str], added: float) -> list[float]:
    whole = sum(mix.values()) + added * len(classes)
    return [(mix.get(name, 0) + added) / whole for name in classes]


def _sum_psi(newer: list[float], older: list[float]) -> float:
    return sum((p - q) * log(p / q) for p, q in zip(newer, older, strict=True))


def _sum_divergence(newer: list[float], older: list[float]) -> float:
    middle = [(p + q) / 2 for p, q in zip(newer, older, strict=True)]
    halves = [sum(p * log2(p / m) for p, m in zip(mix, middle, strict=True) if p) / 2 for mix in (newer, older)]
    return max(0.0, sum(halves))
