"""From list entry and detail to the catalogue's row, and which products are refused with which words."""

from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
from django.db import models

from products.catalog.models import PRICE_LIMIT_WON, STOCK_LIMIT, Product, ProductStatus
from products.storesync import mapping
from products.storesync.decoding import ProductDetail, ProductSummary
from products.storesync.mapping import RefusedProduct, extract_text, hash_summary, map_product
from products.upsert.rows import ProductRow

CHANNEL: dict[str, Any] = {
    "channelProductNo": 1_000_000_011,
    "channelServiceType": "STOREFARM",
    "categoryId": "50000803",
    "wholeCategoryName": "디지털/가전>생활가전>청소기",
    "name": "온담 무선 청소기",
    "sellerManagementCode": "JB-11",
    "statusType": "SALE",
    "salePrice": 129_000,
    "discountedPrice": 99_000,
    "stockQuantity": 7,
    "deliveryFee": 0,
    "sellerPurchasePoint": 990,
    "sellerPurchasePointUnitType": "WON",
    "textReviewPoint": 50,
    "gift": "청소솔",
    "representativeImage": {"url": "https://shop.test/11.jpg"},
    "modelName": "OD-11",
    "brandName": "온담",
    "manufacturerName": "온담전자",
    "regDate": "2026-01-01T00:00:00.000+09:00",
    "modifiedDate": "2026-11-01T09:00:00.000+09:00",
}
ORIGIN: dict[str, Any] = {
    "statusType": "SALE",
    "detailContent": "<style>p{}</style><h2>온담</h2><p>가볍고\n  조용합니다.</p><script>alert(1)</script><p>1 &lt; 2</p>",
    "deliveryInfo": {"deliveryFee": {"freeConditionalAmount": 50_000}},
    "detailAttribute": {
        "sellerCodeInfo": {"sellerBarcode": "8801234567890"},
        "productAttributes": [
            {"attributeSeq": 1, "attributeName": "무게", "attributeRealValue": "1.3kg"},
            {"attributeSeq": 2, "attributeName": "색상", "attributeValueName": "흰색"},
            {"attributeSeq": 3, "attributeRealValue": "이름 없음"},
            {"attributeSeq": 4, "attributeName": "소음", "attributeRealValue": 60},
        ],
    },
    "customerBenefit": {
        "immediateDiscountPolicy": {
            "discountMethod": {
                "value": 10.0,
                "unitType": "PERCENT",
                "startDate": "2026-11-01T00:00:00.000+09:00",
                "endDate": "2026-11-30T23:59:59.000+09:00",
            }
        }
    },
}


def make_summary(*others: dict[str, Any], **changes: Any) -> ProductSummary:
    channels = [{**CHANNEL, **changes}, *({**CHANNEL, **other} for other in others)]
    return msgspec.convert({"originProductNo": 11, "channelProducts": channels}, ProductSummary)


def make_detail(**changes: Any) -> ProductDetail:
    return msgspec.convert({"originProduct": {**ORIGIN, **changes}}, ProductDetail)


def map_one(summary: ProductSummary | None = None, detail: ProductDetail | None = None) -> ProductRow:
    return map_product(summary or make_summary(), detail or make_detail(), sku="JB-11")


def test_a_whole_product() -> None:
    row = map_one()
    assert (row.origin_product_no, row.channel_product_nos, row.sku, row.seller_code) == (
        11,
        [1_000_000_011],
        "JB-11",
        "JB-11",
    )
    assert (row.barcode, row.name, row.brand, row.manufacturer) == (
        "8801234567890",
        "온담 무선 청소기",
        "온담",
        "온담전자",
    )
    assert (row.category.source_id, row.category.name) == ("50000803", "청소기")
    assert row.category.path == "디지털/가전>생활가전>청소기"
    assert (row.status, row.price, row.discounted_price, row.stock) == ("SALE", 129_000, 99_000, 7)
    assert row.discount_starts_at == datetime(2026, 10, 31, 15, 0, tzinfo=UTC)
    assert row.discount_ends_at == datetime(2026, 11, 30, 14, 59, 59, tzinfo=UTC)
    assert row.description == "온담 가볍고 조용합니다. 1 < 2"
    assert row.attributes == {"무게": "1.3kg", "색상": "흰색", "소음": "60"}
    assert row.source_modified_at == datetime(2026, 11, 1, 0, 0, tzinfo=UTC)
    assert row.benefits == {
        "purchase_point": 990,
        "purchase_point_unit": "WON",
        "text_review_point": 50,
        "gift": "청소솔",
        "free_delivery_from": 50_000,
        "delivery_fee": 0,
    }
    assert len(row.content_hash) == len(row.summary_hash) == 32


def test_without_a_discount_the_buyer_pays_the_price() -> None:
    row = map_one(make_summary(discountedPrice=None), make_detail(customerBenefit=None))
    assert (row.discounted_price, row.discount_starts_at, row.discount_ends_at) == (129_000, None, None)


