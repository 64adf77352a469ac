"""The structured data of a page, read as a search engine reads it and held against schema.org and Google's rules.

Rules: developers.google.com/search/docs/appearance/structured-data (product snippets, merchant listings, articles). Each
property has its form; a property that the type does not have, an empty value and a number in words are problems.
"""

import json
import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from selectolax.lexbor import LexborHTMLParser

CONTEXT = "https://schema.org"
AVAILABILITIES = {
    f"{CONTEXT}/{name}"
    for name in (
        "BackOrder", "Discontinued", "InStock", "InStoreOnly", "LimitedAvailability", "OnlineOnly", "OutOfStock",
        "PreOrder", "PreSale", "SoldOut",
    )
}  # fmt: skip
Check = Callable[[Any], bool]


def is_text(limit: int = 5_000) -> Check:
    return lambda value: isinstance(value, str) and 0 < len(value) <= limit and value == value.strip()


def is_address(value: Any) -> bool:
    """An absolute address as a browser sends it."""
    if not isinstance(value, str) or not value.isascii() or re.search(r"[\s<>\"]", value):
        return False
    parts = urlsplit(value)
    return parts.scheme in ("http", "https") and bool(parts.hostname)


def is_moment(value: Any) -> bool:
    """ISO 8601 with its time zone."""
    try:
        return datetime.fromisoformat(value).tzinfo is not None
    except (TypeError, ValueError):
        return False


def is_count(value: Any) -> bool:
    return type(value) is int and value > 0


def is_all(check: Check) -> Check:
    return lambda value: isinstance(value, list) and bool(value) and all(map(check, value))


def is_a(*kinds: str) -> Check:
    return lambda value: isinstance(value, Mapping) and value.get("@type") in kinds


FORMS: dict[str, dict[str, Check]] = {
    "BlogPosting": {
        "headline": is_text(110), "url": is_address, "mainEntityOfPage": is_address, "datePublished": is_moment,
        "dateModified": is_moment, "author": is_a("Person", "Organization"), "publisher": is_a("Person", "Organization"),
        "inLanguage": lambda value: value in ("ko", "en"), "description": is_text(), "image": is_all(is_address),
    },
    "Product": {
        "name": is_text(150), "sku": is_text(), "mpn": is_text(), "url": is_address, "image": is_all(is_address),
        "description": is_text(), "category": is_text(), "brand": is_a("Brand", "Organization"), "offers": is_a("Offer"),
    },
    "Offer": {
        "url": is_address, "price": is_count, "priceCurrency": lambda value: value == "KRW",
        "availability": lambda value: value in AVAILABILITIES, "priceValidUntil": is_moment, "seller": is_a("Organization"),
    },
    "Brand": {"name": is_text(150)},
    "Organization": {"name": is_text(150), "url": is_address},
    "ItemList": {"name": is_text(150), "numberOfItems": is_count, "itemListElement": is_all(is_a("ListItem"))},
    "ListItem": {"position": is_count, "item": is_a("Product")},
}  # fmt: skip
REQUIRED = {
    "BlogPosting": {"headline", "datePublished", "dateModified", "author", "publisher"},
    "Product": {"name", "offers"},
    "Offer": {"price", "priceCurrency", "availability", "url"},
    "Brand": {"name"},
    "Organization": {"name"},
    "ItemList": {"numberOfItems", "itemListElement"},
    "ListItem": {"position", "item"},
}


def read_structured_data(html: str) -> list[dict[str, Any]]:
    """The documents of a page. Raises AssertionError where the page holds any other script, or a key twice."""
    scripts = LexborHTMLParser(html).css("script")
    assert len(re.findall(r"<\s*script", html, re.IGNORECASE)) == len(scripts), "a text opens a script element"
    assert all(script.attributes == {"type": "application/ld+json"} for script in scripts)
    return [json.loads(script.text(), object_pairs_hook=_refuse_twice, parse_constant=_refuse) for script in scripts]


def list_problems(data: Mapping[str, Any]) -> list[str]:
    """What a search engine would refuse or warn about in one document."""
    problems = [] if data.get("@context") == CONTEXT else ["@context"]
    return problems + _list_problems({name: value for name, value in data.items() if name != "@context"}, "")


def _list_problems(node: Mapping[str, Any], place: str) -> list[str]:
    kind = str(node.get("@type"))
    forms = FORMS.get(kind)
    if forms is None:
        return [f"{place}@type {kind}"]
    own = {name: value for name, value in node.items() if name != "@type"}
    problems = [f"{place}{name} is missing" for name in sorted(REQUIRED[kind] - set(own))]
    problems += [
        f"{place}{name}: {value!r}" for name, value in own.items() if name not in forms or not forms[name](value)
    ]
    if kind == "ItemList" and not problems:
        problems += _list_order_problems(own)
    if kind == "BlogPosting" and not problems and own["dateModified"] < own["datePublished"]:
        problems.append("dateModified is before datePublished")
    for name, value in own.items():
        for at, child in enumerate(value if isinstance(value, list) else [value]):
            if isinstance(child, Mapping):
                problems += _list_problems(child, f"{place}{name}[{at}].")
    return problems


def _list_order_problems(items: Mapping[str, Any]) -> list[str]:
    elements = items["itemListElement"]
    addresses = [element.get("item", {}).get("url") for element in elements]
    is_counted = [element.get("position") for element in elements] == list(range(1, len(elements) + 1))
    problems = [] if is_counted and items["numberOfItems"] == len(elements) else ["positions count from 1"]
    return problems + ([] if len(set(addresses)) == len(addresses) else ["one url twice"])


def _refuse(name: str) -> Any:
    raise AssertionError(f"{name} is no JSON")


def _refuse_twice(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    assert len({name for name, _value in pairs}) == len(pairs), f"a key twice: {pairs}"
    return dict(pairs)
