"""JSON-LD: valid by Google's rules for product snippets and merchant listings, and it cannot break out of its element."""

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest
from selectolax.lexbor import LexborHTMLParser

from content.cro.services import compose_post
from content.cro.structured import AVAILABILITY, describe_products, dump_json_ld
from content.matching.services import match_post
from products.catalog.models import ProductStatus
from products.catalog.selectors import ProductFacts
from tests.content.factories import make_post, make_shop
from tests.support.structured_data import list_problems, read_structured_data

pytestmark = pytest.mark.once
NOW = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)
ATTACK = '</script><script>alert(1)</script><!--"\\u2028\u2028'


def make_facts(number: int = 1, **changes: Any) -> ProductFacts:
    facts = ProductFacts(
        id=number, store_id=1, origin_product_no=number, sku=f"JB-{number}", seller_code="", name=f"청소기 {number}",
        brand="온담", manufacturer="", model_name="", category_id=1, category_name="청소기", category_path="가전>청소기",
        status="SALE", price=120_000, discounted_price=99_000, benefits={}, stock=3, image_url="https://a.example/1.jpg",
        description="", attributes={}, revision=1, priority=0, hold=False, channel_product_nos=[], store_code="shop",
        price_checked_at=NOW, store_name="온담 상점",
    )  # fmt: skip
    return msgspec.structs.replace(facts, **changes)


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"brand": "", "image_url": "", "description": "긴 설명 " * 500, "model_name": "V-1"},
        {"image_url": "javascript:alert(1)"},
        {"name": "가" * 300},
        {"name": f"  {ATTACK}\n ", "brand": ATTACK, "description": ATTACK},
        {"stock": 0},
        *({"status": status} for status in ProductStatus.values),
        {"store_name": "", "category_path": ""},
        {"discount_ends_at": NOW + timedelta(days=1)},
    ],
)
def test_one_product_is_valid(changes: dict[str, Any]) -> None:
    [data] = describe_products([make_facts(**changes)], title="제목", now=NOW)
    assert list_problems(data) == []


def test_several_products_are_a_list_and_none_is_nothing() -> None:
    [data] = describe_products([make_facts(number) for number in range(1, 4)], title="추천", now=NOW)
    assert (data["@type"], data["numberOfItems"], data["name"]) == ("ItemList", 3, "추천")
    assert list_problems(data) == []
    assert describe_products([], title="추천", now=NOW) == ()
    [long] = describe_products([make_facts(number) for number in range(1, 502)], title="추천", now=NOW)
    assert len(long["itemListElement"]) == 100


def test_the_validator_finds_faults() -> None:
    [data] = describe_products([make_facts()], title="제목", now=NOW)
    for name, value in (("price", "99,000"), ("price", "99000"), ("availability", "InStock"), ("priceCurrency", "원")):
        assert list_problems({**data, "offers": {**data["offers"], name: value}}) == [f"offers[0].{name}: {value!r}"]
    assert list_problems({**data, "name": ""}) == ["name: ''"]
    assert list_problems({**data, "aggregateRating": {"@type": "AggregateRating"}}) != []
    del data["offers"]["price"]
    assert list_problems(data) == ["offers[0].price is missing"]


@pytest.mark.parametrize(
    ("changes", "availability"),
    [
        ({}, "InStock"),
        ({"stock": 0}, "OutOfStock"),
        ({"status": "OUTOFSTOCK"}, "OutOfStock"),
        ({"status": "CLOSE"}, "Discontinued"),
    ],
)
def test_availability_follows_the_stock(changes: dict[str, Any], availability: str) -> None:
    [data] = describe_products([make_facts(**changes)], title="제목", now=NOW)
    assert data["offers"]["availability"] == f"https://schema.org/{availability}"
    assert set(AVAILABILITY) == set(ProductStatus.values)


def test_a_price_holds_until_its_discount_ends_and_no_past_end_is_told() -> None:
    ends = NOW + timedelta(days=2)
    cases: list[dict[str, Any]] = [
        {"discount_ends_at": ends},
        {"discount_ends_at": NOW},
        {"discount_ends_at": ends, "discounted_price": 120_000},
    ]
    told = [
        describe_products([make_facts(**case)], title="", now=NOW)[0]["offers"].get("priceValidUntil") for case in cases
    ]
    assert told == ["2026-11-24T12:00:00+09:00", None, None]


def test_no_text_ends_the_element() -> None:
    facts = make_facts(name=ATTACK, brand=ATTACK, description=f"\u202e{ATTACK}", store_name=ATTACK, model_name=ATTACK)
    [data] = describe_products([facts], title=ATTACK, now=NOW)
    html = f'<script type="application/ld+json">{dump_json_ld(data)}</script>'
    assert len(LexborHTMLParser(f"<body>{html}<p>뒤</p></body>").css("p")) == 1
    assert [read["mpn"] for read in read_structured_data(html)] == [" ".join(ATTACK.split())]
    assert "\u202e" not in html
    assert html.count("<") == 2


@pytest.mark.django_db
def test_a_page_describes_what_it_shows() -> None:
    make_shop({"number": 1, "price": 120_000, "discounted_price": 90_000}, {"number": 2})
    post = make_post("{{ price:JB-1 }} {{ price:JB-2 }}", title="온담 무선 청소기 1")
    match_post(post_id=post.pk)
    [data] = compose_post(post_id=post.pk, target="page").json_ld
    assert list_problems(data) == []
    assert {element["item"]["sku"]: element["item"]["offers"]["price"] for element in data["itemListElement"]} == {
        "JB-1": 90_000,
        "JB-2": 99_000,
    }
