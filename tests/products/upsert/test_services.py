"""The upsert: what is written, what is left alone, and what follows from a change."""

from datetime import timedelta

import pytest
from django.db import DataError, IntegrityError, transaction

from perfhooks.queries import count_queries
from products.catalog.indexing import SearchRow, read_search_rows
from products.catalog.models import CatalogueRevision, PriceObservation, Product, ProductSearch
from products.catalog.productchanges import list_changes
from products.catalog.search import search_products
from products.catalog.selectors import latest_revision
from products.upsert.codes import record_findings, resolve_skus
from products.upsert.deletion import mark_deleted
from products.upsert.rows import CategoryRef
from products.upsert.services import upsert_products
from products.upsert.writing import compare_rows, write_products
from tests.products.factories import EPOCH, make_product_row, make_store, revision_of, upsert

pytestmark = pytest.mark.django_db


def test_new_rows_are_stored_as_they_were_given() -> None:
    row = make_product_row(1)
    counts = upsert(make_store(), row, make_product_row(2))
    assert (counts.seen, counts.created, counts.updated, counts.skipped) == (2, 2, 0, 0)
    product = Product.objects.select_related("category").get(origin_product_no=1)
    stored = {name: getattr(product, name) for name in row.__struct_fields__ if name != "category"}
    given = {name: getattr(row, name) for name in row.__struct_fields__ if name != "category"}
    assert stored == given
    assert (product.category.source_id, product.category.path) == ("50000001", "디지털/가전>생활가전>청소기")


def test_unchanged_rows_cause_one_read_and_no_write() -> None:
    store, rows = make_store(), [make_product_row(n) for n in range(1, 51)]
    upsert(store, *rows)
    with count_queries() as counted:
        counts = upsert(store, *rows)
    assert (counts.skipped, counts.created, counts.updated) == (50, 0, 0)
    assert (counted.queries, counted.rows_written) == (1, 0)
    assert CatalogueRevision.objects.count() == 1


def test_a_changed_row_gets_the_next_revision_and_others_keep_theirs() -> None:
    store = make_store()
    upsert(store, make_product_row(1), make_product_row(2))
    counts = upsert(store, make_product_row(1), make_product_row(2, stock=3))
    assert (counts.updated, counts.skipped) == (1, 1)
    assert dict(Product.objects.values_list("origin_product_no", "revision")) == {1: 1, 2: 2}


@pytest.mark.parametrize(
    ("change", "observations"),
    [
        ({"price": 139_000}, 2),
        ({"discounted_price": 89_000}, 2),
        ({"benefits": {"purchase_point": 1}}, 2),
        ({"stock": 1}, 1),
    ],
    ids=["price", "discounted price", "benefit", "stock only"],
)
def test_price_history_grows_only_when_price_or_benefit_moved(change: dict[str, object], observations: int) -> None:
    store = make_store()
    upsert(store, make_product_row(1))
    upsert(store, make_product_row(1, **change))
    history = PriceObservation.objects.filter(product__origin_product_no=1).order_by("revision")
    assert history.count() == observations
    newest = history.last()
    product = Product.objects.get()
    assert newest is not None
    assert (newest.price, newest.discounted_price, newest.benefits) == (
        product.price,
        product.discounted_price,
        product.benefits,
    )


def test_an_older_row_never_overwrites_a_newer_one() -> None:
    store = make_store()
    upsert(store, make_product_row(1, name="새 이름", source_modified_at=EPOCH + timedelta(hours=1)))
    counts = upsert(store, make_product_row(1, name="옛 이름"))
    assert counts.stale == 1
    assert Product.objects.get().name == "새 이름"


def test_what_was_known_before_the_store_was_asked_gives_way_whatever_its_date() -> None:
    store = make_store()
    upsert(store, make_product_row(1, price=200_000, source_modified_at=EPOCH + timedelta(hours=1)))
    counts = upsert(store, make_product_row(1), asked_at_revision=latest_revision())
    assert (counts.updated, counts.stale) == (1, 0)
    product = Product.objects.get()
    assert (product.price, product.source_modified_at) == (129_000, EPOCH)
    assert list(PriceObservation.objects.order_by("revision").values_list("price", flat=True)) == [200_000, 129_000]


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_of_two_writers_that_asked_at_the_same_time_the_later_modified_wins(order: tuple[int, int]) -> None:
    store = make_store()
    upsert(store, make_product_row(1, name="처음", source_modified_at=EPOCH + timedelta(hours=9)))
    asked = latest_revision()
    rows = [make_product_row(1, name=f"{n}", source_modified_at=EPOCH + timedelta(hours=n)) for n in range(2)]
    counts = [upsert(store, rows[index], asked_at_revision=asked) for index in order]
    assert Product.objects.get().name == "1"
    assert [count.left_out for count in counts] == [(), () if order == (0, 1) else (1,)]


