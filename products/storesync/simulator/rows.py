"""The two row formats that a catalogue may hold, brought to the native one.

Native rows carry the Naver list's own keys. Icecat rows (`id`, `title`, `supplier`, `attrs` ...) are translated.
"""

from collections.abc import Mapping
from typing import Any

from products.storesync.simulator import clock

SELLER_CODE_MAX_LENGTH = 30  # Naver's limit on sellerManagementCode
LIST_KEYS = (
    "groupProductNo", "originProductNo", "channelProductNo", "channelServiceType", "categoryId", "name",
    "sellerManagementCode", "statusType", "channelProductDisplayStatusType", "salePrice", "discountedPrice",
    "mobileDiscountedPrice", "stockQuantity", "knowledgeShoppingProductRegistration", "deliveryAttributeType",
    "deliveryFee", "returnFee", "exchangeFee", "multiPurchaseDiscount", "multiPurchaseDiscountUnitType",
    "sellerPurchasePoint", "sellerPurchasePointUnitType", "managerPurchasePoint", "textReviewPoint",
    "photoVideoReviewPoint", "regularCustomerPoint", "freeInterest", "gift", "saleStartDate", "saleEndDate",
    "wholeCategoryName", "wholeCategoryId", "representativeImage", "modelId", "modelName", "brandName",
    "manufacturerName", "sellerTags", "regDate", "modifiedDate",
)  # fmt: skip
DETAIL_KEYS = (
    "attributes", "description", "freeConditionalAmount", "image", "immediateDiscountPolicy", "optionalImages",
    "sellerBarcode", "windowChannelProductNo",
)  # fmt: skip
STRUCTURES: Mapping[str, type] = {
    "attributes": dict,
    "description": str,
    "image": str,
    "optionalImages": list,
    "wholeCategoryName": str,
}
COMPUTED_KEYS = frozenset({"channelServiceType", "representativeImage"})
NATIVE_KEYS = frozenset({*LIST_KEYS, *DETAIL_KEYS}) - COMPUTED_KEYS


class RowError(ValueError):
    """A row that cannot be served; the message names the key and the fix, in Korean."""


def read_row(value: Any) -> dict[str, Any]:
    """Return a parsed catalogue line as a native row; raises RowError."""
    if not isinstance(value, dict):
        raise RowError("상품 한 건은 JSON 객체여야 합니다. { } 로 감싸 주세요.")
    row = translate_icecat(value) if "originProductNo" not in value and "title" in value else value
    check_row(row)
    return row


def check_row(row: Mapping[str, Any]) -> None:
    """Raise RowError unless the native row has a number and name and holds known keys of the right structure."""
    product_no = row.get("originProductNo")
    if not isinstance(product_no, int) or isinstance(product_no, bool) or product_no <= 0:
        raise RowError("상품 번호(originProductNo 또는 id)가 없거나 양의 정수가 아닙니다. 번호를 넣어 주세요.")
    if not isinstance(row.get("name"), str):
        raise RowError("상품명(name)이 없습니다. 문자열로 넣어 주세요.")
    unknown = sorted(set(row) - NATIVE_KEYS)
    if unknown:
        raise RowError(f"알 수 없는 항목입니다: {', '.join(unknown)}. 이름을 확인하거나 지워 주세요.")
    _check_structure(row)


def _check_structure(row: Mapping[str, Any]) -> None:
    for key, kind in STRUCTURES.items():
        if key in row and not isinstance(row[key], kind):
            raise RowError(f"{key} 값의 형식이 다릅니다. {kind.__name__} 형식으로 고쳐 주세요.")
    for key in ("channelProductNo", "windowChannelProductNo"):
        if key in row and not isinstance(row[key], int):
            raise RowError(f"{key} 값은 정수여야 합니다.")
    for key in ("regDate", "modifiedDate"):
        if key in row:
            _check_timestamp(key, row[key])


def _check_timestamp(key: str, value: Any) -> None:
    try:
        clock.read_timestamp(str(value))
    except ValueError as error:
        raise RowError(f"{key}: {error}") from error


def translate_icecat(value: Mapping[str, Any]) -> dict[str, Any]:
    """Return an Icecat row in the native format; its integer price is taken as whole won."""
    attributes = value.get("attrs") or {}
    code = value.get("name") or ""
    barcodes = value.get("ean") or [""]
    row = {
        "originProductNo": _read_icecat_no(value.get("id")),
        "name": value["title"],
        "sellerManagementCode": code if len(code) <= SELLER_CODE_MAX_LENGTH else "",
        "sellerBarcode": barcodes[0],
        "brandName": value.get("supplier") or "",
        "wholeCategoryName": attributes.get("product_type") or "기타",
        "description": value.get("short_description") or "",
        "attributes": attributes,
    }
    return row | ({"salePrice": value["price"]} if "price" in value else {})


def _read_icecat_no(text: Any) -> int | None:
    return int(text) if isinstance(text, int | str) and str(text).isdecimal() else None
