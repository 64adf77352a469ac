"""The catalogue's API as its callers meet it: pages without gaps, true conflicts, errors that name the field."""

import io
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from unicodedata import normalize

import pytest
import yaml
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission, User
from django.core.management import call_command
from django.utils import timezone
from rest_framework.test import APIClient

from products.catalog.models import Product
from products.catalog.productchanges import list_changes
from tests.products.catalog.rows import make_category, make_product, make_scan

pytestmark = pytest.mark.django_db
ADDRESS = "/api/v1/products/"
SCHEMA_FILE = Path(__file__).resolve().parents[3] / "docs" / "openapi.yaml"


def make_client(*permissions: str, name: str = "caller") -> APIClient:
    """A client logged in as a user with just these permissions of the catalogue."""
    user = User.objects.create_user(name, password="secret-of-a-test")
    user.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    client = APIClient()
    client.force_authenticate(user)
    return client


@pytest.fixture
def reader() -> APIClient:
    """May read."""
    return make_client("view_product")


@pytest.fixture
def editor() -> APIClient:
    """May read and change."""
    return make_client("view_product", "change_product")


def read_problem(response: Any, status: int) -> dict[str, Any]:
    """The problem document, after its shape has been checked."""
    body: dict[str, Any] = response.json()
    assert response.status_code == status, body
    assert response["Content-Type"] == "application/problem+json"
    assert body["status"] == status
    assert len(body["trace_id"]) >= 8
    assert body["title"]
    assert body["detail"]
    return body


def read_fields(response: Any) -> list[str]:
    """The fields that a 400 names."""
    return [error["field"] for error in read_problem(response, 400)["errors"]]


def follow_pages(client: APIClient, address: str) -> list[dict[str, Any]]:
    """All rows from this address to the end."""
    rows: list[dict[str, Any]] = []
    following: str | None = address
    while following:
        body = client.get(following).json()
        rows += body["results"]
        following = body["next"]
    return rows


def test_pages_hold_each_product_once_though_a_batch_wrote_them_at_one_time(reader: APIClient) -> None:
    now = timezone.now()
    sample = make_product(0, updated_at=now)
    values = {field.attname: getattr(sample, field.attname) for field in Product._meta.fields if field.attname != "id"}
    Product.objects.bulk_create(
        Product(**{**values, "origin_product_no": number, "sku": str(number)}) for number in range(1, 1_205)
    )
    rows = follow_pages(reader, f"{ADDRESS}?page_size=500")
    assert [row["id"] for row in rows] == list(Product.objects.order_by("id").values_list("id", flat=True))


def test_a_product_that_changes_while_somebody_reads_is_met_again_at_the_end(reader: APIClient) -> None:
    now = timezone.now()
    for number in range(4):
        make_product(number, updated_at=now + timedelta(seconds=number))
    first = reader.get(f"{ADDRESS}?page_size=2").json()
    Product.objects.filter(sku="HB-00000").update(updated_at=now + timedelta(minutes=1), price=60_000)
    rest = follow_pages(reader, first["next"])
    assert [row["sku"] for row in first["results"]] == ["HB-00000", "HB-00001"]
    assert [row["sku"] for row in rest] == ["HB-00002", "HB-00003", "HB-00000"]
    assert rest[-1]["price"] == 60_000


def test_page_is_one_query_and_a_hundred_rows(reader: APIClient, django_assert_num_queries: Any) -> None:
    for number in range(101):
        make_product(number)
    reader.get(ADDRESS)  # the permissions of the user are read once
    with django_assert_num_queries(1):
        body = reader.get(ADDRESS).json()
    assert len(body["results"]) == 100
    assert body["next"]


@pytest.mark.parametrize(
    ("query", "queries"),
    [
        ("status=SALE&store=hanbit&category=50000151", 1),
        ("price_min=1&price_max=99999999&stock_min=1&stock_max=99", 1),
        ("changed_since=2026-01-01T00:00:00Z", 1),
        ("stale=true", 1),
        ("stale=false", 1),
        ("q=HB-00003", 3),
        ("q=이어폰&status=SALE&stale=true", 3),
    ],
)
def test_filters_take_a_fixed_number_of_queries(
    reader: APIClient, query: str, queries: int, django_assert_num_queries: Any
) -> None:
    for number in range(20):
        make_product(number)
    reader.get(ADDRESS)  # the permissions of the user are read once
    with django_assert_num_queries(queries):
        assert reader.get(f"{ADDRESS}?{query}").json()["results"] or query == "stale=false"