def test_of_one_product_twice_in_a_batch_the_later_modified_counts() -> None:
    later = make_product_row(1, name="나중", source_modified_at=EPOCH + timedelta(minutes=1))
    counts = upsert(make_store(), later, make_product_row(1, name="먼저"))
    assert (counts.seen, counts.created) == (2, 1)
    assert Product.objects.get().name == "나중"


@pytest.mark.parametrize(
    "change", [{"price": 0}, {"price": 1_000_000_000}, {"stock": -1}, {"discounted_price": 130_000}]
)
def test_a_row_that_breaks_a_constraint_leaves_nothing_half_written(change: dict[str, int]) -> None:
    store = make_store()
    with pytest.raises(IntegrityError):
        upsert(store, make_product_row(1), make_product_row(2, **change))
    assert Product.objects.count() == PriceObservation.objects.count() == CatalogueRevision.objects.count() == 0


@pytest.mark.parametrize("field", ["price", "stock"])
def test_a_number_that_the_column_cannot_hold_is_refused_and_not_cut_off(field: str) -> None:
    store = make_store()
    upsert(store, make_product_row(1))
    too_large = {"price": 2**32 + 150_000, "stock": 2**32 + 7}[field]  # the lower half alone would pass
    with pytest.raises((DataError, IntegrityError)):
        upsert(store, make_product_row(1, **{field: too_large}), make_product_row(2, **{field: too_large}))
    assert list(Product.objects.values_list("price", "stock")) == [(129_000, 12)]


def test_two_products_of_a_batch_with_one_sku_are_refused_whichever_had_it() -> None:
    store = make_store()
    upsert(store, make_product_row(1, sku="A"))
    with pytest.raises(IntegrityError):
        upsert(store, make_product_row(1, sku="A", price=140_000), make_product_row(2, sku="A"))
    assert list(Product.objects.values_list("origin_product_no", "sku", "price")) == [(1, "A", 129_000)]


def test_what_another_writer_has_brought_meanwhile_is_not_written_again() -> None:
    store, row = make_store(), make_product_row(1)
    compared = compare_rows([row], store_id=store.pk, asked_at_revision=0)
    upsert(store, row)
    with transaction.atomic(), count_queries() as counted:
        written = write_products(compared, store_id=store.pk, revision=revision_of(store), asked_at_revision=0)
    assert (written.rows, written.left_out) == ([], ())
    assert counted.rows_written == 0


def test_of_two_prices_in_one_run_the_history_keeps_the_last() -> None:
    store = make_store()
    for price in (129_000, 139_000, 149_000):
        row = make_product_row(1, price=price)
        upsert_products(store_id=store.pk, rows=[row], revision=lambda: 5, observed_at=EPOCH)
    assert list(PriceObservation.objects.values_list("revision", "price")) == [(5, 149_000)]


def test_a_deleted_product_leaves_its_sku_to_the_next() -> None:
    store = make_store()
    upsert(store, make_product_row(1, sku="A", seller_code="A"))
    mark_deleted(store_id=store.pk, origin_product_nos=[1], revision=revision_of(store))
    upsert(store, make_product_row(2, sku="A", seller_code="A"))
    assert dict(Product.objects.values_list("origin_product_no", "sku")) == {1: "A", 2: "A"}
    upsert(store, make_product_row(1, sku="A", seller_code="A"))  # the store has brought it back
    assert dict(Product.objects.values_list("origin_product_no", "sku")) == {1: "A", 2: "2"}


def test_the_editors_priority_survives_an_update() -> None:
    store = make_store()
    upsert(store, make_product_row(1))
    Product.objects.update(priority=70, version=3)
    upsert(store, make_product_row(1, name="바뀐 이름"))
    product = Product.objects.get()
    assert (product.name, product.priority, product.version) == ("바뀐 이름", 70, 3)


