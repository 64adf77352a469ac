"""Shapes that a product's JSON may take although its values are sound: holes, additions, other types, great length."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Body = dict[str, Any]

OPTIONAL_KEYS = (
    "sellerManagementCode", "discountedPrice", "mobileDiscountedPrice", "knowledgeShoppingProductRegistration",
    "deliveryAttributeType", "deliveryFee", "returnFee", "exchangeFee", "multiPurchaseDiscount",
    "multiPurchaseDiscountUnitType", "sellerPurchasePoint", "sellerPurchasePointUnitType", "managerPurchasePoint",
    "textReviewPoint", "photoVideoReviewPoint", "regularCustomerPoint", "freeInterest", "gift", "saleStartDate",
    "saleEndDate", "representativeImage", "modelId", "modelName", "brandName",
    "manufacturerName", "sellerTags",
)  # fmt: skip
NUMBER_KEYS = ("salePrice", "discountedPrice", "stockQuantity", "channelProductNo", "deliveryFee")
BIG_PAGE_BYTES = 100 * 1024
HUGE_PAGE_BYTES = 2 * 1024 * 1024
OPTION_COUNT = 500
PARAGRAPH = "<p>길고 긴 상세 설명입니다. 사진과 표와 안내가 이어집니다.</p>"


def _keep(body: Body) -> Body:
    return body


@dataclass(frozen=True)
class Shape:
    """What becomes of a product's list entry and of its detail; both give a new body and leave the old one alone."""

    name: str
    summary: str
    change_entry: Callable[[Body], Body] = _keep
    change_detail: Callable[[Body], Body] = _keep


def _change_channels(change: Callable[[Body], Body]) -> Callable[[Body], Body]:
    return lambda entry: entry | {"channelProducts": [change(channel) for channel in entry["channelProducts"]]}


def _set_null(channel: Body) -> Body:
    return channel | dict.fromkeys(OPTIONAL_KEYS)


def _forget_category(channel: Body) -> Body:
    return channel | {"wholeCategoryName": None, "wholeCategoryId": None}


def _leave_out(channel: Body) -> Body:
    return {key: value for key, value in channel.items() if key not in OPTIONAL_KEYS}


def _write_numbers(channel: Body) -> Body:
    return channel | {key: str(channel[key]) for key in NUMBER_KEYS if isinstance(channel.get(key), int)}


def _write_detail_numbers(detail: Body) -> Body:
    return detail | {"originProduct": _write_numbers(detail["originProduct"])}


def _add_news(body: Body) -> Body:
    return body | {"newcomer": {"since": "2.90.0", "values": [1, None, "셋"]}, "isNewcomer": True}


def _add_detail_news(detail: Body) -> Body:
    return _add_news(detail | {"originProduct": _add_news(detail["originProduct"])})


def _lengthen(size: int) -> Callable[[Body], Body]:
    def change(detail: Body) -> Body:
        origin = detail["originProduct"]
        page = origin["detailContent"] + PARAGRAPH * (size // len(PARAGRAPH.encode()) + 1)
        return detail | {"originProduct": origin | {"detailContent": page}}

    return change


def _add_options(detail: Body) -> Body:
    origin = detail["originProduct"]
    combinations = [
        {
            "id": 40_000_000_000 + number,
            "stockQuantity": number % 90,
            "price": number % 7 * 500,
            "usable": number % 11 != 0,
            "optionName1": f"색상 {number // 25}",
            "optionName2": f"크기 {number % 25}",
            "sellerManagerCode": f"OPT-{number:04}",
        }
        for number in range(OPTION_COUNT)
    ]
    info = {"optionCombinations": combinations, "optionSimple": [], "optionCustom": [], "useStockManagement": True}
    attribute = origin["detailAttribute"] | {"optionInfo": info}
    return detail | {"originProduct": origin | {"detailAttribute": attribute}}


SHAPES: Mapping[str, Shape] = {
    shape.name: shape
    for shape in (
        Shape("no_channels", "channelProducts가 빈 목록", lambda entry: entry | {"channelProducts": []}),
        Shape("null_optionals", "선택 항목이 모두 null", _change_channels(_set_null)),
        Shape("missing_optionals", "선택 항목이 모두 없음", _change_channels(_leave_out)),
        Shape("unnamed_category", "카테고리 번호만 있고 이름이 null", _change_channels(_forget_category)),
        Shape("numbers_as_text", "숫자가 문자열로 옴", _change_channels(_write_numbers), _write_detail_numbers),
        Shape("unknown_fields", "문서에 없는 항목이 늘어남", _change_channels(_add_news), _add_detail_news),
        Shape("big_page", "상세 HTML 100 KB", change_detail=_lengthen(BIG_PAGE_BYTES)),
        Shape("huge_page", "상세 HTML 2 MB", change_detail=_lengthen(HUGE_PAGE_BYTES)),
        Shape("many_options", f"옵션 조합 {OPTION_COUNT}개", change_detail=_add_options),
    )
}


def shape_entry(entry: Body, names: Sequence[str]) -> Body:
    """Return a list entry in the given shapes."""
    for name in names:
        entry = SHAPES[name].change_entry(entry)
    return entry


def shape_detail(detail: Body, names: Sequence[str]) -> Body:
    """Return a detail in the given shapes."""
    for name in names:
        detail = SHAPES[name].change_detail(detail)
    return detail
