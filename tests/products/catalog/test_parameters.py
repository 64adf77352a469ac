"""Addresses that somebody typed, cut or made up: a 400 that names the parameter, an empty list, never a 500."""

from base64 import urlsafe_b64encode
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from rest_framework.test import APIClient

from products.catalog.filters import ProductFilterSet
from products.catalog.models import Product
from products.catalog.pages import encode_cursor
from products.catalog.productadmin import ProductAdmin
from tests.products.catalog.rows import make_product
from tests.products.catalog.test_api import ADDRESS, make_client, read_fields

pytestmark = pytest.mark.django_db
LIST = "/admin/catalog/product/"

ODD_VALUES = {
    "23 digits": "9" * 23,
    "beyond 64 bits": str(2**63),
    "beyond 32 bits": str(2**31),
    "NUL": "\x00",
    "NUL within": "1\x002",
    "negative": "-1",
    "empty": "",
    "blank": " ",
    "Korean": "무선 이어폰",
    "full-width digits": "１２３",
    "Arabic digits": "٣" * 23,
    "superscript": "²",
    "a fraction": "1.5",
    "an exponent": "1e400",
    "no number": "nan",
    "long": "가" * 10_000,
    "many words": "가 " * 5_000,
    "many digits": "9" * 10_000,
    "quotes": "'\"\\%_",
    "half a character": "\udc00",
}


def spell_cursor(text: str) -> str:
    return urlsafe_b64encode(text.encode()).decode().rstrip("=")


ODD_CURSORS = {
    "bad base64": "a",
    "no base64": "!!!!",
    "padding only": "====",
    "nonsense": spell_cursor("nonsense"),
    "no UTF-8": urlsafe_b64encode(b"\xff\xfe 1").decode(),
    "NUL": spell_cursor("2026-11-01T00:00:00+00:00 \x00"),
    "NUL in the time": spell_cursor("2026-11-01T00:00:00\x00+00:00 1"),
    "huge number": spell_cursor(f"2026-11-01T00:00:00+00:00 {'9' * 23}"),
    "very huge number": spell_cursor(f"2026-11-01T00:00:00+00:00 {'9' * 9_000}"),
    "just beyond 64 bits": spell_cursor(f"2026-11-01T00:00:00+00:00 {2**63}"),
    "negative number": spell_cursor("2026-11-01T00:00:00+00:00 -1"),
    "spaced number": spell_cursor("2026-11-01T00:00:00+00:00 1_0"),
    "other digits": spell_cursor("2026-11-01T00:00:00+00:00 ٣"),
    "before the calendar": spell_cursor("0001-01-01T00:00:00+14:00 1"),
    "after the calendar": spell_cursor("9999-12-31T23:59:59-14:00 1"),
    "no offset": spell_cursor("2026-11-01T00:00:00 1"),
    "another spelling": spell_cursor("2026-11-01 1"),
    "offset of seconds": spell_cursor("2026-11-01T00:00:00+23:59:59.999999 1"),
}


@pytest.fixture
def reader() -> APIClient:
    """May read."""
    make_product(1)
    return make_client("view_product")


def fits(name: str, value: str) -> bool:
    """Whether the API should find something or nothing under this value, rather than refuse it."""
    if not value:
        return name in ProductFilterSet.base_filters
    most = {"q": 200, "category": 20, "store": 40}
    is_text = "\x00" not in value and value == value.encode(errors="replace").decode()
    return name in most and len(value.strip()) <= most[name] and is_text


@pytest.mark.parametrize("value", ODD_VALUES.values(), ids=ODD_VALUES)
@pytest.mark.parametrize("name", [*ProductFilterSet.base_filters, "cursor", "page_size"])
def test_the_api_refuses_an_odd_value_by_its_parameter(reader: APIClient, name: str, value: str) -> None:
    response: Any = reader.get(ADDRESS, {name: value.encode(errors="surrogatepass")})
    if fits(name, value):
        assert response.status_code == 200
    else:
        assert read_fields(response) == [name]


@pytest.mark.parametrize("text", ODD_CURSORS.values(), ids=ODD_CURSORS)
def test_a_cursor_that_was_not_given_out_is_refused(reader: APIClient, text: str) -> None:
    assert read_fields(reader.get(ADDRESS, {"cursor": text})) == ["cursor"]


def test_a_cursor_that_was_given_out_is_taken(reader: APIClient) -> None:
    product = Product.objects.get()
    for when, number in ((product.updated_at, product.pk), (timezone.now(), 2**63 - 1)):
        assert reader.get(ADDRESS, {"cursor": encode_cursor(when, number)}).json()["results"] == []


@pytest.mark.parametrize("text", ["000000500", "0000005000", "01", "+5", "5 ", "５", "1_0"])
def test_a_page_size_is_spelled_in_one_way(reader: APIClient, text: str) -> None:
    assert read_fields(reader.get(ADDRESS, {"page_size": text})) == ["page_size"]


def list_admin_parameters() -> list[str]:
    """What the list's own links carry, and the look-ups that Django lets through for its columns and filters."""
    chosen = [entry if isinstance(entry, str) else entry.parameter_name for entry in ProductAdmin.list_filter]
    lookups = ["status__exact", "status__in", "status__isnull", "id__exact", "id__in", "category__id__exact"]
    columns = ["priority", "priority__gt", "price", "stock__lt", "revision", "version", "updated_at__gte", "sku"]
    return [*dict.fromkeys(["q", "p", "o", "e", "all", "_facets", *chosen, *lookups, *columns])]


@pytest.mark.parametrize("value", ODD_VALUES.values(), ids=ODD_VALUES)
@pytest.mark.parametrize("name", list_admin_parameters())
def test_the_admin_s_list_answers_whatever_stands_in_its_address(admin_client: Client, name: str, value: str) -> None:
    make_product(1)
    response = admin_client.get(LIST, {name: value.encode(errors="surrogatepass")})
    assert response.status_code in (200, 302)
    if response.status_code == 302:
        assert response["Location"].startswith(f"{LIST}?e=1")