def test_several_batches_may_share_a_transaction() -> None:
    store = make_store()
    with transaction.atomic():
        upsert(store, make_product_row(1))
        counts = upsert(store, make_product_row(1, price=150_000))
    assert counts.updated == 1
    assert Product.objects.get().price == 150_000


def test_codes_may_change_hands_in_one_batch() -> None:
    store = make_store()
    upsert(store, make_product_row(1, sku="A", seller_code="A"), make_product_row(2, sku="B", seller_code="B"))
    upsert(store, make_product_row(1, sku="B", seller_code="B"), make_product_row(2, sku="A", seller_code="A"))
    assert dict(Product.objects.values_list("origin_product_no", "sku")) == {1: "B", 2: "A"}


def test_a_code_that_becomes_shared_is_a_finding_and_serves_nobody() -> None:
    store = make_store()
    upsert(store, make_product_row(1, sku="A", seller_code="A"))
    upsert(store, make_product_row(2, sku="2", seller_code="A"))
    assert resolve_skus(store_id=store.pk, revision=revision_of(store)) == 1
    assert dict(Product.objects.values_list("origin_product_no", "sku")) == {1: "1", 2: "2"}
    assert record_findings(store_id=store.pk) == 1
    mark_deleted(store_id=store.pk, origin_product_nos=[2], revision=revision_of(store))
    assert resolve_skus(store_id=store.pk, revision=revision_of(store)) == 1
    assert Product.objects.get(origin_product_no=1).sku == "A"
    assert record_findings(store_id=store.pk) == 0


def test_resolving_skus_again_changes_nothing() -> None:
    store = make_store()
    upsert(store, *(make_product_row(n) for n in range(1, 6)))
    with count_queries() as counted:
        assert resolve_skus(store_id=store.pk, revision=revision_of(store)) == 0
    assert counted.rows_written == 0


def test_a_category_that_was_renamed_is_renamed_once() -> None:
    store = make_store()
    upsert(store, make_product_row(1))
    renamed = CategoryRef("50000001", "무선청소기", "디지털/가전>생활가전>무선청소기")
    upsert(store, make_product_row(2, category=renamed))
    assert Product.objects.get(origin_product_no=1).category.name == "무선청소기"


def read_word_index() -> set[SearchRow]:
    columns = ("product_id", "text", "store_id", "category_id", "status")
    return {SearchRow(*row) for row in ProductSearch.objects.values_list(*columns)}


def test_words_find_a_product_as_it_is_now() -> None:
    store = make_store()
    upsert(store, make_product_row(1, name="온담 전기포트"), make_product_row(2, name="온담 다리미"))
    renamed = make_product_row(1, name="새봄 주전자", status="SUSPENSION", source_modified_at=EPOCH + timedelta(days=1))
    upsert(store, renamed)
    assert search_products(Product.objects.all(), "전기포트").count() == 0
    assert search_products(Product.objects.all(), "새봄주전자").get().status == "SUSPENSION"
    mark_deleted(store_id=store.pk, origin_product_nos=[2], revision=revision_of(store))
    assert search_products(Product.objects.all(), "다리미", within={"status": "DELETE"}).count() == 1
    assert read_word_index() == set(read_search_rows(Product.objects.values_list("pk", flat=True)))


def test_the_history_tells_what_the_store_changed_besides_the_price() -> None:
    store = make_store()
    upsert(store, make_product_row(1), make_product_row(2))
    upsert(store, make_product_row(1, status="OUTOFSTOCK", name="새 이름"), make_product_row(2, stock=5))
    mark_deleted(store_id=store.pk, origin_product_nos=[1], revision=revision_of(store))
    first, second = Product.objects.order_by("origin_product_no")
    told = [(row.who, row.what) for row in list_changes(first)]
    name = make_product_row(1).name
    assert told == [
        ("스토어 동기화", "상태 품절 → 삭제"),
        ("스토어 동기화", f"상태 판매 중 → 품절, 상품명 {name} → 새 이름"),
        ("스토어 동기화", "첫 가격 99,000원"),
    ]
    assert len(list_changes(second)) == 1
