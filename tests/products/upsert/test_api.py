"""Many products at once: all or none, every fault by row and field, SKUs by the sync's rule, once under a key."""

import json
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection
from rest_framework.test import APIClient

from products.catalog.models import CatalogueFinding, CatalogueRevision, Category, PriceObservation, Product, Store
from products.catalog.productchanges import list_changes
from products.upsert.services import upsert_products
from tests.products.catalog.rows import make_product, make_store
from tests.products.catalog.test_api import make_client, read_problem
from tests.products.factories import make_product_row, revision_of

pytestmark = pytest.mark.django_db
ADDRESS = "/api/v1/products/bulk/"
MILLION = 1_000_000


@pytest.fixture
def writer() -> APIClient:
    """May read, add and change."""
    return make_client("view_product", "add_product", "change_product")


@pytest.fixture
def store() -> Store:
    """The store that the rows are of."""
    return make_store()


def make_row(number: int = 1, **changes: Any) -> dict[str, Any]:
    """A plausible row; a change to None takes the field away."""
    row = {
        "origin_product_no": 9_000_000_000 + number,
        "seller_code": f"HB-{number}",
        "name": f"무선 이어폰 {number}호",
        "brand": "한빛",
        "category_number": "50000151",
        "category_name": "이어폰",
        "category_path": "디지털/가전>음향가전>이어폰",
        "status": "SALE",
        "price": 59_000,
        "discounted_price": 49_000,
        "stock": 20,
        "benefits": {"purchase_point": 490, "gift": "파우치"},
        "attributes": {"색상": "검정"},
        "source_modified_at": "2026-11-01T09:00:00+09:00",
        **changes,
    }
    return {name: value for name, value in row.items() if value is not None}


def send(client: APIClient, *rows: Any, store: str = "hanbit", **headers: str) -> Any:
    body = json.dumps({"store": store, "rows": list(rows)})  # in ASCII, so that halves of characters can be sent
    return client.post(ADDRESS, body, content_type="application/json", headers=headers)


def read_skus() -> dict[int, str]:
    return {number - 9_000_000_000: sku for number, sku in Product.objects.values_list("origin_product_no", "sku")}


def test_products_are_added_changed_and_left_alone(writer: APIClient, store: Store) -> None:
    first = send(writer, make_row(1), make_row(2)).json()
    nothing = {"received": 2, "created": 0, "updated": 0, "unchanged": 0, "left_out": [], "refreshes": 0}
    assert first == {**nothing, "revision": 1, "created": 2}
    again = send(writer, make_row(1), make_row(2, price=58_000)).json()
    assert again == {**nothing, "revision": 2, "updated": 1, "unchanged": 1}
    assert send(writer, make_row(1), make_row(2, price=58_000)).json() == {**nothing, "revision": None, "unchanged": 2}
    product = Product.objects.get(sku="HB-2")
    assert (product.price, product.revision, product.category.name) == (58_000, 2, "이어폰")
    assert (product.benefits, product.attributes) == ({"purchase_point": 490, "gift": "파우치"}, {"색상": "검정"})
    assert product.source_modified_at.isoformat() == "2026-11-01T00:00:00+00:00"
    assert list(PriceObservation.objects.filter(product=product).values_list("price", flat=True)) == [59_000, 58_000]
    assert list(CatalogueRevision.objects.filter(store=store).values_list("author", flat=True)) == ["caller"] * 2
    assert [row.who for row in list_changes(product)] == ["caller"] * 2


def test_what_the_list_shows_can_be_sent_back(writer: APIClient, store: Store) -> None:
    send(writer, make_row(1))
    shown = writer.get(f"/api/v1/products/{Product.objects.get().pk}/").json()
    foreign = {"id", "store_code", "sku", "revision", "priority", "hold", "version", "price_checked_at", "updated_at"}
    row = {name: value for name, value in shown.items() if name not in foreign}
    assert send(writer, row).json()["unchanged"] == 1


def test_an_older_row_is_left_out(writer: APIClient, store: Store) -> None:
    send(writer, make_row(1), make_row(2))
    old = make_row(1, price=1_000, discounted_price=None, source_modified_at="2026-10-31T09:00:00+09:00")
    answer = send(writer, old, make_row(2, stock=0)).json()
    assert (answer["left_out"], answer["updated"]) == ([9_000_000_001], 1)
    assert Product.objects.get(sku="HB-1").price == 59_000