def test_row_says_what_the_catalogue_has(reader: APIClient) -> None:
    make_scan(hours_ago=1)
    product = make_product(7, description="통화 품질이 좋은 제품", attributes={"색상": "검정"})
    row = reader.get(f"{ADDRESS}{product.pk}/").json()
    assert row["sku"] == "HB-00007"
    assert row["category_name"] == "이어폰"
    assert row["category_number"] == "50000151"
    assert row["store_code"] == "hanbit"
    assert (row["price"], row["discounted_price"]) == (59_000, 49_000)
    assert row["attributes"] == {"색상": "검정"}
    assert row["price_checked_at"].endswith("+09:00") or row["price_checked_at"].endswith("Z")
    assert "description" not in reader.get(ADDRESS).json()["results"][0]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("q=HB-00002", ["HB-00002"]),
        ("q=SELLER-3", ["HB-00003"]),
        ("q=9000000001", ["HB-00001"]),
        ("q=양말", ["HB-00003"]),
        (f"q={normalize('NFD', '양말')}", ["HB-00003"]),
        ("q=이어폰 2호", ["HB-00002"]),
        ("q=2호 이어폰", ["HB-00002"]),
        ("q=HB-000", []),
        ("q=%25", []),
        ("q=99999999999999999999999", []),
        ("category=50000999", ["HB-00003"]),
        ("category=1", []),
        ("status=CLOSE", ["HB-00002"]),
        ("status=SALE&category=50000151", ["HB-00001"]),
        ("store=hanbit&status=CLOSE", ["HB-00002"]),
        ("store=other", []),
        ("price_min=40000&price_max=49000", ["HB-00001", "HB-00002"]),
        ("price_max=48999", ["HB-00003"]),
        ("stock_max=0", ["HB-00003"]),
        ("stock_min=1", ["HB-00001", "HB-00002"]),
        ("stale=true", ["HB-00001", "HB-00003"]),
        ("stale=false", ["HB-00002"]),
        ("changed_since=2026-03-01T00:00:00%2B09:00", ["HB-00002", "HB-00003"]),
        ("changed_since=2026-03-01T00:00:01", ["HB-00003"]),
    ],
)
def test_filters_find(reader: APIClient, query: str, found: list[str]) -> None:
    march = datetime(2026, 2, 28, 15, tzinfo=UTC)
    make_product(1, updated_at=march - timedelta(seconds=1))
    make_product(2, updated_at=march, status="CLOSE")
    socks = {"name": "면 양말 세트", "seller_code": "SELLER-3", "category": make_category("50000999", "양말")}
    make_product(3, **socks, discounted_price=9_900, stock=0)
    assert [row["sku"] for row in reader.get(f"{ADDRESS}?{query}").json()["results"]] == found


@pytest.mark.parametrize(
    ("query", "fields"),
    [
        ("pagesize=5", ["pagesize"]),
        ("limit=5&q=a&offset=1", ["limit", "offset"]),
        ("status=SOLD", ["status"]),
        ("page_size=0", ["page_size"]),
        ("page_size=501", ["page_size"]),
        ("page_size=ten", ["page_size"]),
        ("page_size=" + "9" * 5_000, ["page_size"]),
        ("cursor=abc", ["cursor"]),
        ("cursor=", ["cursor"]),
        ("q=%00", ["q"]),
        ("q=" + "가" * 201, ["q"]),
        ("price_min=-1", ["price_min"]),
        ("price_max=1e400", ["price_max"]),
        ("stock_max=" + "9" * 5_000, ["stock_max"]),
        ("stale=yes", ["stale"]),
        ("changed_since=yesterday", ["changed_since"]),
        ("changed_since=0001-01-01T00:00:00%2B14:00", ["changed_since"]),
        ("changed_since=9999-12-31T23:59:59-12:00", ["changed_since"]),
        ("store=%00", ["store"]),
        ("status=SALE&status=WAIT", ["status"]),
        ("q=%ED%A0%80", ["q"]),
        ("%ED%A0%80=1&" + "a" * 300 + "=1", ["a" * 60, "\ufffd\ufffd\ufffd"]),
    ],
)
def test_wrong_parameter_is_refused_by_name(reader: APIClient, query: str, fields: list[str]) -> None:
    assert read_fields(reader.get(f"{ADDRESS}?{query}")) == fields


def test_detail_refuses_parameters_too(reader: APIClient) -> None:
    assert read_fields(reader.get(f"{ADDRESS}{make_product().pk}/?fields=id")) == ["fields"]


@pytest.mark.parametrize("number", [404, 2**63, 10**30])
def test_unknown_product_is_a_404(reader: APIClient, number: int) -> None:
    assert str(number) in read_problem(reader.get(f"{ADDRESS}{number}/"), 404)["detail"]


