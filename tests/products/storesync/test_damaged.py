"""Bodies damaged at random: each is kept, or refused with its field named; none is a crash, also in the database."""

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import partial
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from products.catalog.models import Product
from products.storesync.decoding import (
    MalformedBodyError,
    ProductDetail,
    ProductSummary,
    TokenBody,
    WrongFieldError,
    decode_body,
    decode_detail,
    decode_error,
    decode_page,
    from_plain,
    to_plain,
)
from products.storesync.mapping import RefusedProduct, hash_summary, list_price_boundaries, map_product
from products.storesync.readings import record_readings
from products.upsert.rows import ProductRow
from tests.products.factories import make_store, upsert

decode_token = partial(decode_body, kind=TokenBody)
READ_AT = datetime(2026, 11, 25, tzinfo=UTC)
DATE = "2026-11-01T09:00:00.123+09:00"
ENTRY: dict[str, Any] = {
    "originProductNo": 13721295767,
    "channelProducts": [
        {
            "channelProductNo": 13771295767,
            "channelServiceType": "STOREFARM",
            "categoryId": "50000001",
            "wholeCategoryName": "가전>청소기",
            "name": "무선 청소기",
            "sellerManagementCode": "JB-1",
            "statusType": "SALE",
            "salePrice": 129_000,
            "discountedPrice": 119_000,
            "stockQuantity": 5,
            "deliveryFee": 3_000,
            "multiPurchaseDiscount": 10.0,
            "sellerPurchasePoint": 5,
            "freeInterest": 3,
            "gift": "청소솔",
            "representativeImage": {"url": "https://shop.test/1.jpg"},
            "brandName": "온담",
            "regDate": DATE,
            "modifiedDate": DATE,
        }
    ],
}
DETAIL: dict[str, Any] = {
    "originProduct": {
        "statusType": "SALE",
        "saleStartDate": DATE,
        "saleEndDate": "2027-11-01T09:59:00+09:00",
        "detailContent": "<p>가볍고 조용합니다.</p>",
        "deliveryInfo": {"deliveryFee": {"freeConditionalAmount": 50_000}},
        "customerBenefit": {
            "immediateDiscountPolicy": {"discountMethod": {"value": 10, "startDate": DATE, "endDate": DATE}}
        },
        "detailAttribute": {
            "sellerCodeInfo": {"sellerBarcode": "880"},
            "productAttributes": [{"attributeName": "무게", "attributeRealValue": "1.3kg"}],
        },
    }
}
ODD = st.one_of(
    st.none(),
    st.booleans(),
    st.sampled_from([0, -1, 2**31, 2**63 - 1, 2**63, 2**64, 10**40, -(10**30), 1e308, 1.5, float("inf"), float("nan")]),
    st.integers(),
    st.floats(),
    st.text(st.characters(), max_size=30),  # halves of surrogate pairs and NUL among them
    st.sampled_from(
        [
            "nan",
            "-inf",
            "\x00",
            "\ud800",
            "a\udfff",
            "가" * 500,
            "0001-01-01T00:00:00+09:00",
            "9999-12-31T23:59:59-09:00",
        ]
    ),
    st.lists(st.integers(), max_size=3),
    st.dictionaries(st.text(max_size=5), st.integers(), max_size=2),
)


