"""Many writers at once: none blocks another for ever, nothing is lost, and the latest edit of the store stands."""

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import partial

import pytest
from django.contrib.auth.models import User
from django.db import OperationalError, connection, transaction
from django.db.models import OuterRef, Subquery

from content.refresh.models import RefreshEntry
from products.catalog.batches import apply_batch, draft_batch
from products.catalog.edits import edit_product
from products.catalog.models import Placement, PriceObservation, Product
from products.catalog.storelock import enter_store
from products.upsert.codes import resolve_skus
from products.upsert.deletion import mark_deleted
from products.upsert.rows import CategoryRef, ProductRow
from tests.content.factories import make_post
from tests.products.atonce import run_at_once, wait_for_a_blocked_one
from tests.products.factories import EPOCH, make_product_row, make_store, revision_of, upsert

pytestmark = pytest.mark.django_db(transaction=True)

PRODUCTS, DOOMED, WRITERS, ROUNDS = 40, 8, 4, 6


def make_batch(serial: int, *, left_out: int) -> Iterator[ProductRow]:
    """Three products of four, each with the code that another one had in the batch before, edited at minute `serial`."""
    kinds = [CategoryRef(f"9{serial + at}", "새 분류", "생활>새 분류") for at in range(2)]
    for product in range(1, PRODUCTS + 1):
        if product % WRITERS != left_out:
            code = f"C{(product + serial) % PRODUCTS}"
            yield make_product_row(
                product,
                name=f"{serial}",
                sku=code,
                seller_code=code,
                category=kinds[product % 2],
                price=100_000 + serial,
                source_modified_at=EPOCH + timedelta(minutes=serial),
            )


def latest_serial(product: int) -> int:
    """The batch with the latest edit of this product."""
    return ROUNDS * WRITERS - (2 if product % WRITERS == WRITERS - 1 else 1)


def test_writers_editors_deletions_and_codes_at_once_lose_nothing() -> None:
    store, other = make_store(), make_store("second")
    known, doomed = range(1, PRODUCTS + 1), range(PRODUCTS + 1, PRODUCTS + DOOMED + 1)
    before = EPOCH - timedelta(days=1)
    upsert(store, *(make_product_row(n, source_modified_at=before) for n in (*known, *doomed)))

    def write(writer: int) -> None:
        for number in range(ROUNDS):
            rows = list(make_batch(number * WRITERS + writer, left_out=writer))
            upsert(store, *(rows if writer % 2 else reversed(rows)))

    def write_elsewhere() -> None:
        for number in range(ROUNDS):
            upsert(other, *make_batch(number * WRITERS, left_out=0))

    products = Product.objects.filter(store=store)
    alone, together = (
        products.filter(origin_product_no__lte=PRODUCTS // 2),
        products.filter(origin_product_no__gt=PRODUCTS // 2),
    )
    editor = User.objects.create_superuser("editor", password=None)

    def edit() -> None:
        for product in alone.order_by("-id"):
            edit_product(product_id=product.pk, priority=7, hold=True, expected_version=0, actor="편집자")

    def edit_together() -> None:
        for _ in range(ROUNDS):
            batch = draft_batch(products=together, kind="raise", amount=10, actor_id=editor.pk)
            apply_batch(batch_id=batch.pk, actor_id=editor.pk)

    def delete() -> None:
        for number in doomed:
            mark_deleted(store_id=store.pk, origin_product_nos=[number], revision=revision_of(store))

    def resolve() -> None:
        for _ in range(ROUNDS):
            resolve_skus(store_id=store.pk, revision=revision_of(store))

    writers = (partial(write, writer) for writer in range(WRITERS))
    run_at_once(*writers, write_elsewhere, edit, edit_together, delete, resolve)
    resolve_skus(store_id=store.pk, revision=revision_of(store))

    serials = {n: latest_serial(n) for n in known}
    codes = {n: f"C{(n + serial) % PRODUCTS}" for n, serial in serials.items()}
    held = Counter(codes.values())
    living = products.exclude(status="DELETE").values_list("origin_product_no", "name", "sku", "price")
    assert list(living.order_by("origin_product_no")) == [
        (n, f"{serials[n]}", codes[n] if held[codes[n]] == 1 else f"{n}", 100_000 + serials[n]) for n in known
    ]
    assert {1, 2} <= set(held.values())
    assert [n for (n,) in products.filter(status="DELETE").values_list("origin_product_no").order_by("id")] == [*doomed]
    assert not alone.exclude(priority=7, hold=True, version=1).exists()
    assert not together.exclude(priority=10 * ROUNDS, hold=False, version=ROUNDS).exists()
    newest = PriceObservation.objects.filter(product=OuterRef("pk")).order_by("-revision").values("price")[:1]
    assert not products.exclude(price=Subquery(newest)).exists()


@pytest.mark.postgresql
def test_who_has_entered_a_store_keeps_the_other_writers_of_that_store_out() -> None:
    if connection.vendor != "postgresql":
        pytest.skip("On SQLite every transaction keeps every other one out: set DATABASE_URL")
    store, other = make_store(), make_store("second")
    upsert(store, make_product_row(1))
    product_id = Product.objects.get().pk
    editor = User.objects.create_superuser("editor", password=None)
    batch = draft_batch(products=Product.objects.all(), kind="hold", actor_id=editor.pk)
    writes: list[Callable[[], object]] = [
        lambda: upsert(store, make_product_row(1, price=140_000)),
        lambda: mark_deleted(store_id=store.pk, origin_product_nos=[1], revision=revision_of(store)),
        lambda: resolve_skus(store_id=store.pk, revision=revision_of(store)),
        lambda: edit_product(product_id=product_id, priority=0, hold=True, expected_version=0, actor="편집자"),
        lambda: apply_batch(batch_id=batch.pk, actor_id=editor.pk),
    ]

    def try_all() -> None:
        with connection.cursor() as cursor:
            cursor.execute("SET lock_timeout = '20ms'")
        for write in writes:
            with pytest.raises(OperationalError, match="lock timeout"):
                write()
        upsert(other, make_product_row(1))
        edit_product(product_id=product_id, priority=7, expected_version=0, actor="편집자")

    with transaction.atomic():
        enter_store(store.pk)
        run_at_once(try_all)
    assert Product.objects.get(store=store).priority == 7
    assert upsert(store, make_product_row(1, price=140_000)).updated == 1


@pytest.mark.postgresql
def test_a_hold_waits_for_a_sync_that_has_queued_the_same_post_and_comes_to_the_product_next() -> None:
    if connection.vendor != "postgresql":
        pytest.skip("On SQLite every transaction keeps every other one out: set DATABASE_URL")
    store, post = make_store(), make_post()
    upsert(store, make_product_row(1), make_product_row(2))
    held, synced = Product.objects.order_by("origin_product_no")
    for product in (held, synced):
        Placement.objects.create(product=product, content_id=post.pk, revision_shown=1)
    assert RefreshEntry.objects.get().post_id == post.pk

    def hold() -> None:
        edit_product(product_id=held.pk, priority=0, hold=True, expected_version=0, actor="편집자")

    editor = threading.Thread(target=run_at_once, args=(hold,))
    with transaction.atomic():
        upsert(store, make_product_row(2, price=140_000))
        editor.start()
        wait_for_a_blocked_one()
        upsert(store, make_product_row(1, price=140_000))
    editor.join()
    assert list(Product.objects.order_by("id").values_list("price", "hold")) == [(140_000, True), (140_000, False)]
