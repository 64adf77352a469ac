"""Values that a catalogue row leaves open, derived from the seed and the product's number alone."""

import datetime
import hashlib
from collections.abc import Mapping
from typing import Any

from products.storesync.simulator import clock

CHANNEL_NO_OFFSET = 1_000_000_000
NEWEST_EDIT = datetime.datetime(2026, 11, 1, tzinfo=clock.KST)
EDIT_SPAN_MINUTES = 300 * 24 * 60
DELIVERY_FEES = (0, 0, 2500, 3000, 3500)


def draw_number(seed: int, product_no: int, purpose: str, bound: int) -> int:
    """Return an integer in [0, bound) that depends on nothing but the arguments."""
    digest = hashlib.blake2b(f"{seed}:{product_no}:{purpose}".encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") % bound


def number_word(word: str, digits: int) -> int:
    """Return a stable number of so many digits for a word, such as a category path or an attribute name."""
    least: int = 10 ** (digits - 1)
    return least + draw_number(0, 0, word, 9 * least)


def complete_row(row: Mapping[str, Any], seed: int, image_origin: str) -> dict[str, Any]:
    """Return the native row with every gap filled, except the price: its absence or null is served as it is."""
    product_no: int = row["originProductNo"]
    whole = {**_derive_identity(row, product_no, image_origin), **_derive_state(row, seed, product_no)}
    whole |= _derive_dates(row, seed, product_no)
    whole |= _derive_delivery(row, seed, product_no)
    return whole | dict(row)


def _derive_identity(row: Mapping[str, Any], product_no: int, image_origin: str) -> dict[str, Any]:
    path = row.get("wholeCategoryName") or "기타"
    levels = path.split(">")
    prefixes = [">".join(levels[: depth + 1]) for depth in range(len(levels))]
    ids = [str(number_word(prefix, 8)) for prefix in prefixes]
    ids[-1] = str(row.get("categoryId") or ids[-1])
    return {
        "channelProductNo": product_no + CHANNEL_NO_OFFSET,
        "sellerManagementCode": "",
        "brandName": "",
        "manufacturerName": row.get("brandName") or "",
        "categoryId": ids[-1],
        "wholeCategoryId": ">".join(ids),
        "wholeCategoryName": path,
        "attributes": {},
        "description": "",
        "image": f"{image_origin}/images/{product_no}.jpg",
    }


def _derive_state(row: Mapping[str, Any], seed: int, product_no: int) -> dict[str, Any]:
    chance = draw_number(seed, product_no, "statusType", 100)
    status = row.get("statusType") or ("SALE" if chance < 92 else "OUTOFSTOCK" if chance < 97 else "SUSPENSION")
    stock = 0 if status == "OUTOFSTOCK" else 1 + draw_number(seed, product_no, "stockQuantity", 500)
    return {"statusType": status, "stockQuantity": stock}


def _derive_dates(row: Mapping[str, Any], seed: int, product_no: int) -> dict[str, Any]:
    minutes = draw_number(seed, product_no, "modifiedDate", EDIT_SPAN_MINUTES)
    edited = NEWEST_EDIT - datetime.timedelta(minutes=minutes)
    known = row.get("modifiedDate")
    newest = clock.read_timestamp(known) if known else edited
    age_days = 1 + draw_number(seed, product_no, "regDate", 400)
    registered = newest - datetime.timedelta(days=age_days)
    return {"regDate": clock.format_timestamp(registered), "modifiedDate": clock.format_timestamp(edited)}


def _derive_delivery(row: Mapping[str, Any], seed: int, product_no: int) -> dict[str, Any]:
    fee = DELIVERY_FEES[draw_number(seed, product_no, "deliveryFee", len(DELIVERY_FEES))]
    base = row.get("deliveryFee") or fee or 3000
    return {"deliveryAttributeType": "NORMAL", "deliveryFee": fee, "returnFee": base, "exchangeFee": base * 2}