def test_a_benefit_is_the_same_as_whole_number_and_with_a_point() -> None:
    assert map_one(make_summary(sellerPurchasePoint=990.0)).benefits == map_one().benefits
    assert map_one(make_summary(sellerPurchasePoint=1.5)).benefits["purchase_point"] == 1.5


def test_the_smart_store_speaks_for_a_product_on_several_channels() -> None:
    summary = make_summary({"channelProductNo": 5}, channelServiceType="WINDOW", name="다른 이름")
    row = map_one(summary)
    assert row.name == "온담 무선 청소기"
    assert row.channel_product_nos == [5, 1_000_000_011]


def test_a_time_without_offset_is_korean() -> None:
    assert map_one(make_summary(modifiedDate="2026-11-01T09:00:00")).source_modified_at == datetime(
        2026, 11, 1, tzinfo=UTC
    )


@pytest.mark.parametrize(
    ("changes", "field", "words"),
    [
        ({"salePrice": None}, "salePrice", "판매가가 없습니다"),
        ({"salePrice": 0}, "salePrice", "0원은 쓸 수 없습니다"),
        ({"salePrice": -10}, "salePrice", "1원에서 999,999,990원"),
        ({"salePrice": 1_000_000_000, "discountedPrice": None}, "salePrice", "1,000,000,000원은"),
        ({"discountedPrice": 129_001}, "discountedPrice", "판매가(129,000원)"),
        ({"discountedPrice": 0}, "discountedPrice", "0원은"),
        ({"stockQuantity": -1}, "stockQuantity", "-1개는"),
        ({"stockQuantity": 100_000_000}, "stockQuantity", "99,999,999개"),
        ({"name": None}, "name", "상품명이 비어"),
        ({"name": "  "}, "name", "상품명이 비어"),
        ({"name": "가" * 301}, "name", "301자입니다. 300자까지"),
        ({"statusType": "BRAND_NEW"}, "statusType", "알 수 없는"),
        ({"statusType": None}, "statusType", "알 수 없는"),
        ({"categoryId": None}, "categoryId", "카테고리"),
        ({"modifiedDate": None, "regDate": None}, "modifiedDate", "수정 일시가 없습니다"),
        ({"brandName": "가" * 121}, "brandName", "120자까지"),
        ({"representativeImage": {"url": "https://shop.test/" + "a" * 500}}, "representativeImage.url", "500자까지"),
    ],
)
def test_a_product_that_cannot_be_kept_is_refused_with_field_and_fix(
    changes: dict[str, Any], field: str, words: str
) -> None:
    with pytest.raises(RefusedProduct) as caught:
        map_one(make_summary(**changes))
    assert caught.value.field == field
    assert str(caught.value).startswith(f"{field}: ")
    assert words in str(caught.value)


def test_a_product_without_a_channel_is_refused() -> None:
    with pytest.raises(RefusedProduct, match="channelProducts: 채널 상품이 없습니다"):
        map_one(ProductSummary(11, []))


@pytest.mark.parametrize("price", [1, 999_999_990])
def test_the_ends_of_the_price_range_are_inside(price: int) -> None:
    assert map_one(make_summary(salePrice=price, discountedPrice=None)).price == price


def test_no_entity_of_the_page_becomes_a_nul_or_half_a_character() -> None:
    assert extract_text("<p>a&#0;b&#xD800;c</p>") == "a\ufffdb\ufffdc"


def test_the_limits_are_those_of_the_catalogue() -> None:
    assert mapping.PRICE_LIMIT_WON == PRICE_LIMIT_WON
    assert mapping.STOCK_LIMIT == STOCK_LIMIT
    assert set(ProductStatus.values) == mapping.STATUSES
    for column, (_field, most) in mapping.LENGTHS.items():
        field = Product._meta.get_field(column)
        assert isinstance(field, models.CharField)
        assert field.max_length == most


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ("", ""),
        ("글만", "글만"),
        ("<p>한\u00a0 글</p>\n\n<p>두  글</p>", "한 글 두 글"),
        ("<div><img src=x onerror=alert(1)><b>굵게</b>", "굵게"),
        ("<p>" + "가나" * 2_000 + "</p>", "가나" * 1_000),
    ],
)
def test_the_words_of_a_detail_page(markup: str, text: str) -> None:
    assert extract_text(markup) == text


def test_every_kept_field_moves_the_fingerprint_and_nothing_else_does() -> None:
    seen = {hash_summary(make_summary())}
    changes: dict[str, Any] = {
        "salePrice": 1,
        "discountedPrice": 2,
        "stockQuantity": 3,
        "name": "다른",
        "gift": "다른",
        "deliveryFee": 9,
        "modifiedDate": "2026-11-01T09:00:00.001+09:00",
    }
    for name, value in changes.items():
        seen.add(hash_summary(make_summary(**{name: value})))
    assert len(seen) == 1 + len(changes)
    assert hash_summary(make_summary(sellerTags=[{"text": "새"}])) in seen


def test_the_order_of_channels_does_not_move_the_fingerprint() -> None:
    one = make_summary({"channelProductNo": 5})
    other = ProductSummary(11, list(reversed(one.channel_products)))
    assert hash_summary(one) == hash_summary(other)
