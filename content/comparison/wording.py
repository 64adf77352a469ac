"""How prices, benefits and stock are put into words for readers. Money in whole won."""

from collections.abc import Mapping
from typing import Any

from products.catalog.benefits import LABELS

NOTHING = "-"
NUMBERS = (int, float)
LOW_STOCK_LIMIT = 5
AMOUNTS = (
    "purchase_point",
    "manager_purchase_point",
    "text_review_point",
    "photo_review_point",
    "regular_customer_point",
    "multi_purchase_discount",
)


def format_won(amount: int) -> str:
    """29,900원."""
    return f"{amount:,}원"


def format_discount(percent: int) -> str:
    """15%, or a dash without a discount."""
    return f"{percent}%" if percent > 0 else NOTHING


def format_stock(stock: int, *, is_sellable: bool) -> str:
    """Whether it can be bought; the number only when few are left, so that a table does not change with every sale."""
    if not is_sellable:
        return "품절"
    return f"{stock}개 남음" if stock <= LOW_STOCK_LIMIT else "있음"


def list_benefits(benefits: Mapping[str, Any]) -> list[str]:
    """What a buyer gets besides the price, as the sync names it, in words and in one order; unknown kinds are left out."""
    found = [_describe_amount(key, benefits[key], benefits.get(f"{key}_unit")) for key in AMOUNTS if key in benefits]
    if months := benefits.get("free_interest_months"):
        found.append(f"{LABELS['free_interest_months']} {months}개월")
    if gift := benefits.get("gift"):
        found.append(f"{LABELS['gift']} {gift}")
    if "delivery_fee" in benefits:
        found.append(_describe_delivery(benefits))
    return [words for words in found if words]


def _describe_amount(key: str, amount: Any, unit: Any) -> str:
    if not amount or not isinstance(amount, NUMBERS):
        return ""
    return f"{LABELS[key]} {amount:g}%" if unit == "PERCENT" else f"{LABELS[key]} {format_won(int(amount))}"


def _describe_delivery(benefits: Mapping[str, Any]) -> str:
    fee, free_from = benefits.get("delivery_fee"), benefits.get("free_delivery_from")
    if not isinstance(fee, int):
        return ""
    if fee == 0:
        return "무료 배송"
    words = f"{LABELS['delivery_fee']} {format_won(fee)}"
    return f"{words}({format_won(free_from)} 이상 무료)" if isinstance(free_from, int) else words
