"""How long the store thinks about a reply."""

import math
from statistics import NormalDist

from products.storesync.simulator.derivation import draw_number
from products.storesync.simulator.settings import Settings

MEDIAN_SECONDS = 0.12
SPREAD = 0.667  # of the logarithm: the 95th percentile is three times the median
SLOW_PER_THOUSAND = 10
SLOW_SECONDS = (1.0, 3.0)
STEPS = 10_000


def draw_latency(settings: Settings, seed: int, serial: int) -> float:
    """Return the seconds before the reply to the serial-th request: fixed, or lognormal with 1 % of 1 to 3 s."""
    if settings.latency == "fixed":
        return settings.latency_ms / 1000
    share = (draw_number(seed, serial, "latency", STEPS) + 0.5) / STEPS
    if draw_number(seed, serial, "slow", 1000) < SLOW_PER_THOUSAND:
        least, most = SLOW_SECONDS
        return least + (most - least) * share
    return MEDIAN_SECONDS * math.exp(SPREAD * NormalDist().inv_cdf(share))
