"""The shares that the plan puts limits on, as they stand now."""

from content.comparison.services import measure_table_ages
from content.matching.selectors import count_decisions
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

    A share of nothing is no figure and left out.
    """
    decisions = count_decisions()
    shares = {
        "fallback_ratio": _share(decisions.fallback, decisions.total),
        "price_stale_ratio": _share(count_stale_prices(), count_products()),
        "stale_price_content_ratio": _share(select_posts_with_stale_prices().count(), count_posts_showing()),
    }
    measure_table_ages()
    known = {name: share for name, share in shares.items() if share is not None}
    for name, share in known.items():
        set_gauge(name, share)
    return known
