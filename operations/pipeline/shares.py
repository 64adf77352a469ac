"""The shares that the plan puts limits on, as they stand now."""

from content.matching.selectors import count_decisions
from perfhooks.metrics import set_gauge
from products.catalog.selectors import (
    count_posts_showing,
    count_products,
    count_stale_prices,
    select_posts_with_stale_prices,
)


def _share(part: int, whole: int) -> float:
    return part / whole if whole else 0.0


def measure_shares() -> dict[str, float]:
    """Set and return the gauges: fallback matches, stale prices of products, posts that show a stale price (0 to 1)."""
    shares = {
        "fallback_ratio": count_decisions().fallback_ratio,
        "price_stale_ratio": _share(count_stale_prices(), count_products()),
        "stale_price_content_ratio": _share(select_posts_with_stale_prices().count(), count_posts_showing()),
    }
    for name, share in shares.items():
        set_gauge(name, share)
    return shares
