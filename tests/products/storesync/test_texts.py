"""Texts that JSON can spell and no database keeps, and attributes that have no name: stored without, never refused."""

import json
from typing import Any

import pytest

from products.catalog.models import Product
from products.storesync.decoding import decode_body, decode_detail, decode_page
from products.storesync.mapping import map_product
from products.storesync.models import SyncFailure
from products.storesync.selectors import RunFacts
from products.storesync.simulator.process import SimulatorProcess
from tests.products.storesync.conftest import Sync, assert_equal_to_store
from tests.products.storesync.test_mapping import make_detail, make_summary

ODD_TEXTS = {
    "name": "무선\x00 청소\ud800기",
    "brandName": "온\udc00담",
    "sellerManagementCode": "JB\x00-ODD",
    "wholeCategoryName": "가전\x00>청소기",
    "gift": "청소솔\x00",
    "description": "가볍고\x00 조용\ud83d합니다.",
    "attributes": {"무\x00게": "1.3\ud800kg"},
}


@pytest.mark.parametrize(
    ("spelled", "kept"),
    [
        (rb"a\u0000b", "ab"),
        (b"a\x00b", "ab"),
        (rb"a\ud800b", "ab"),
        (rb"a\uDFFFb", "ab"),
        (rb"\ud800\ud83d\ude00\ude00", "😀"),
        (rb"\ud83d\u0000\ude00", ""),
        (rb"a\\u0000b\\\u0000", r"a\u0000b" + "\\"),
        (rb"a\\ud800\n", "a\\ud800\n"),
        (rb"\uac00\u00e9", "가é"),
    ],
)
def test_only_what_no_database_keeps_is_left_out(spelled: bytes, kept: str) -> None:
    assert decode_body(b'{"name":"' + spelled + b'"}', dict[str, str]) == {"name": kept}


def test_a_page_with_half_a_character_is_still_a_page() -> None:
    entry = rb'{"originProductNo":7,"channelProducts":[{"channelProductNo":8,"name":"a\ud800b"}]}'
    page = decode_page(b'{"contents":[' + entry + b'],"page":1,"totalElements":1,"totalPages":1}')
    assert (page.broken, page.summaries[0].channel_products[0].name) == ([], "ab")


def read_only_failure() -> SyncFailure:
    return SyncFailure.objects.get(resolved_at=None)


def assert_stored(facts: RunFacts, store: SimulatorProcess, number: int) -> Product:
    assert (facts.status, facts.is_complete, facts.refused) == ("done", True, 0)
    assert not SyncFailure.objects.exists()
    assert_equal_to_store(store, number)
    return Product.objects.select_related("category").get(origin_product_no=number)


def test_a_product_with_odd_texts_is_stored_without_them(sync: Sync, store: SimulatorProcess) -> None:
    number = sorted(store.catalogue())[0]
    store.mutate([{"originProductNo": number, "set": ODD_TEXTS}])
    product = assert_stored(sync(), store, number)
    assert (product.name, product.brand, product.sku, product.seller_code) == (
        "무선 청소기",
        "온담",
        "JB-ODD",
        "JB-ODD",
    )
    assert (product.category.path, product.category.name) == ("가전>청소기", "청소기")
    assert product.benefits["gift"] == "청소솔"
    assert "가볍고 조용합니다." in product.description
    assert product.attributes == {"무게": "1.3kg"}
    assert sync().planned == 0, "and it is not read again and again"


def test_a_refused_product_with_odd_texts_is_put_aside_alone(sync: Sync, store: SimulatorProcess) -> None:
    number = sorted(store.catalogue())[0]
    store.mutate([{"originProductNo": number, "set": {**ODD_TEXTS, "salePrice": 0}}])
    facts = sync()
    assert (facts.status, facts.created, facts.refused) == ("done", 62, 1)
    failure = read_only_failure()
    assert (failure.name, failure.sku, failure.field) == ("무선 청소기", "JB-ODD", "salePrice")


def test_a_broken_entry_and_a_broken_detail_with_odd_texts_are_put_aside(sync: Sync, store: SimulatorProcess) -> None:
    first, second = sorted(store.catalogue())[:2]
    odd = {"originProductNo": second, "set": ODD_TEXTS}
    store.mutate([{"originProductNo": first, "set": {**ODD_TEXTS, "salePrice": "비\x00쌈"}}, odd])
    store.faults("drop_field", route="detail", originProductNo=second, field="statusType")
    facts = sync()
    assert (facts.status, facts.created, facts.refused) == ("done", 61, 2)
    assert SyncFailure.objects.filter(origin_product_no__in=[first, second]).count() == 2
    assert_equal_to_store(store, first, second)


def test_attributes_without_names_are_left_out(sync: Sync, store: SimulatorProcess) -> None:
    number = next(no for no, served in store.catalogue().items() if read_attributes(served))
    store.faults("drop_field", route="detail", originProductNo=number, field="attributeName")
    product = assert_stored(sync(), store, number)
    assert product.attributes == {}


def read_attributes(served: dict[str, Any]) -> list[Any]:
    attributes: list[Any] = served["detail"]["originProduct"]["detailAttribute"]["productAttributes"]
    return attributes


@pytest.mark.parametrize(
    "entry",
    [
        '{"attributeSeq":10011594,"attributeValueSeq":10801483}',
        '{"attributeSeq":10011594,"attributeValueSeq":10801483,"attributeRealValue":"1.3","attributeRealValueUnitCode":"KG"}',
        '{"attributeSeq":1,"attributeName":null,"attributeRealValue":null}',
        '{"attributeSeq":1,"attributeName":7,"attributeRealValue":"1"}',
        '{"attributeSeq":1,"attributeName":"무게","attributeRealValue":{"minimum":1}}',
        "null",
    ],
)
def test_an_attribute_of_any_shape_refuses_no_product(entry: str) -> None:
    listed = [json.loads(entry), {"attributeSeq": 2, "attributeName": "색상", "attributeValueName": "흰색"}]
    body = {"originProduct": {"statusType": "SALE", "detailAttribute": {"productAttributes": listed}}}
    row = map_product(make_summary(), decode_detail(json.dumps(body).encode()), sku="JB-11")
    assert row.attributes == {"색상": "흰색"}
    assert map_product(make_summary(), make_detail(), sku="JB-11").attributes
