"""Bodies that no ledger should be asked to keep: refused with the place at fault, never a 500."""

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rest_framework.test import APIClient

from products.catalog.models import Product
from products.catalog.parsing import DEPTH_LIMIT
from tests.products.catalog.rows import make_product
from tests.products.catalog.test_api import ADDRESS, make_client, read_problem

pytestmark = pytest.mark.django_db
MILLION = 1_000_000


@pytest.fixture
def editor() -> APIClient:
    """May read and change."""
    return make_client("view_product", "change_product")


def send(client: APIClient, body: bytes, kind: str = "application/json") -> Any:
    product = Product.objects.first() or make_product()
    return client.patch(f"{ADDRESS}{product.pk}/", body, content_type=kind)


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        (b'{"priority": "\\u0000", "version": 0}', ["priority"]),
        (b'{"priority": 1, "version": 0, "a\\u0000": 1}', ["a\\u0000"]),
        (b'{"priority": "\\ud800", "version": 0}', ["priority"]),
        (b'{"\\udfff": 1}', ["\\udfff"]),
        (b'{"priority": 1, "priority": 2, "version": 0}', ["priority"]),
        (b'{"a": {"b": [1, {"c": "\\u0000"}]}}', ["a.b.1.c"]),
        (b'{"priority": "' + b"9" * 10 * MILLION + b'", "version": 0}', ["priority"]),
        (b'{"' + b"n" * 10 * MILLION + b'": 1, "priority": 1, "version": 0}', ["n" * 60]),
        (b'{"priority": 1.5, "version": 0}', ["priority"]),
        (b'{"priority": 1' + b"0" * 4_000 + b', "version": 0}', ["priority"]),
        (b"[" * (DEPTH_LIMIT + 1) + b"]" * (DEPTH_LIMIT + 1), [".".join("0" * DEPTH_LIMIT)]),
        (b"[" * MILLION, [""]),
    ],
    ids=lambda value: str(value)[:30],
)
def test_refused_by_its_place(editor: APIClient, body: bytes, fields: list[str]) -> None:
    problem = read_problem(send(editor, body), 400)
    assert [error["field"] for error in problem["errors"]] == fields
    assert len(problem["detail"]) < 1_000
    assert Product.objects.get().version == 0


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"\xff\xfe",
        b'{"priority": NaN, "version": 0}',
        b'{"priority": -Infinity, "version": 0}',
        b'{"priority": 1e999, "version": 0}',
        b'{"priority": 1' + b"0" * 5_000 + b', "version": 0}',
        '{"priority": 1, "version": 0}'.encode("utf-16"),
    ],
)
def test_what_is_no_json_is_refused(editor: APIClient, body: bytes) -> None:
    assert "JSON" in read_problem(send(editor, body), 400)["detail"]


def test_a_body_over_the_limit_is_refused_unread(editor: APIClient, settings: Any) -> None:
    settings.API_BODY_LIMIT_BYTES = 30
    assert send(editor, b'{"priority": 1, "version": 0}').status_code == 200
    assert "30" in read_problem(send(editor, b'{"priority": 10, "version": 01 }'), 413)["detail"]


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"])
def test_another_kind_of_body_is_refused_by_the_header_s_name(editor: APIClient, kind: str) -> None:
    (error,) = read_problem(send(editor, b"priority=1", kind), 415)["errors"]
    assert error["field"] == "Content-Type"
    assert "application/json" in error["message"]


@pytest.mark.parametrize("charset", ["utf-16", "zlib_codec", "nonsense"])
def test_json_is_utf_8_whatever_the_header_says(editor: APIClient, charset: str) -> None:
    answer = send(editor, b'{"priority": 7, "version": 0}', f"application/json; charset={charset}")
    assert answer.json()["priority"] == 7


ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(), max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(["priority", "version", "가"]), inner),
    max_leaves=12,
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(priority=ANY_JSON, version=ANY_JSON)
def test_nothing_that_may_be_sent_is_a_failure(editor: APIClient, priority: Any, version: Any) -> None:
    answer = send(editor, json.dumps({"priority": priority, "version": version}).encode())
    assert answer.status_code in (200, 400, 409)
    assert (answer.status_code == 200) == ("sku" in answer.json())