def test_the_answer_to_a_key_is_replayed(writer: APIClient, store: Store) -> None:
    first = send(writer, make_row(1), **{"Idempotency-Key": "once"})
    Product.objects.update(price=70_000, content_hash="")
    again = send(writer, make_row(1), **{"Idempotency-Key": "once"})
    assert (again.content, again["Idempotency-Replayed"]) == (first.content, "true")
    assert Product.objects.get().price == 70_000
    read_problem(send(writer, make_row(2), **{"Idempotency-Key": "once"}), 422)


def test_the_number_of_queries_does_not_grow_with_the_rows(
    writer: APIClient, store: Store, django_assert_num_queries: Any
) -> None:
    send(writer, make_row(1))
    queries = 37 if connection.vendor == "postgresql" else 36
    for numbers in (range(2, 4), range(4, 204)):
        with django_assert_num_queries(queries):
            send(writer, *map(make_row, numbers))


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"name": None}, "name"),
        ({"name": "가" * 301}, "name"),
        ({"name": "a" * 10 * MILLION}, "name"),
        ({"name": "이어폰\x00"}, "name"),
        ({"name": "이어폰\ud800"}, "name"),
        ({"attributes": {"색": "\udfff"}}, "attributes.색"),
        ({"benefits": {"gift": "\x00"}}, "benefits.gift"),
        ({"benefits": {"gift": {"deep": 1}}}, "benefits.gift"),
        ({"benefits": {"purchase_point": 2**70}}, "benefits.purchase_point"),
        ({"benefits": {str(number): 1 for number in range(51)}}, "benefits"),
        ({"attributes": {"가" * 501: "1"}}, "attributes"),
        ({"attributes": [1]}, "attributes"),
        ({"price": 0}, "price"),
        ({"price": 10**30}, "price"),
        ({"price": "1" * 5_000}, "price"),
        ({"price": True}, "price"),
        ({"price": 40_000}, "discounted_price"),
        ({"stock": -1}, "stock"),
        ({"status": "DELETE"}, "status"),
        ({"status": "SOLD" * MILLION}, "status"),
        ({"origin_product_no": 2**63}, "origin_product_no"),
        ({"origin_product_no": 9_000_000_001}, "origin_product_no"),
        ({"channel_product_nos": [1, -1]}, "channel_product_nos.1"),
        ({"channel_product_nos": [1] * 21}, "channel_product_nos"),
        ({"image_url": "javascript:alert(1)"}, "image_url"),
        ({"source_modified_at": "yesterday"}, "source_modified_at"),
        ({"source_modified_at": "2999-01-01T00:00:00Z"}, "source_modified_at"),
        ({"source_modified_at": "0001-01-01T00:00:00+14:00"}, "source_modified_at"),
        ({"source_modified_at": "9999-12-31T23:59:59-12:00"}, "source_modified_at"),
        ({"discount_starts_at": "2026-12-02T00:00Z", "discount_ends_at": "2026-12-01T00:00Z"}, "discount_ends_at"),
        ({"sku": "HB-2"}, "sku"),
    ],
    ids=lambda value: str(value)[:30],
)
def test_a_fault_is_named_by_row_and_field_and_nothing_is_written(
    writer: APIClient, store: Store, change: dict[str, Any], field: str
) -> None:
    problem = read_problem(send(writer, make_row(1), make_row(2, **change)), 400)
    assert [error["field"] for error in problem["errors"]] == [f"rows.1.{field}"]
    assert len(problem["errors"][0]["message"]) <= 400
    assert not Product.objects.exists()
    assert not Category.objects.exists()
    assert not CatalogueRevision.objects.exists()


def test_every_fault_of_every_row_is_named(writer: APIClient, store: Store) -> None:
    problem = read_problem(send(writer, make_row(1, price=0, stock=-1), make_row(2), make_row(3, name="")), 400)
    assert {error["field"] for error in problem["errors"]} == {"rows.0.price", "rows.0.stock", "rows.2.name"}
    many = read_problem(send(writer, *(make_row(number, price=0) for number in range(300))), 400)
    assert len(many["errors"]) == 100
    assert "297" in many["detail"]


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        ({}, ["store", "rows"]),
        ({"store": "hanbit", "rows": []}, ["rows"]),
        ({"store": "hanbit", "rows": [1, None]}, ["rows.0", "rows.1"]),
        ({"store": "hanbit", "rows": {"0": {}}}, ["rows"]),
        ({"store": "hanbit", "rows": [make_row(number) for number in range(1_001)]}, ["rows"]),
        ({"store": "hanbit", "rows": [make_row()], "mode": "merge"}, ["mode"]),
        ({"store": "nowhere", "rows": [make_row()]}, ["store"]),
        ([], [""]),
    ],
    ids=lambda value: str(value)[:30],
)
def test_a_wrong_body_is_refused_by_field(writer: APIClient, store: Store, body: Any, fields: list[str]) -> None:
    problem = read_problem(writer.post(ADDRESS, body, format="json"), 400)
    assert [error["field"] for error in problem["errors"]] == fields
    assert not Product.objects.exists()


