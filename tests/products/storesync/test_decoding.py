"""Reading the store's JSON: tolerant of what is new, exact about what is wrong."""

import json
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from products.storesync.decoding import (
    ListPage,
    MalformedBodyError,
    WrongFieldError,
    decode_detail,
    decode_error,
    decode_page,
    from_plain,
    to_plain,
)

CHANNEL: dict[str, Any] = {
    "originProductNo": 13721295767,
    "channelProductNo": 13771295767,
    "channelServiceType": "STOREFARM",
    "name": "무선 청소기",
    "salePrice": 129_000,
    "modifiedDate": "2026-11-01T09:00:00.123+09:00",
}


def encode_page(*channels: dict[str, Any], **frame: Any) -> bytes:
    contents = [
        {"originProductNo": 13721295767 + index, "channelProducts": [channel]} for index, channel in enumerate(channels)
    ]
    page = {"contents": contents, "page": 1, "size": 500, "totalElements": len(contents), "totalPages": 1, **frame}
    return json.dumps(page, ensure_ascii=False).encode()


def read_one(**changes: Any) -> ListPage:
    return decode_page(encode_page({**CHANNEL, **changes}))


def test_unknown_fields_are_ignored_and_big_numbers_are_whole() -> None:
    page = decode_page(encode_page({**CHANNEL, "brandNew": {"deep": [1]}}, newFrame=True))
    (summary,) = page.summaries
    assert summary.origin_product_no == 13721295767
    kst = timezone(timedelta(hours=9))
    assert summary.channel_products[0].modified_date == datetime(2026, 11, 1, 9, 0, 0, 123_000, tzinfo=kst)


def test_optional_fields_may_be_null_or_missing() -> None:
    (summary,) = read_one(brandName=None, representativeImage=None, stockQuantity=None).summaries
    channel = summary.channel_products[0]
    assert (channel.brand_name, channel.representative_image, channel.stock_quantity, channel.gift) == (None,) * 4


@pytest.mark.parametrize(("text", "price"), [("129000", 129_000), (129_000.0, 129_000)])
def test_a_number_in_another_dress_is_a_number(text: Any, price: int) -> None:
    (summary,) = read_one(salePrice=text).summaries
    assert summary.channel_products[0].sale_price == price


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"salePrice": "비쌈"}, "channelProducts[0].salePrice"),
        ({"salePrice": 1.5}, "channelProducts[0].salePrice"),
        ({"salePrice": True}, "channelProducts[0].salePrice"),
        ({"modifiedDate": "어제"}, "channelProducts[0].modifiedDate"),
        ({"name": 7}, "channelProducts[0].name"),
    ],
)
def test_a_wrong_field_spoils_its_product_alone(changes: dict[str, Any], field: str) -> None:
    page = decode_page(encode_page(CHANNEL, {**CHANNEL, **changes}, CHANNEL))
    assert [summary.origin_product_no for summary in page.summaries] == [13721295767, 13721295769]
    (broken,) = page.broken
    assert (broken.origin_product_no, broken.field) == (13721295768, field)
    assert broken.message.startswith(field)
    assert "무선 청소기" in broken.body or "name" in changes


@pytest.mark.parametrize("number", [None, 0, -3, 2**63, "열하나"])
def test_entries_without_a_usable_number_are_told_apart_by_what_they_say(number: Any) -> None:
    entries = [{"originProductNo": number}, {"originProductNo": number, "x": 1}]
    body = json.dumps({"contents": entries, "page": 1, "totalElements": 2, "totalPages": 1}).encode()
    page = decode_page(body)
    assert page.summaries == []
    assert [entry.field for entry in page.broken] == ["originProductNo"] * 2
    one, other = (entry.origin_product_no for entry in page.broken)
    assert max(one, other) < 0
    assert one != other
    assert page.broken == decode_page(body).broken


@pytest.mark.parametrize(
    "body",
    [b"", b'{"contents":[', b"<html></html>", b"\xff\xfe{}", '{"name":"청'.encode()[:-1], encode_page() + b"]"],
    ids=["empty", "cut", "html", "another encoding", "cut within a letter", "too long"],
)
def test_what_is_no_json_is_malformed(body: bytes) -> None:
    with pytest.raises(MalformedBodyError):
        decode_page(body)


def test_a_byte_order_mark_does_no_harm() -> None:
    assert decode_page(b"\xef\xbb\xbf" + encode_page(CHANNEL)).total_elements == 1


def test_a_missing_frame_is_named() -> None:
    with pytest.raises(WrongFieldError, match="totalElements") as caught:
        decode_page(b'{"contents":[],"page":1,"totalPages":1}')
    assert caught.value.field == "totalElements"


def test_a_detail_names_the_field_that_is_wrong() -> None:
    with pytest.raises(WrongFieldError) as caught:
        decode_detail(
            b'{"originProduct":{"statusType":"SALE","customerBenefit":{"immediateDiscountPolicy":{"discountMethod":{"value":"much"}}}}}'
        )
    assert caught.value.field == "originProduct.customerBenefit.immediateDiscountPolicy.discountMethod.value"
    with pytest.raises(WrongFieldError, match="originProduct: 값이 없습니다"):
        decode_detail(b"{}")


def test_a_summary_survives_the_work_list() -> None:
    (summary,) = read_one(sellerPurchasePoint=1.5, freeInterest="3").summaries
    kept = json.loads(json.dumps(to_plain(summary)))
    assert from_plain(kept) == summary


def test_an_error_body_that_is_none_says_nothing() -> None:
    assert decode_error(b"<html>502</html>").code is None
    assert decode_error(b'{"code":"GW.AUTHN","message":"m","traceId":"t"}').code == "GW.AUTHN"
