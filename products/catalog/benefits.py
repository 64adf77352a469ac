"""The benefits of a product in an editor's words. The keys are those under which the sync keeps them."""

from collections.abc import Mapping
from typing import Any

LABELS = {
    "purchase_point": "구매 적립",
    "manager_purchase_point": "매니저 구매 적립",
    "text_review_point": "텍스트 리뷰 적립",
    "photo_review_point": "포토 리뷰 적립",
    "regular_customer_point": "단골 적립",
    "multi_purchase_discount": "여러 개 구매 할인",
    "free_interest_months": "무이자",
    "gift": "사은품",
    "delivery_fee": "배송비",
    "free_delivery_from": "무료 배송 기준",
}


def describe_benefits(benefits: Mapping[str, Any]) -> str:
    """All of them, one after another; a kind without a label here is shown under its own key."""
    return ", ".join(
        _describe(key, value, benefits.get(f"{key}_unit"))
        for key, value in benefits.items()
        if not key.endswith("_unit")
    )


def _describe(key: str, value: Any, unit: Any) -> str:
    label = LABELS.get(key, key)
    if key == "delivery_fee" and value == 0:
        return "무료 배송"
    if key == "free_interest_months":
        return f"{label} {value}개월"
    if unit == "PERCENT":
        return f"{label} {value}%"
    return f"{label} {value:,}원" if isinstance(value, int | float) else f"{label} {value}"
