"""The shares that the plan puts limits on, as they stand now."""

from content.comparison.services import measure_table_ages
from content.matching.selectors import count_decisions, measure_intent_drift
from perfhooks.clock import business_now
from perfhooks.metrics import set_gauge
from products.catalog.selectors import (
    count_posts_showing,
    count_products,
    count_stale_prices,
    select_posts_with_stale_prices,
)


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None


def measure_shares() -> dict[str, float]:
    """Set and return the gauges: fallback matches, stale prices of products, posts that show a stale price (0 to 1).

    And the drift of the intents (PSI). A share of nothing is no figure and left out. Besides, the age of the prices of every
    table that readers see is observed, which is a distribution and not returned.
    """
    decisions = count_decisions()
    drift = measure_intent_drift(business_now())
    shares = {
        "fallback_ratio": _share(decisions.fallback, decisions.total),
        "intent_distribution_drift": drift.psi if drift else None,
        "price_stale_ratio": _share(count_stale_prices(), count_products()),
        "stale_price_content_ratio": _share(select_posts_with_stale_prices().count(), count_posts_showing()),
    }
    measure_table_ages()
    known = {name: share for name, share in shares.items() if share is not None}
    for name, share in known.items():
        set_gauge(name, share)
    return known
