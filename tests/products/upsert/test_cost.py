"""What an upsert costs: statements that do not grow with the batch, and rows that are written only where something changed."""

from collections.abc import Sequence

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from perfhooks.queries import count_queries
from products.catalog.models import Product, Store
from products.upsert.rows import ProductRow
from tests.products.factories import make_product_row, make_store, upsert


def count_upsert(store: Store, rows: Sequence[ProductRow]) -> int:
    """The statements of one upsert."""
    with count_queries() as counted:
        upsert(store, *rows)
    return counted.queries


@pytest.mark.django_db
@pytest.mark.parametrize("kind", ["new", "changed", "half new", "unchanged"])
def test_the_number_of_statements_does_not_depend_on_the_size_of_the_batch(kind: str) -> None:
    counted = []
    upsert(make_store(), make_product_row(1))  # makes the category
    for size in (4, 600):
        store = make_store(f"store-{size}")
        known = {"new": 0, "half new": size // 2}.get(kind, size)
        upsert(store, *(make_product_row(n) for n in range(known)))
        stock = 12 if kind == "unchanged" else 3
        counted.append(count_upsert(store, [make_product_row(n, stock=stock) for n in range(size)]))
    assert counted[0] == counted[1]


@pytest.mark.django_db
def test_codes_that_change_hands_cost_one_statement_more_whatever_their_number() -> None:
    counted = []
    for size in (4, 600):
        store = make_store(f"store-{size}")
        upsert(store, *(make_product_row(n) for n in range(size)))
        counted.append(count_upsert(store, [make_product_row(n, sku=f"JB-{(n + 1) % size}") for n in range(size)]))
        counted.append(
            count_upsert(store, [make_product_row(n, stock=3, sku=f"JB-{(n + 2) % size}") for n in range(size)])
        )
    assert counted[0:2] == counted[2:4]


@pytest.mark.django_db
@pytest.mark.parametrize(("change", "is_touched"), [({"stock": 3}, False), ({"name": "온담 유선 청소기"}, True)])
def test_the_word_index_is_touched_only_for_what_it_has(change: dict[str, object], is_touched: bool) -> None:
    store = make_store()
    upsert(store, make_product_row(1))
    with CaptureQueriesContext(connection) as captured:
        upsert(store, make_product_row(1, **change))
    assert any("productsearch" in query["sql"] for query in captured) == is_touched


def read_table_statistics() -> tuple[int, int, int]:
    """Rows of the products table that were inserted, that were updated, and that are dead, so far."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_stat_force_next_flush()")
        cursor.execute(
            "SELECT n_tup_ins, n_tup_upd, n_dead_tup FROM pg_stat_user_tables WHERE relname = 'catalog_product'"
        )
        inserted, updated, dead = cursor.fetchone()
    return inserted, updated, dead


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_unchanged_rows_leave_no_dead_row_and_write_no_log() -> None:
    if connection.vendor != "postgresql":
        pytest.skip("PostgreSQL is not the suite's database: set DATABASE_URL")
    store, rows = make_store(), [make_product_row(n) for n in range(1, 501)]
    upsert(store, *rows)
    before = read_table_statistics()
    with transaction.atomic(), connection.cursor() as cursor:
        upsert(store, *rows)
        # Without a number of its own a transaction has changed no row.
        cursor.execute("SELECT pg_current_xact_id_if_assigned()")
        assert cursor.fetchone() == (None,)
    assert read_table_statistics() == before


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_only_the_rows_that_changed_are_written_and_each_once() -> None:
    if connection.vendor != "postgresql":
        pytest.skip("PostgreSQL is not the suite's database: set DATABASE_URL")
    store = make_store()
    upsert(store, *(make_product_row(n) for n in range(1, 101)))
    inserted, updated, _dead = read_table_statistics()
    upsert(store, *(make_product_row(n, stock=3 if n % 2 else 12) for n in range(1, 111)))
    assert read_table_statistics()[:2] == (inserted + 10, updated + 50)
    assert Product.objects.filter(stock=3).count() == 55


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_rows_of_a_store_that_statistics_do_not_know_are_found_one_by_one() -> None:
    if connection.vendor != "postgresql":
        pytest.skip("PostgreSQL is not the suite's database: set DATABASE_URL")
    known, fresh = make_store("known"), make_store("fresh")
    for start in range(0, 2_000, 500):
        upsert(known, *(make_product_row(n) for n in range(start + 1, start + 501)))
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE catalog_product")
    before = count_rows_read()
    for start in range(0, 2_000, 500):
        upsert(fresh, *(make_product_row(n) for n in range(start + 1, start + 501)))
    assert count_rows_read() - before < 20 * 2_000


def count_rows_read() -> int:
    """Rows of the products table that were looked at so far, through an index or not."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_stat_force_next_flush()")
        cursor.execute(
            "SELECT (SELECT seq_tup_read FROM pg_stat_user_tables WHERE relname = 'catalog_product')"
            " + (SELECT sum(idx_tup_read) FROM pg_stat_user_indexes WHERE relname = 'catalog_product')"
        )
        return int(cursor.fetchone()[0])