def list_paths(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    if path:
        yield path
    entries = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in entries:
        yield from list_paths(inner, (*path, key))


@st.composite
def damage(draw: st.DrawFn, whole: dict[str, Any]) -> dict[str, Any]:
    """The value with up to three of its places missing or holding something odd."""
    damaged: dict[str, Any] = json.loads(json.dumps(whole))
    for _place in range(draw(st.integers(1, 3))):
        if not damaged:
            break
        *way, last = draw(st.sampled_from(list(list_paths(damaged))))
        holder: Any = damaged
        for key in way:
            holder = holder[key]
        if draw(st.booleans()) and isinstance(holder, dict):
            del holder[last]
        else:
            holder[last] = draw(ODD)
    return damaged


def encode(value: Any) -> bytes:
    """The value as JSON, which spells what is too big for a float as a number, and knows no NaN."""
    return json.dumps(value).replace("Infinity", "1e999").replace("NaN", "-1e-999").encode()


def read_summary(entry: dict[str, Any]) -> ProductSummary | None:
    """The entry of a page of three as it was understood; None when it is reported as broken, its neighbours whole."""
    others = [{**ENTRY, "originProductNo": number} for number in (1, 2)]
    page = decode_page(
        encode({"contents": [others[0], entry, others[1]], "page": 1, "totalElements": 3, "totalPages": 1})
    )
    assert {1, 2} <= {summary.origin_product_no for summary in page.summaries}
    assert len(page.summaries) + len(page.broken) == 3
    for broken in page.broken:
        assert broken.message
        assert broken.field or not isinstance(entry, dict) or "형식" in broken.message
    return page.summaries[1] if len(page.summaries) == 3 else None


def read_detail(body: dict[str, Any]) -> ProductDetail | None:
    """The detail as it was understood; None when it is refused with the field."""
    try:
        return decode_detail(encode(body))
    except WrongFieldError as error:
        refusal = error
    assert refusal.field
    assert str(refusal).startswith(refusal.field)
    return None


def read_row(summary: ProductSummary, detail: ProductDetail) -> ProductRow | None:
    """The product's row; None when it is refused with the field."""
    try:
        return map_product(summary, detail, sku="JB-1")
    except RefusedProduct as error:
        refusal = error
    assert refusal.field
    assert str(refusal).startswith(refusal.field)
    return None


@pytest.mark.django_db
@settings(
    max_examples=100,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(entry=damage(ENTRY), detail=damage(DETAIL))
def test_a_damaged_product_is_kept_or_refused_by_its_field(entry: dict[str, Any], detail: dict[str, Any]) -> None:
    store = make_store()
    for summary, body in (
        (read_summary(entry), decode_detail(encode(DETAIL))),
        (read_summary(ENTRY), read_detail(detail)),
    ):
        if summary is None or body is None:
            continue
        assert hash_summary(from_plain(json.loads(json.dumps(to_plain(summary))))) == hash_summary(summary)
        row = read_row(summary, body)
        if row is None:
            continue
        upsert(store, row)
        stored = Product.objects.get(store=store, origin_product_no=summary.origin_product_no)
        assert (stored.name, stored.price) == (row.name, row.price)
        boundaries = {summary.origin_product_no: list_price_boundaries(body)}
        record_readings(store_id=store.pk, boundaries=boundaries, read_at=READ_AT)


@pytest.mark.parametrize("moment", ["0001-01-01T00:00:00+09:00", "9999-12-31T23:59:59-09:00", "9999-12-31T23:00:00Z"])
def test_a_moment_that_no_clock_shows_is_refused(moment: str) -> None:
    summary, detail = read_summary(ENTRY), decode_detail(encode(DETAIL))
    late = json.loads(json.dumps(ENTRY))
    late["channelProducts"][0]["modifiedDate"] = moment
    discounted = json.loads(json.dumps(DETAIL))
    policy = discounted["originProduct"]["customerBenefit"]["immediateDiscountPolicy"]
    policy["discountMethod"]["endDate"] = moment
    assert summary
    for odd, body, field in (
        (read_summary(late), detail, "modifiedDate"),
        (summary, decode_detail(encode(discounted)), "immediateDiscountPolicy.endDate"),
    ):
        assert odd
        with pytest.raises(RefusedProduct, match="쓸 수 없는 시각") as caught:
            map_product(odd, body, sku="JB-1")
        assert caught.value.field == field


@settings(max_examples=300, deadline=None)
@given(st.one_of(st.binary(max_size=80), ODD.map(encode), damage({"contents": [ENTRY], "page": 1}).map(encode)))
def test_whatever_comes_instead_of_a_body_is_an_error_that_names_itself(body: bytes) -> None:
    for decode in (decode_page, decode_detail, decode_token):
        with pytest.raises((MalformedBodyError, WrongFieldError)) as caught:
            decode(body)
        assert str(caught.value)
    decode_error(body)
    decode_body(b"[]", list)


DEEP = b"[" * 100_000 + b"]" * 100_000


@pytest.mark.parametrize(
    ("decode", "body", "refusal"),
    [
        (decode_page, b'{"contents":[%s],"page":1,"totalElements":1,"totalPages":1}' % DEEP, MalformedBodyError),
        (decode_page, b'{"contents":[],"page":1,"totalElements":5000000000,"totalPages":1}', WrongFieldError),
        (decode_page, b'{"contents":[],"page":1,"totalElements":-1,"totalPages":1}', WrongFieldError),
        (decode_detail, b'{"originProduct":{"statusType":"SALE","new":%s}}' % DEEP, MalformedBodyError),
        (decode_token, b'{"access_token":"t\\n","expires_in":1}', WrongFieldError),
        (decode_token, '{"access_token":"토큰","expires_in":1}'.encode(), WrongFieldError),
        (decode_token, b'{"access_token":"t","expires_in":1%s}' % (b"0" * 400), WrongFieldError),
    ],
    ids=["deep page", "total", "negative total", "deep detail", "broken token", "Korean token", "endless token"],
)
def test_what_python_or_the_database_cannot_hold_is_refused(
    decode: Callable[[bytes], Any], body: bytes, refusal: type[Exception]
) -> None:
    with pytest.raises(refusal):
        decode(body)
    decode_error(body)


@pytest.mark.parametrize("amount", ["nan", "inf", 1e300])
def test_an_amount_that_is_no_number_spoils_its_product_alone(amount: object) -> None:
    odd = json.loads(json.dumps(ENTRY))
    odd["channelProducts"][0]["sellerPurchasePoint"] = amount
    assert read_summary(odd) is None
