"""From a completed row to what the store answers: the list's entry and the detail's body.

The documented detail carries no number of any kind and no date of registration or modification.
"""

import html
from collections.abc import Mapping
from typing import Any

from products.storesync.simulator import derivation, rows

Row = Mapping[str, Any]


def build_list_entry(row: Row) -> dict[str, Any]:
    """Return one element of the list's `contents`: the origin product with its one or two channel products."""
    channels = [_build_channel(row, row["channelProductNo"], "STOREFARM")]
    if "windowChannelProductNo" in row:
        channels.append(_build_channel(row, row["windowChannelProductNo"], "WINDOW"))
    group = {"groupProductNo": row["groupProductNo"]} if "groupProductNo" in row else {}
    return {**group, "originProductNo": row["originProductNo"], "channelProducts": channels}


def _build_channel(row: Row, channel_no: int, service: str) -> dict[str, Any]:
    whole = {
        "channelProductDisplayStatusType": read_display_status(row),
        "knowledgeShoppingProductRegistration": True,
        **row,
        "channelProductNo": channel_no,
        "channelServiceType": service,
        "representativeImage": {"url": row["image"]},
    }
    return {key: whole[key] for key in rows.LIST_KEYS if key in whole}


def read_display_status(row: Row) -> str:
    """Return the channel's display status: a suspended product is not shown."""
    return "SUSPENSION" if row["statusType"] in {"SUSPENSION", "CLOSE", "PROHIBITION"} else "ON"


def build_detail(row: Row) -> dict[str, Any]:
    """Return the detail's body, the same for a request by origin number and by channel number."""
    channel = {
        "channelProductName": row["name"],
        "storeKeepExclusiveProduct": False,
        "naverShoppingRegistration": True,
        "channelProductDisplayStatusType": read_display_status(row),
    }
    body = {"originProduct": _build_origin(row), "smartstoreChannelProduct": channel}
    if "windowChannelProductNo" in row:
        body["windowChannelProduct"] = channel | {"best": False}
    return body


def _build_origin(row: Row) -> dict[str, Any]:
    images = {
        "representativeImage": {"url": row["image"]},
        "optionalImages": [{"url": url} for url in row.get("optionalImages", [])],
    }
    return {
        "statusType": row["statusType"],
        "saleType": "NEW",
        "leafCategoryId": row["categoryId"],
        "name": row["name"],
        "detailContent": build_detail_content(row),
        "images": images,
        **{key: row[key] for key in ("saleStartDate", "saleEndDate", "salePrice") if key in row},
        "stockQuantity": row["stockQuantity"],
        "deliveryInfo": _build_delivery(row),
        "detailAttribute": _build_attributes(row),
        "customerBenefit": _build_benefit(row),
    }


def build_detail_content(row: Row) -> str:
    """Return the product page's HTML: heading, one paragraph a line of the description, attribute table."""
    paragraphs = "".join(f"<p>{html.escape(line)}</p>" for line in row["description"].splitlines() if line.strip())
    cells = "".join(
        f"<tr><th>{html.escape(name)}</th><td>{html.escape(str(value))}</td></tr>"
        for name, value in row["attributes"].items()
    )
    table = f"<table>{cells}</table>" if cells else ""
    return f'<div class="product-detail"><h2>{html.escape(row["name"])}</h2>{paragraphs}{table}</div>'


def _build_delivery(row: Row) -> dict[str, Any]:
    fee: dict[str, Any] = {"deliveryFeeType": "PAID" if row["deliveryFee"] else "FREE", "baseFee": row["deliveryFee"]}
    if "freeConditionalAmount" in row:
        fee |= {"deliveryFeeType": "CONDITIONAL_FREE", "freeConditionalAmount": row["freeConditionalAmount"]}
    claim = {"returnDeliveryFee": row["returnFee"], "exchangeDeliveryFee": row["exchangeFee"]}
    return {
        "deliveryType": "DELIVERY",
        "deliveryAttributeType": row["deliveryAttributeType"],
        "deliveryFee": fee,
        "claimDeliveryInfo": claim,
    }


def _build_attributes(row: Row) -> dict[str, Any]:
    search = {"brandName": row["brandName"], "manufacturerName": row["manufacturerName"]}
    search |= {key: row[key] for key in ("modelId", "modelName") if key in row}
    codes = {
        "sellerManagementCode": row["sellerManagementCode"],
        "sellerBarcode": row.get("sellerBarcode", ""),
    }
    attributes = [
        {
            "attributeSeq": derivation.number_word(name, 8),
            "attributeName": name,
            "attributeRealValue": str(value),
        }
        for name, value in row["attributes"].items()
    ]
    return {
        "naverShoppingSearchInfo": {"modelName": "", **search},
        "sellerCodeInfo": codes,
        "taxType": "TAX",
        "productAttributes": attributes,
        "seoInfo": {"sellerTags": row.get("sellerTags", [])},
    }


def _build_benefit(row: Row) -> dict[str, Any]:
    benefit: dict[str, Any] = {}
    if row.get("immediateDiscountPolicy"):
        benefit["immediateDiscountPolicy"] = row["immediateDiscountPolicy"]
    if row.get("sellerPurchasePoint"):
        unit = row.get("sellerPurchasePointUnitType", "WON")
        benefit["purchasePointPolicy"] = {"value": row["sellerPurchasePoint"], "unitType": unit}
    points = {
        "textReviewPoint": row.get("textReviewPoint"),
        "photoVideoReviewPoint": row.get("photoVideoReviewPoint"),
    }
    if any(points.values()):
        benefit["reviewPointPolicy"] = {key: value for key, value in points.items() if value}
    if row.get("gift"):
        benefit["giftPolicy"] = {"presentContent": row["gift"]}
    return benefit
