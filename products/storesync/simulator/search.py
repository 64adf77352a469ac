"""The product list: reading a search request, and answering it page by page.

A search by product number or seller code ignores every other condition, as the store does.
"""

import datetime
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from products.storesync.simulator import derivation
from products.storesync.simulator.messages import BadRequestError, InvalidInput, encode_json
from products.storesync.simulator.settings import Settings
from products.storesync.simulator.shelf import Product, Shelf

MAX_SIZE = 500
DEFAULT_SIZE = 50
STATUS_TYPES = frozenset(
    "WAIT SALE OUTOFSTOCK UNADMISSION REJECTION SUSPENSION CLOSE PROHIBITION DELETE".split()  # noqa: SIM905
)
PERIOD_KEYS = {
    "PROD_REG_DAY": "regDate",
    "PROD_MOD_DAY": "modifiedDate",
    "SALE_START_DAY": "saleStartDate",
    "SALE_END_DAY": "saleEndDate",
}
NUMBER_LISTS = {
    "PRODUCT_NO": "originProductNos",
    "CHANNEL_PRODUCT_NO": "channelProductNos",
    "GROUP_PRODUCT_NO": "groupProductNos",
}
ORDERS: Mapping[str, tuple[str, Callable[[Mapping[str, Any]], Any]]] = {
    "NO": ("DESC", lambda row: row["originProductNo"]),
    "NAME": ("ASC", lambda row: row["name"]),
    "SELLER_CODE": ("ASC", lambda row: row["sellerManagementCode"] or ""),
    "LOW_PRICE": ("ASC", lambda row: row.get("salePrice") or 0),
    "HIGH_PRICE": ("DESC", lambda row: row.get("salePrice") or 0),
    "REG_DATE": ("DESC", lambda row: row["regDate"]),
    "MOD_DATE": ("DESC", lambda row: row["modifiedDate"]),
    "SALE_START": ("DESC", lambda row: row.get("saleStartDate") or ""),
    "SALE_END": ("DESC", lambda row: row.get("saleEndDate") or ""),
    "LOW_DISCOUNT_PRICE": ("ASC", lambda row: row.get("discountedPrice") or row.get("salePrice") or 0),
    # What buyers do is no part of a catalogue: an order of its own, fixed for each product.
    "POPULARITY": ("DESC", lambda row: derivation.draw_number(0, row["originProductNo"], "popularity", 10**6)),
    "ACCUMULATE_SALE": ("DESC", lambda row: derivation.draw_number(0, row["originProductNo"], "sales", 10**6)),
    "TOTAL_REVIEW_COUNT": ("DESC", lambda row: derivation.draw_number(0, row["originProductNo"], "reviews", 10**4)),
    "AVERAGE_REVIEW_SCORE": ("DESC", lambda row: derivation.draw_number(0, row["originProductNo"], "score", 50)),
}


@dataclass(frozen=True)
class Query:
    """A checked search request; days are `yyyy-MM-dd` in KST, both ends included."""

    page: int = 1
    size: int = DEFAULT_SIZE
    order: str = "NO"
    statuses: frozenset[str] = frozenset()
    period_key: str = ""
    from_day: str = ""
    to_day: str = ""
    keyword_type: str = ""
    numbers: frozenset[int] = frozenset()
    seller_code: str = ""


@dataclass(frozen=True)
class Page:
    """One page of the list: the JSON body and the numbers that it holds."""

    body: bytes
    product_nos: tuple[int, ...]


def read_query(body: bytes, settings: Settings) -> Query:
    """Return the checked query of a JSON body; raises BadRequestError with one entry per bad field."""
    try:
        values = json.loads(body)
    except ValueError as error:
        raise BadRequestError(InvalidInput("body", "NotReadable", "요청 본문이 JSON이 아닙니다.")) from error
    if not isinstance(values, dict):
        raise BadRequestError(InvalidInput("body", "NotReadable", "요청 본문은 JSON 객체여야 합니다."))
    return _QueryReader(values, is_clamping=settings.oversize == "clamp").read()