def test_a_code_is_a_sku_where_one_product_carries_it(writer: APIClient, store: Store) -> None:
    def write(*rows: Any) -> dict[int, str]:
        assert send(writer, *rows).status_code == 200
        return read_skus()

    codes = [make_row(1), make_row(2, seller_code="HB-1"), make_row(3, seller_code="9000000001"), make_row(4)]
    numbers = {number: str(9_000_000_000 + number) for number in range(10)}
    assert write(*codes) == {1: numbers[1], 2: numbers[2], 3: numbers[3], 4: "HB-4"}
    assert CatalogueFinding.objects.get().key == "HB-1"
    # The code is free for the first when the second gives it up, and taken from the fourth when another claims it.
    assert write(make_row(2)) == {1: "HB-1", 2: "HB-2", 3: numbers[3], 4: "HB-4"}
    assert not CatalogueFinding.objects.exists()
    assert write(make_row(5, seller_code="HB-4")) == {1: "HB-1", 2: "HB-2", 3: numbers[3], 4: numbers[4], 5: numbers[5]}
    # A number that has been somebody's code.
    assert write(make_row(6, seller_code="9000000007"))[6] == "9000000007"
    after = write(make_row(7, seller_code=""))
    assert (after[6], after[7]) == (numbers[6], numbers[7])


def test_a_code_of_another_store_is_no_hindrance(writer: APIClient, store: Store) -> None:
    make_product(1, store=make_store("other"), sku="HB-1", seller_code="HB-1")
    send(writer, make_row(5, seller_code="HB-1"))
    assert Product.objects.get(store=store).sku == "HB-1"


def test_the_sync_takes_over_what_was_written_here(writer: APIClient, store: Store) -> None:
    send(writer, make_row(1))
    row = make_product_row(9_000_000_001, sku="HB-1", seller_code="HB-1")
    counts = upsert_products(
        store_id=store.pk,
        rows=[row],
        revision=revision_of(store),
        observed_at=row.source_modified_at,
        asked_at_revision=1,
    )
    assert counts.updated == 1
    assert Product.objects.get().name == row.name


@pytest.mark.parametrize("rights", [(), ("view_product",), ("view_product", "change_product"), ("add_product",)])
def test_writing_needs_the_rights_to_add_and_to_change(store: Store, rights: tuple[str, ...]) -> None:
    read_problem(send(make_client(*rights), make_row(1)), 403)
    assert not Product.objects.exists()


def test_the_address_without_its_slash_is_the_same(writer: APIClient, store: Store) -> None:
    answer = writer.post("/api/v1/products/bulk", {"store": "hanbit", "rows": [make_row()]}, format="json")
    assert answer.json()["created"] == 1
    read_problem(writer.get(ADDRESS), 405)


@pytest.mark.django_db(transaction=True)
def test_four_writers_of_one_store_neither_block_each_other_nor_lose_anything() -> None:
    make_store()
    clients = [make_client("view_product", "add_product", "change_product", name=f"writer-{at}") for at in range(4)]

    def write(at: int) -> list[int]:
        try:
            # Overlapping products in different orders, and codes that change hands.
            numbers = [range(60), range(59, -1, -1), range(30, 90), range(89, 29, -1)][at]
            moment = f"2026-11-01T09:00:0{at}+09:00"
            rows = [make_row(n, seller_code=f"C-{(n + at) % 90}", stock=at, source_modified_at=moment) for n in numbers]
            return [send(clients[at], *rows[half : half + 30]).status_code for half in (0, 30)]
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(write, range(4))) == [[200, 200]] * 4
    stocks = dict(Product.objects.values_list("origin_product_no", "stock"))
    # The latest modified row of each product counts, whoever came last.
    assert stocks == {9_000_000_000 + n: 3 if n >= 30 else 1 for n in range(90)}
    skus = dict(Product.objects.values_list("origin_product_no", "sku"))
    codes = Counter(Product.objects.values_list("seller_code", flat=True))
    for number, code in Product.objects.values_list("origin_product_no", "seller_code"):
        assert skus[number] == (code if codes[code] == 1 else str(number))
