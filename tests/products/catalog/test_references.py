"""What migrations 0012 and 0015 have put in the place of foreign keys, collations and indexes (ADR 9)."""

import threading
from collections.abc import Callable

import pytest
from django.db import IntegrityError, connection, transaction

from products.catalog.models import Category, Product, Store
from products.catalog.services import ensure_categories
from products.upsert.rows import CategoryRef
from tests.products.atonce import run_at_once, wait_for_a_blocked_one
from tests.products.factories import make_product_row, make_store, upsert

UNKNOWN = 10**9


@pytest.fixture
def spare() -> int:
    """The id of a category without products; a store has one product in another."""
    if connection.vendor != "postgresql":
        pytest.skip("SQLite keeps these references as foreign keys: set DATABASE_URL")
    upsert(make_store(), make_product_row(1))
    return ensure_categories([CategoryRef("1", "빈 카테고리", "빈 카테고리")])["1"]


def copy_product(**changes: int) -> None:
    """Insert the product once more under another number, by the ORM."""
    product = Product.objects.get()
    product.pk, product.origin_product_no, product.sku = None, 2, "2"
    for name, value in changes.items():
        setattr(product, name, value)
    product.save(force_insert=True)


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_a_product_of_no_store_or_category_is_refused_and_so_is_the_deletion_of_one_that_has_products(
    spare: int,
) -> None:
    store, used = Store.objects.get(), Product.objects.get().category_id
    refused: list[Callable[[], object]] = [
        lambda: copy_product(store_id=UNKNOWN),
        lambda: copy_product(category_id=UNKNOWN),
        lambda: Product.objects.update(store_id=UNKNOWN),
        lambda: Product.objects.update(category_id=UNKNOWN),
        lambda: Category.objects.filter(pk=used)._raw_delete("default"),
        lambda: Store.objects.filter(pk=store.pk)._raw_delete("default"),
    ]
    for act in refused:
        with pytest.raises(IntegrityError, match=r"catalog_product|refer to id"):
            act()
    assert list(Product.objects.values_list("store_id", "category_id")) == [(store.pk, used)]
    Category.objects.filter(pk=spare)._raw_delete("default")
    copy_product()
    assert Product.objects.count() == 2


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_who_deletes_a_category_waits_for_the_writer_of_its_first_product_and_is_refused(spare: int) -> None:
    caught: list[BaseException] = []

    def delete() -> None:
        try:
            Category.objects.filter(pk=spare)._raw_delete("default")
        except IntegrityError as error:
            caught.append(error)

    deleter = threading.Thread(target=run_at_once, args=(delete,))
    with transaction.atomic():
        copy_product(category_id=spare)
        deleter.start()
        wait_for_a_blocked_one()
    deleter.join()
    assert len(caught) == 1
    assert Category.objects.filter(pk=spare).exists()


@pytest.mark.django_db
def test_the_columns_and_indexes_are_what_each_database_writes_quickest() -> None:
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(
                "SELECT attname FROM pg_attribute WHERE attrelid = 'catalog_product'::regclass"
                " AND attcollation = '\"C\"'::regcollation ORDER BY attname"
            )
            assert [name for (name,) in cursor.fetchall()] == ["name", "seller_code", "sku", "status"]
            cursor.execute("SELECT pg_get_indexdef('product_by_change'::regclass)")
            assert cursor.fetchone()[0].endswith("(updated_at, id) INCLUDE (revision)")
        else:
            indexes = connection.introspection.get_constraints(cursor, "catalog_product")
            assert not {"product_by_name", "product_by_discounted_price", "product_by_stock"} & indexes.keys()
