"""ETags of the API: who has a product already gets nothing again, and nobody overwrites what he has not seen."""

from datetime import UTC, datetime
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from rest_framework.test import APIClient

from products.catalog.models import Category, Product
from tests.products.catalog.rows import make_product, make_scan
from tests.products.catalog.test_api import ADDRESS, make_client, read_problem

pytestmark = pytest.mark.django_db


@pytest.fixture
def editor() -> APIClient:
    """May read and change."""
    return make_client("view_product", "change_product")


def set_priority(client: APIClient, product: Product, priority: int, **headers: str) -> Any:
    return client.patch(f"{ADDRESS}{product.pk}/", {"priority": priority}, format="json", headers=headers)


def test_unchanged_product_is_not_sent_again(editor: APIClient, django_assert_num_queries: Any) -> None:
    where = f"{ADDRESS}{make_product().pk}/"
    first = editor.get(where)
    assert first["Cache-Control"] == "private, no-cache"
    with django_assert_num_queries(1):
        again = editor.get(where, headers={"If-None-Match": first["ETag"]})
    assert (again.status_code, again.content, again["ETag"]) == (304, b"", first["ETag"])
    weak = editor.get(where, headers={"If-None-Match": f'"other", W/{first["ETag"]}'})
    assert weak.status_code == 304
    assert editor.get(where, headers={"If-None-Match": '"other"'}).json() == first.json()


def move_version(product: Product) -> None:
    Product.objects.filter(pk=product.pk).update(version=1)


def move_price_within_a_revision(product: Product) -> None:
    Product.objects.filter(pk=product.pk).update(price=60_000)


def rename_category(product: Product) -> None:
    Category.objects.update(name="헤드폰")


def confirm_price(product: Product) -> None:
    make_scan(hours_ago=1)


@pytest.mark.parametrize("change", [move_version, move_price_within_a_revision, rename_category, confirm_price])
def test_whatever_is_shown_moves_the_etag(editor: APIClient, change: Any) -> None:
    product = make_product()
    where = f"{ADDRESS}{product.pk}/"
    before = editor.get(where)["ETag"]
    change(product)
    after = editor.get(where, headers={"If-None-Match": before})
    assert after.status_code == 200
    assert after["ETag"] != before


def test_priority_is_set_for_the_product_that_was_read(editor: APIClient, django_assert_num_queries: Any) -> None:
    product = make_product(priority=4)
    seen = editor.get(f"{ADDRESS}{product.pk}/")["ETag"]
    set_priority(editor, product, 4, **{"If-Match": '"other"'})  # the rights of the user are read once
    ContentType.objects.get_for_model(Product)
    # Savepoint (2, as a test runs in a transaction), lock, row, update and its row within their savepoint, note, row.
    with django_assert_num_queries(10):
        changed = set_priority(editor, product, 30, **{"If-Match": f'"older", {seen}'})
    assert (changed.json()["priority"], changed.json()["version"]) == (30, 1)
    assert changed["ETag"] == editor.get(f"{ADDRESS}{product.pk}/")["ETag"]
    assert "우선순위 4 → 30" in LogEntry.objects.get().change_message


@pytest.mark.parametrize("given", ['"1-1-0000"', 'W/"0"', "", "nonsense"])
def test_a_product_that_changed_since_is_left_alone(editor: APIClient, given: str) -> None:
    product = make_product(priority=5, version=3)
    now = editor.get(f"{ADDRESS}{product.pk}/")["ETag"]
    problem = read_problem(set_priority(editor, product, 9, **{"If-Match": given}), 412)
    assert problem["current"] == {"priority": 5, "version": 3, "etag": now}
    assert problem["given"] == {"priority": 9, "etag": given}
    assert [error["field"] for error in problem["errors"]] == ["If-Match"]
    assert product.name in problem["detail"]
    assert read_problem(set_priority(editor, product, 9, **{"If-Match": f"W/{now}"}), 412)
    product.refresh_from_db()
    assert (product.priority, product.version) == (5, 3)
    assert not LogEntry.objects.exists()


def test_any_version_may_be_meant(editor: APIClient) -> None:
    product = make_product(version=3)
    assert set_priority(editor, product, 9, **{"If-Match": "*"}).json()["version"] == 4


def test_a_change_without_a_condition_is_refused(editor: APIClient) -> None:
    product = make_product()
    problem = read_problem(set_priority(editor, product, 9), 428)
    assert [error["field"] for error in problem["errors"]] == ["If-Match"]
    product.refresh_from_db()
    assert (product.priority, product.version) == (0, 0)


def test_unchanged_page_of_the_list_is_not_sent_again(editor: APIClient) -> None:
    product = make_product(updated_at=datetime(2026, 11, 1, tzinfo=UTC))
    first = editor.get(ADDRESS)
    again = editor.get(ADDRESS, headers={"If-None-Match": first["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    move_version(product)
    changed = editor.get(ADDRESS, headers={"If-None-Match": first["ETag"]})
    assert changed.json()["results"][0]["version"] == 1
    assert "no-cache" in changed["Cache-Control"]
