"""Whether the ledger holds exactly what a simulated store served, field by field.

What is expected is worked out here from the served JSON, by rules written down anew, and not by the product's own
mapping. Every column of a product is either compared or named as the ledger's own.
"""

import html
import re
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from datetime import datetime
from typing import Any

from products.catalog.models import Product

Served = Mapping[int, Mapping[str, Any]]

LEDGERS_OWN = {"id", "store", "summary_hash", "content_hash", "revision", "updated_at", "priority", "hold", "version"}
BENEFIT_KEYS = {
    "sellerPurchasePoint": "purchase_point",
    "managerPurchasePoint": "manager_purchase_point",
    "textReviewPoint": "text_review_point",
    "photoVideoReviewPoint": "photo_review_point",
    "regularCustomerPoint": "regular_customer_point",
    "multiPurchaseDiscount": "multi_purchase_discount",
    "freeInterest": "free_interest_months",
    "gift": "gift",
}
UNIT_KEYS = {
    "sellerPurchasePoint": ("sellerPurchasePointUnitType", "purchase_point_unit"),
    "multiPurchaseDiscount": ("multiPurchaseDiscountUnitType", "multi_purchase_discount_unit"),
}


def find_differences(served: Served, *, store_id: int, leave: Collection[int] = ()) -> list[str]:
    """One line for each product too many or too few and each field that is not as served; empty when all is equal.

    served: what `SimulatorProcess.catalogue()` returns. leave: product numbers that are not looked at.
    """
    expected = dict(expect_products(served, leave=leave))
    names = sorted(next(iter(expected.values()), {}))
    columns = [{"category_id": "category__source_id"}.get(name, name) for name in names]
    rows = Product.objects.filter(store_id=store_id).exclude(status="DELETE").values_list("origin_product_no", *columns)
    found = rows.exclude(origin_product_no__in=leave).iterator(chunk_size=2_000)
    stored = {number: dict(zip(names, values, strict=True)) for number, *values in found}
    differences = [f"{number}: not stored" for number in sorted(expected.keys() - stored.keys())]
    differences += [f"{number}: not served" for number in sorted(stored.keys() - expected.keys())]
    for number in sorted(expected.keys() & stored.keys()):
        differences += _compare(number, expected[number], stored[number])
    return differences


def _compare(number: int, expected: Mapping[str, Any], stored: Mapping[str, Any]) -> Iterator[str]:
    for name, value in expected.items():
        if stored[name] != value:
            yield f"{number}.{name}: served {value!r}, stored {stored[name]!r}"


def list_compared_columns() -> set[str]:
    """The columns of a product that come from the store."""
    return {field.name for field in Product._meta.concrete_fields} - LEDGERS_OWN


def expect_products(served: Served, *, leave: Collection[int] = ()) -> Iterator[tuple[int, dict[str, Any]]]:
    """(origin product number, every field as it should be stored) of each served product but those left out."""
    codes = Counter(_main_channel(entry)["sellerManagementCode"] for entry in served.values())
    for number, entry in served.items():
        if number in leave:
            continue
        code = _main_channel(entry)["sellerManagementCode"]
        is_sku = code and codes[code] == 1 and not (code.isdecimal() and int(code) in served and int(code) != number)
        yield number, _expect(number, entry, sku=code if is_sku else str(number))


def _main_channel(entry: Mapping[str, Any]) -> Mapping[str, Any]:
    channels = {channel["channelServiceType"]: channel for channel in entry["list"]["channelProducts"]}
    main: Mapping[str, Any] = channels["STOREFARM"]
    return main


def _expect(number: int, entry: Mapping[str, Any], *, sku: str) -> dict[str, Any]:
    channel, origin = _main_channel(entry), entry["detail"]["originProduct"]
    attribute = origin["detailAttribute"]
    others = [other["channelProductNo"] for other in entry["list"]["channelProducts"] if other is not channel]
    method = origin["customerBenefit"].get("immediateDiscountPolicy", {}).get("discountMethod", {})
    return {
        "origin_product_no": number,
        "channel_product_nos": [channel["channelProductNo"], *sorted(others)],
        "sku": sku,
        "seller_code": channel["sellerManagementCode"],
        "barcode": attribute["sellerCodeInfo"]["sellerBarcode"],
        "name": channel["name"],
        "brand": channel["brandName"],
        "manufacturer": channel["manufacturerName"],
        "model_name": channel.get("modelName", ""),
        "category_id": channel["categoryId"],
        "category__name": channel["wholeCategoryName"].split(">")[-1],
        "category__path": channel["wholeCategoryName"],
        "status": channel["statusType"],
        "price": channel["salePrice"],
        "discounted_price": channel.get("discountedPrice", channel["salePrice"]),
        "discount_starts_at": _read_moment(method.get("startDate")),
        "discount_ends_at": _read_moment(method.get("endDate")),
        "benefits": _expect_benefits(channel, origin),
        "stock": channel["stockQuantity"],
        "image_url": channel["representativeImage"]["url"],
        "description": _read_text(origin["detailContent"]),
        "attributes": {item["attributeName"]: item["attributeRealValue"] for item in attribute["productAttributes"]},
        "source_modified_at": _read_moment(channel["modifiedDate"]),
    }


def _expect_benefits(channel: Mapping[str, Any], origin: Mapping[str, Any]) -> dict[str, Any]:
    benefits = {key: channel[name] for name, key in BENEFIT_KEYS.items() if channel.get(name)}
    for name, (unit_name, unit_key) in UNIT_KEYS.items():
        if channel.get(name) and channel.get(unit_name):
            benefits[unit_key] = channel[unit_name]
    from_amount = origin["deliveryInfo"]["deliveryFee"].get("freeConditionalAmount")
    if from_amount:
        benefits["free_delivery_from"] = from_amount
    fee = channel.get("deliveryFee")
    return benefits if fee is None else {**benefits, "delivery_fee": fee}


def _read_moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def _read_text(markup: str) -> str:
    return " ".join(html.unescape(re.sub(r"<[^>]*>", " ", markup)).split())[:2_000]
