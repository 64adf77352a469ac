"""Scans, price check times, placements and priority."""

from datetime import timedelta

import pytest

from perfhooks.queries import count_queries
from products.catalog.edits import edit_product
from products.catalog.models import Placement, Product
from products.catalog.selectors import count_stale_prices, get_facts_by_sku, price_check_times
from products.catalog.services import (
    PriorityConflict,
    complete_scan,
    record_placements,
    start_scan,
)
from tests.products.factories import EPOCH, make_product_row, make_store, upsert

pytestmark = pytest.mark.django_db


def scan(store_id: int, hours: int, *, is_complete: bool = True, unconfirmed: dict[int, str] | None = None) -> None:
    scan_id = start_scan(store_id=store_id, scanned_at=EPOCH + timedelta(hours=hours))
    complete_scan(scan_id=scan_id, listed=2, is_complete=is_complete, unconfirmed=unconfirmed or {})


def test_a_complete_scan_confirms_every_price_without_touching_a_product() -> None:
    store = make_store()
    upsert(store, make_product_row(1), make_product_row(2))
    with count_queries() as counted:
        scan(store.pk, 5)
    assert counted.rows_written <= 2  # the scan's own row; SQLite does not count an INSERT with RETURNING
    assert set(price_check_times(Product.objects.values_list("id", flat=True)).values()) == {EPOCH + timedelta(hours=5)}


def test_an_unconfirmed_product_keeps_its_earlier_check_time() -> None:
    store = make_store()
    upsert(store, make_product_row(1), make_product_row(2))
    first, second = Product.objects.order_by("origin_product_no")
    scan(store.pk, 1)
    scan(store.pk, 5, unconfirmed={second.pk: "refused"})
    scan(store.pk, 9, is_complete=False)
    times = price_check_times([first.pk, second.pk])
    assert times == {first.pk: EPOCH + timedelta(hours=5), second.pk: EPOCH + timedelta(hours=1)}


def test_a_product_that_no_scan_confirmed_counts_as_stale() -> None:
    store = make_store()
    upsert(store, make_product_row(1), make_product_row(2, status="SUSPENSION"))
    assert count_stale_prices() == 1


def test_facts_carry_what_a_page_shows() -> None:
    store = make_store()
    upsert(store, make_product_row(1))
    scan(store.pk, 2)
    facts = get_facts_by_sku(["JB-1", "없음"])["JB-1"]
    assert (facts.sale_price, facts.discount_percent, facts.is_sellable) == (99_000, 23, True)
    assert facts.price_checked_at == EPOCH + timedelta(hours=2)
    assert facts.category_path.endswith("청소기")


def test_placements_follow_the_post_and_repeat_nothing() -> None:
    store = make_store()
    upsert(store, make_product_row(1), make_product_row(2), make_product_row(3))
    first, second, third = Product.objects.order_by("origin_product_no")
    assert record_placements(content_id=7, revisions={first.pk: 1, second.pk: 1}) == 2
    assert record_placements(content_id=7, revisions={first.pk: 1, second.pk: 1}) == 0
    assert record_placements(content_id=7, revisions={second.pk: 2, third.pk: 1}) == 3
    assert set(Placement.objects.values_list("product_id", "revision_shown")) == {(second.pk, 2), (third.pk, 1)}


def test_the_second_of_two_editors_is_told_what_the_first_one_did() -> None:
    store = make_store()
    upsert(store, make_product_row(1))
    product = Product.objects.get()
    edit_product(product_id=product.pk, priority=10, expected_version=0, actor="minji")
    with pytest.raises(PriorityConflict, match="10") as conflict:
        edit_product(product_id=product.pk, priority=90, expected_version=0, actor="jisoo")
    assert conflict.value.current_version == 1
    product.refresh_from_db()
    assert product.priority == 10
