"""How prices, benefits and stock are put into words for readers. Money in whole won."""

from collections.abc import Mapping
from typing import Any

NOTHING = "-"
LOW_STOCK_LIMIT = 5


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
    """What a buyer gets besides the price, as the sync names it, in words; unknown kinds are left out."""
    found = [
        _describe_amount("구매 적립", benefits.get("purchase_point"), benefits.get("purchase_point_unit")),
        _describe_amount("텍스트 리뷰 적립", benefits.get("text_review_point")),
        _describe_amount("포토 리뷰 적립", benefits.get("photo_review_point")),
        _describe_amount("단골 적립", benefits.get("regular_customer_point")),
        _describe_amount(
            "여러 개 구매 할인", benefits.get("multi_purchase_discount"), benefits.get("multi_purchase_discount_unit")
        ),
        f"무이자 {benefits['free_interest_months']}개월" if benefits.get("free_interest_months") else "",
        f"사은품 {benefits['gift']}" if benefits.get("gift") else "",
        _describe_delivery(benefits),
    ]
    return [words for words in found if words]


def _describe_amount(label: str, amount: Any, unit: Any = "WON") -> str:
    if not isinstance(amount, int | float) or not amount:
        return ""
    return f"{label} {amount:g}%" if unit == "PERCENT" else f"{label} {format_won(int(amount))}"


def _describe_delivery(benefits: Mapping[str, Any]) -> str:
    fee, free_from = benefits.get("delivery_fee"), benefits.get("free_delivery_from")
    if not isinstance(fee, int):
        return ""
    if fee == 0:
        return "무료배송"
    return f"배송비 {format_won(fee)}" + (f"({format_won(free_from)} 이상 무료)" if isinstance(free_from, int) else "")