def test_priority_is_set_and_noted_in_the_history(editor: APIClient) -> None:
    product = make_product()
    asked = {"priority": 30, "version": 0, "reason": "행사 (1주)"}
    body = editor.patch(f"{ADDRESS}{product.pk}/", asked, format="json").json()
    assert (body["priority"], body["version"]) == (30, 1)
    product.refresh_from_db()
    assert (product.priority, product.version) == (30, 1)
    note = LogEntry.objects.get()
    assert "우선순위 0 → 30" in note.change_message
    (row,) = list_changes(product)
    assert (row.who, row.what, row.why) == ("caller", "우선순위 0 → 30", "행사 (1주)")
    assert row.trace_id in note.change_message


def test_a_reason_alone_changes_nothing(editor: APIClient) -> None:
    product = make_product()
    assert read_fields(editor.patch(f"{ADDRESS}{product.pk}/", {"reason": "행사"}, format="json")) == ["priority"]
    assert not list_changes(product)


def test_conflict_shows_both_versions_and_changes_nothing(editor: APIClient) -> None:
    product = make_product(priority=5, version=3)
    problem = read_problem(editor.patch(f"{ADDRESS}{product.pk}/", {"priority": 9, "version": 2}, format="json"), 409)
    assert problem["current"] == {"priority": 5, "version": 3}
    assert problem["given"] == {"priority": 9, "version": 2}
    assert product.name in problem["detail"]
    product.refresh_from_db()
    assert (product.priority, product.version) == (5, 3)
    assert not LogEntry.objects.exists()


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        ({"priority": -1, "version": 0}, ["priority"]),
        ({"priority": 2**31, "version": 0}, ["priority"]),
        ({"priority": "많이", "version": 0}, ["priority"]),
        ({"priority": None, "version": 0}, ["priority"]),
        ({}, ["priority"]),
        ({"priority": 1, "version": -1}, ["version"]),
        ({"priority": 1, "version": 2**31}, ["version"]),
        ({"priority": 1, "version": 0, "price": 10}, ["price"]),
        ([1], [""]),
    ],
)
def test_wrong_body_is_refused_by_field(editor: APIClient, body: Any, fields: list[str]) -> None:
    product = make_product()
    assert read_fields(editor.patch(f"{ADDRESS}{product.pk}/", body, format="json")) == fields
    assert Product.objects.get().version == 0


def test_broken_json_is_a_400(editor: APIClient) -> None:
    product = make_product()
    response = editor.patch(f"{ADDRESS}{product.pk}/", b'{"priority": ', content_type="application/json")
    read_problem(response, 400)


def test_permissions_of_reading_and_changing_are_apart() -> None:
    product = make_product()
    assert read_problem(APIClient().get(ADDRESS), 401)
    stranger = make_client()
    read_problem(stranger.get(ADDRESS), 403)
    read_problem(stranger.get(f"{ADDRESS}{product.pk}/"), 403)
    read_problem(stranger.patch(f"{ADDRESS}{product.pk}/", {"priority": 1, "version": 0}, format="json"), 403)
    User.objects.all().delete()
    reader = make_client("view_product")
    assert reader.get(ADDRESS).status_code == 200
    read_problem(reader.patch(f"{ADDRESS}{product.pk}/", {"priority": 1, "version": 0}, format="json"), 403)
    assert Product.objects.get().version == 0


@pytest.mark.parametrize("method", ["post", "put", "delete"])
def test_products_are_not_made_or_removed_here(editor: APIClient, method: str) -> None:
    call = getattr(editor, method)
    read_problem(call(f"{ADDRESS}{make_product().pk}/", {}, format="json"), 403 if method != "put" else 405)
    assert Product.objects.count() == 1


def test_committed_schema_is_the_served_one() -> None:
    stream = io.StringIO()
    call_command("spectacular", "--validate", "--fail-on-warn", stdout=stream)
    served = yaml.safe_load(stream.getvalue())
    committed = yaml.safe_load(SCHEMA_FILE.read_text(encoding="utf-8"))
    assert committed == served, "run: manage.py spectacular --file docs/openapi.yaml --validate --fail-on-warn"


def test_answers_have_the_schema_s_fields(reader: APIClient) -> None:
    product = make_product()
    parts = yaml.safe_load(SCHEMA_FILE.read_text(encoding="utf-8"))["components"]["schemas"]
    assert set(reader.get(ADDRESS).json()["results"][0]) == set(parts["ProductRow"]["required"])
    assert set(reader.get(f"{ADDRESS}{product.pk}/").json()) == set(parts["Product"]["required"])