class _QueryReader:
    """Collects the faults of all fields, so that one answer names them all."""

    def __init__(self, values: Mapping[str, Any], *, is_clamping: bool) -> None:
        self.values = values
        self.is_clamping = is_clamping
        self.faults: list[InvalidInput] = []

    def read(self) -> Query:
        keyword_type = self._read_choice("searchKeywordType", {*NUMBER_LISTS, "SELLER_CODE"})
        query = Query(
            page=self._read_integer("page", 1, None),
            size=self._read_integer("size", DEFAULT_SIZE, MAX_SIZE),
            order=self._read_choice("orderType", set(ORDERS)) or "NO",
            statuses=self._read_statuses(),
            period_key=PERIOD_KEYS.get(self._read_choice("periodType", set(PERIOD_KEYS)), ""),
            from_day=self._read_day("fromDate"),
            to_day=self._read_day("toDate"),
            keyword_type=keyword_type,
            numbers=self._read_numbers(NUMBER_LISTS.get(keyword_type, "")),
            seller_code=self._read_text("sellerManagementCode"),
        )
        if self.faults:
            raise BadRequestError(*self.faults)
        return query

    def _refuse(self, name: str, rule: str, message: str) -> None:
        self.faults.append(InvalidInput(name, rule, message))

    def _read_integer(self, name: str, default: int, most: int | None) -> int:
        value = self.values.get(name)
        if value is None:
            return default
        if not _is_integer(value):
            self._refuse(name, "NotValidType", f"{name}: 정수여야 합니다.")
        elif value < 1:
            self._refuse(name, "Range.min", f"{name}: 1 이상이어야 합니다.")
        elif most is not None and value > most:
            if self.is_clamping:
                return most
            self._refuse(name, "Range.max", f"{name}: {most} 이하여야 합니다.")
        else:
            return int(value)
        return default

    def _read_choice(self, name: str, choices: set[str]) -> str:
        value = self.values.get(name)
        if value is None or value in choices:
            return value or ""
        self._refuse(name, "NotValidEnum", f"{name}: {', '.join(sorted(choices))} 가운데 하나여야 합니다.")
        return ""

    def _read_statuses(self) -> frozenset[str]:
        value = self.values.get("productStatusTypes") or []
        if isinstance(value, list) and all(status in STATUS_TYPES for status in value):
            return frozenset(value)
        choices = ", ".join(sorted(STATUS_TYPES))
        self._refuse("productStatusTypes", "NotValidEnum", f"productStatusTypes: {choices}의 목록이어야 합니다.")
        return frozenset()

    def _read_numbers(self, name: str) -> frozenset[int]:
        value = self.values.get(name)
        if not name:
            return frozenset()
        if isinstance(value, list) and value and all(_is_integer(number) for number in value):
            return frozenset(value)
        self._refuse(name, "NotEmpty", f"{name}: 번호의 목록이어야 합니다.")
        return frozenset()

    def _read_day(self, name: str) -> str:
        value = self.values.get(name)
        try:
            return datetime.date.fromisoformat(value).isoformat() if value is not None else ""
        except (TypeError, ValueError):
            self._refuse(name, "NotValidFormat", f"{name}: yyyy-MM-dd 형식이어야 합니다.")
            return ""

    def _read_text(self, name: str) -> str:
        value = self.values.get(name)
        if value is None or isinstance(value, str):
            return value or ""
        self._refuse(name, "NotValidType", f"{name}: 문자열이어야 합니다.")
        return ""


def _is_integer(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def search_products(shelf: Shelf, query: Query, settings: Settings) -> Page:
    """Return the page of a query; one past the end is empty and says `last`. Raises BadRequestError for too many."""
    direction = settings.direction if query.order == "NO" else ORDERS[query.order][0]
    found = _sort_products(_filter_products(shelf, query), query.order, direction)
    if len(found) > settings.most_results:
        message = f"검색 결과는 {settings.most_results}건까지 볼 수 있습니다."
        raise BadRequestError(InvalidInput("page", "TooManyResults", message))
    start = (query.page - 1) * query.size
    shown = found[start : start + query.size]
    pages = -(-len(found) // query.size)
    frame = {
        "page": query.page,
        "size": query.size,
        "totalElements": len(found),
        "totalPages": pages,
        "sort": {"sorted": True, "fields": [{"name": query.order, "direction": direction}]},
        "first": query.page == 1,
        "last": query.page >= pages,
    }
    contents = b",".join(product.list_bytes for product in shown)
    body = b'{"contents":[' + contents + b"]," + encode_json(frame)[1:]
    return Page(body, tuple(product.row["originProductNo"] for product in shown))


def _filter_products(shelf: Shelf, query: Query) -> Sequence[Product]:
    if query.keyword_type == "SELLER_CODE":
        wanted = query.seller_code.casefold()
        return [item for item in shelf.newest_first if wanted in (item.row["sellerManagementCode"] or "").casefold()]
    if query.keyword_type:
        return [item for item in shelf.newest_first if _has_number(item.row, query)]
    if query.statuses or query.period_key:
        return [item for item in shelf.newest_first if _has_state(item.row, query)]
    return shelf.newest_first


def _has_number(row: Mapping[str, Any], query: Query) -> bool:
    keys = {
        "PRODUCT_NO": ("originProductNo",),
        "CHANNEL_PRODUCT_NO": ("channelProductNo", "windowChannelProductNo"),
        "GROUP_PRODUCT_NO": ("groupProductNo",),
    }
    return any(row.get(key) in query.numbers for key in keys[query.keyword_type])


def _has_state(row: Mapping[str, Any], query: Query) -> bool:
    if query.statuses and row["statusType"] not in query.statuses:
        return False
    if not query.period_key:
        return True
    day = (row.get(query.period_key) or "")[:10]
    return bool(day) and query.from_day <= day and (not query.to_day or day <= query.to_day)


def _sort_products(found: Sequence[Product], order: str, direction: str) -> Sequence[Product]:
    if order == "NO":
        return found if direction == "DESC" else found[::-1]
    read_key = ORDERS[order][1]
    return sorted(found, key=lambda item: read_key(item.row), reverse=direction == "DESC")
