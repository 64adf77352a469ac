"""JSON-LD: valid by Google's rules for product snippets and merchant listings, and it cannot break out of its element."""

import json
import re
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

pytestmark = pytest.mark.once
NOW = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)
AVAILABILITIES = {
    "InStock",
    "OutOfStock",
    "PreOrder",
    "BackOrder",
    "Discontinued",
    "InStoreOnly",
    "LimitedAvailability",
}
ATTACK = '</script><script>alert(1)</script><!--"\\u2028\u2028'


def list_problems(data: dict[str, Any]) -> list[str]:
    """What Google would refuse or warn about in one JSON-LD document of ours."""
    problems = [] if data.get("@context") == "https://schema.org" else ["@context"]
    if data.get("@type") == "ItemList":
        elements = data.get("itemListElement", [])
        places = [element.get("position") for element in elements]
        problems += [] if places == list(range(1, len(elements) + 1)) else ["positions count from 1"]
        problems += [] if data.get("numberOfItems") == len(elements) else ["numberOfItems"]
        problems += (
            [] if len({element["item"].get("url") for element in elements}) == len(elements) else ["one url twice"]
        )
        return problems + [problem for element in elements for problem in list_product_problems(element["item"])]
    return problems + list_product_problems(data)


def list_product_problems(product: dict[str, Any]) -> list[str]:
    """Required: a name and an offer, a price above 0 with its currency; recommended where given: in the right form."""
    problems = [] if product.get("@type") == "Product" else ["@type"]
    offer = product.get("offers") or {}
    name, price = product.get("name", ""), str(offer.get("price", ""))
    checks = {
        "name": 0 < len(name) <= 150 and name == name.strip(),
        "sku": bool(product.get("sku")),
        "offers": offer.get("@type") == "Offer",
        "price": re.fullmatch(r"[1-9]\d*", price) is not None,
        "priceCurrency": offer.get("priceCurrency") == "KRW",
        "availability": offer.get("availability", "").removeprefix("https://schema.org/") in AVAILABILITIES,
        "url": str(offer.get("url", "")).startswith("https://"),
        "image": all(address.startswith(("https://", "http://")) for address in product.get("image", [])),
        "brand": "brand" not in product or product["brand"].get("@type") == "Brand",
        "nothing empty": all(value not in ("", [], None) for value in {**product, **offer}.values()),
        "nothing made up": not {"aggregateRating", "review"} & set(product),
    }
    until = offer.get("priceValidUntil")
    checks["priceValidUntil"] = until is None or datetime.fromisoformat(until).tzinfo is not None
    return problems + [name for name, is_met in checks.items() if not is_met]


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
    assert "price" in list_problems({**data, "offers": {**data["offers"], "price": "99,000"}})
    assert "name" in list_problems({**data, "name": ""})
    assert "availability" in list_problems({**data, "offers": {**data["offers"], "availability": "있음"}})


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
    tree = LexborHTMLParser(f"<body>{html}<p>뒤</p></body>")
    [script] = tree.css("script")
    assert script.attributes == {"type": "application/ld+json"}
    assert len(tree.css("p")) == 1
    assert json.loads(script.text())["mpn"] == ATTACK
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
        "JB-1": "90000",
        "JB-2": "99000",
    }
