"""Whether a discount may be claimed: only against what the seller itself took for the product before.

Rule: Supreme Court 2022-04-28, 2019두36001; how many days before the discount count is a setting (EARLIER_PRICE_DAYS).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True, slots=True)
class PricePoint:
    """From this moment on the product had this list price and was sold for this, in won."""

    observed_at: datetime
    price: int
    sold_for: int


@dataclass(frozen=True, slots=True)
class DiscountClaim:
    """The judgement. earlier_price: the lowest price taken in the days before, None without any; reason: why refused."""

    is_allowed: bool
    earlier_price: int | None
    reason: str


def judge_discount(history: Sequence[PricePoint], *, price: int, sold_for: int, days: int) -> DiscountClaim:
    """Judge the claim that a product costs `sold_for` instead of `price`, in won, by its own history, oldest first.

    The discount began when the price that is taken now was first taken without a break. Allowed when the list price is no
    higher than the lowest price taken in the `days` before that.
    """
    if sold_for >= price:
        return DiscountClaim(False, None, "지금 가격이 판매가보다 낮지 않습니다.")
    began, at = None, len(history)
    while at > 0 and history[at - 1].sold_for == sold_for:
        at -= 1
        began = history[at].observed_at
    before = history[:at]
    if began is None or not before:
        return DiscountClaim(False, None, "할인 전에 이 상품을 판 가격이 가격 이력에 없습니다.")
    since = began - timedelta(days=days)
    ends = [*(point.observed_at for point in before[1:]), began]
    taken = [point.sold_for for point, end in zip(before, ends, strict=True) if end > since]
    lowest = min(taken)
    if price > lowest:
        words = f"할인 전 {days}일 동안의 최저 판매 가격은 {lowest:,}원인데 {price:,}원과 견주고 있습니다."
        return DiscountClaim(False, lowest, words)
    return DiscountClaim(True, lowest, "")
