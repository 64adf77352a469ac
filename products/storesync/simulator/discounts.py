"""The price after an immediate discount, as the store's list shows it."""

from collections.abc import Mapping
from typing import Any

LEAST_PRICE_WON = 10


def discount_price(price_won: int, policy: Mapping[str, Any]) -> int:
    """Return the price under `{"discountMethod": {"value", "unitType": PERCENT or WON}}`, cut down to tens of won."""
    method = policy["discountMethod"]
    value = method["value"]
    cut = price_won - value if method["unitType"] == "WON" else price_won * (100 - value) / 100
    return max(LEAST_PRICE_WON, int(cut) // 10 * 10)
