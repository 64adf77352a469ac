"""What to ask a store's list for: everything, or what numbers, a code, states or days name (Commerce API, product search)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from products.storesync.mapping import STATUSES

ORDERS = frozenset(
    {
        *("NO", "NAME", "SELLER_CODE", "LOW_PRICE", "HIGH_PRICE", "REG_DATE", "MOD_DATE", "SALE_START", "SALE_END"),
        *("POPULARITY", "ACCUMULATE_SALE", "LOW_DISCOUNT_PRICE", "TOTAL_REVIEW_COUNT", "AVERAGE_REVIEW_SCORE"),
    }
)
PERIODS = frozenset({"PROD_REG_DAY", "SALE_START_DAY", "SALE_END_DAY", "PROD_MOD_DAY"})
NUMBERS_LIMIT = 500


class QueryError(ValueError):
    """A question that the store would refuse, or answer otherwise than asked. `field` is that of `ListQuery`."""

    def __init__(self, field: str, message: str) -> None:
        self.field = field
        super().__init__(f"{field}: {message}")


@dataclass(frozen=True, slots=True, kw_only=True)
class ListQuery:
    """Conditions of the list; without any it is the whole list, by product number.

    The store takes one key (one of the three kinds of numbers, or the seller's code, which it matches in part) and then
    ignores every other condition; so a key with another condition is refused here. `since` and `until` are whole days in
    Korea, both included, of `period`. Raises QueryError.
    """

    origin_product_nos: Sequence[int] = ()
    channel_product_nos: Sequence[int] = ()
    group_product_nos: Sequence[int] = ()
    seller_code: str = ""
    statuses: Sequence[str] = ()
    period: str = "PROD_MOD_DAY"
    since: date | None = None
    until: date | None = None
    order: str = "NO"

    def __post_init__(self) -> None:
        self._check_key()
        unknown = sorted(set(self.statuses) - STATUSES)
        if unknown:
            raise QueryError("statuses", f"{', '.join(unknown)}은(는) 없는 상태입니다. {', '.join(sorted(STATUSES))}")
        if self.order not in ORDERS:
            raise QueryError("order", f"{self.order}은(는) 없는 순서입니다. {', '.join(sorted(ORDERS))}")
        if self.period not in PERIODS:
            raise QueryError("period", f"{self.period}은(는) 없는 기간입니다. {', '.join(sorted(PERIODS))}")
        if self.since and self.until and self.since > self.until:
            raise QueryError("since", f"{self.since}이(가) until({self.until})보다 늦습니다. 두 날짜를 바꾸세요.")

    def as_content(self) -> dict[str, Any]:
        """The JSON body of the request, but for its page."""
        content: dict[str, Any] = {"orderType": self.order}
        for kind, (name, numbers) in self._numbers().items():
            if numbers:
                content |= {"searchKeywordType": kind, name: list(numbers)}
        if self.seller_code:
            content |= {"searchKeywordType": "SELLER_CODE", "sellerManagementCode": self.seller_code}
        if self.statuses:
            content["productStatusTypes"] = list(self.statuses)
        if self.since or self.until:
            content["periodType"] = self.period
            days = {"fromDate": self.since, "toDate": self.until}
            content |= {name: day.isoformat() for name, day in days.items() if day}
        return content

    def _numbers(self) -> dict[str, tuple[str, Sequence[int]]]:
        return {
            "PRODUCT_NO": ("originProductNos", self.origin_product_nos),
            "CHANNEL_PRODUCT_NO": ("channelProductNos", self.channel_product_nos),
            "GROUP_PRODUCT_NO": ("groupProductNos", self.group_product_nos),
        }

    def _check_key(self) -> None:
        keys = {name: numbers for name, numbers in self._numbers().values() if numbers}
        for name, numbers in keys.items():
            if len(numbers) > NUMBERS_LIMIT:
                raise QueryError(name, f"{len(numbers):,}개입니다. 한 번에 {NUMBERS_LIMIT}개까지 나누어 물으세요.")
        names = [*keys, *(["sellerManagementCode"] if self.seller_code else [])]
        if len(names) > 1 or (names and (self.statuses or self.since or self.until)):
            message = "스토어는 번호나 판매자 코드로 찾을 때 다른 조건을 무시합니다. 조건 하나만 주세요."
            raise QueryError(names[0], message)


EVERYTHING = ListQuery()
