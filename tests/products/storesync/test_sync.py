"""Whole runs against the simulated store: what is stored, what is asked, what is left alone."""

from datetime import UTC, datetime
from typing import Any

import pytest

from perfhooks.recorder import Recorder
from perfhooks.trace import bind_trace
from products.catalog.models import CatalogueFinding, CatalogueRevision, CatalogueScan, PriceObservation, Product
from products.catalog.selectors import price_check_times
from products.storesync.client import StoreClient
from products.storesync.models import SyncFailure, SyncItem, SyncPage, SyncRun
from products.storesync.services import start_run, sync_store
from products.storesync.simulator.process import SimulatorProcess
from products.storesync.tasks import sync_store_task
from tests.products.factories import make_product_row, upsert
from tests.products.storesync.conftest import STORE_CODE, Sync, assert_equal_to_store, find_store
from tests.support.equality import expect_products, list_compared_columns

LATER = datetime(2030, 1, 1, tzinfo=UTC)
DETAIL = "/v2/products/origin-products/{originProductNo}"


def read_stamps() -> dict[int, tuple[int, datetime]]:
    rows = Product.objects.values_list("origin_product_no", "revision", "updated_at")
    return {number: (revision, updated_at) for number, revision, updated_at in rows}


def test_a_first_run_stores_every_field_of_every_product(sync: Sync, store: SimulatorProcess) -> None:
    facts = sync()
    assert (facts.status, facts.is_complete, facts.error) == ("done", True, "")
    assert (facts.listed, facts.planned, facts.fetched, facts.created) == (63, 63, 63, 63)
    assert (facts.updated, facts.skipped, facts.refused, facts.deleted) == (0, 0, 0, 0)
    assert_equal_to_store(store)
    assert store.counters()["requests"] == {"/v1/oauth2/token": 1, "/v1/products/search": 1, DETAIL: 63}
    assert facts.calls == 65
    assert set(Product.objects.values_list("revision", flat=True)) == {facts.revision} == {1}
    assert PriceObservation.objects.count() == 63
    assert (SyncPage.objects.count(), SyncItem.objects.count()) == (0, 0)


def test_the_comparison_looks_at_every_column_that_comes_from_the_store(store: SimulatorProcess) -> None:
    names = {
        name.split("__")[0].removesuffix("_id")
        for _number, values in expect_products(store.catalogue())
        for name in values
    }
    assert names == list_compared_columns()


def test_a_second_run_asks_for_no_detail_and_writes_no_product(sync: Sync, store: SimulatorProcess) -> None:
    sync()
    before = read_stamps()
    store.reset_counters()
    facts = sync()
    assert store.counters()["requests"] == {"/v1/oauth2/token": 1, "/v1/products/search": 1}
    assert (facts.planned, facts.fetched, facts.skipped, facts.revision) == (0, 0, 63, None)
    assert read_stamps() == before
    assert PriceObservation.objects.count() == 63
    assert CatalogueRevision.objects.count() == 1


def test_exactly_the_changed_products_are_asked_for_and_written(sync: Sync, store: SimulatorProcess) -> None:
    sync()
    before = read_stamps()
    changed = store.change_random(37, seed=7, fields=["salePrice", "description"])
    store.reset_counters()
    facts = sync()
    asked = {int(number): times for number, times in store.counters()["details"].items()}
    assert asked == dict.fromkeys(changed, 1)
    assert (facts.planned, facts.fetched, facts.updated, facts.skipped) == (37, 37, 37, 26)
    after = read_stamps()
    assert sorted(number for number, stamp in after.items() if stamp != before[number]) == changed
    assert {after[number][0] for number in changed} == {facts.revision}
    assert_equal_to_store(store)


@pytest.mark.parametrize("field", ["stockQuantity", "statusType", "name"])
def test_a_change_without_a_new_date_is_found_by_the_fingerprint(
    sync: Sync, store: SimulatorProcess, field: str
) -> None:
    sync()
    store.mutate(random={"count": 5, "seed": 2, "fields": [field]}, touch=False)
    assert sync().updated == 5
    assert_equal_to_store(store)


ROLLED_BACK = "2020-01-01T00:00:00.000+09:00"


def test_a_product_that_the_store_rolled_back_is_stored(sync: Sync, store: SimulatorProcess) -> None:
    sync()
    number = sorted(store.catalogue())[0]
    values = {"salePrice": 7_000, "discountedPrice": 6_900, "modifiedDate": ROLLED_BACK}
    store.mutate([{"originProductNo": number, "set": values}])
    facts = sync()
    assert (facts.updated, facts.stale) == (1, 0)
    assert Product.objects.get(origin_product_no=number).discounted_price == 6_900
    assert_equal_to_store(store)
    assert sync().planned == 0


def test_a_price_that_was_left_out_is_not_confirmed(
    sync: Sync, store: SimulatorProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    sync()
    number = sorted(store.catalogue())[0]
    fetch = StoreClient.fetch_page

    def write_beside(client: StoreClient, **options: Any) -> Any:
        page = fetch(client, **options)
        upsert(find_store(), make_product_row(number, price=5_000, discounted_price=5_000, source_modified_at=LATER))
        return page

    store.mutate([{"originProductNo": number, "set": {"salePrice": 7_000, "discountedPrice": 6_900}}])
    with monkeypatch.context() as patch:
        patch.setattr(StoreClient, "fetch_page", write_beside)
        facts = sync()
    assert (facts.status, facts.stale, facts.skipped, facts.updated) == ("done", 1, 62, 0)
    product = Product.objects.get(origin_product_no=number)
    assert product.price == 5_000
    exceptions = CatalogueScan.objects.latest("pk").exceptions
    assert list(exceptions.values_list("product__origin_product_no", flat=True)) == [number]
    assert sync().updated == 1, "the next run has asked later"
    assert_equal_to_store(store)


def test_an_unchanged_product_has_a_fresh_price_check(sync: Sync, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1795305600")
    sync()
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1795392000")
    sync()
    ids = list(Product.objects.values_list("pk", flat=True))
    assert {when.timestamp() for when in price_check_times(ids).values() if when} == {1795392000}
    assert {row.observed_at.timestamp() for row in PriceObservation.objects.all()} == {1795305600}


def test_small_pages_make_the_same_ledger(sync: Sync, store: SimulatorProcess) -> None:
    assert sync(page_size=10, workers=8).listed == 63
    assert store.counters()["requests"]["/v1/products/search"] == 7
    assert_equal_to_store(store)


def test_a_repeated_code_is_a_finding_and_the_numbers_are_the_skus(sync: Sync, store: SimulatorProcess) -> None:
    sync()
    first, second, third = sorted(store.catalogue())[:3]
    taken = Product.objects.get(origin_product_no=first).seller_code
    store.mutate([{"originProductNo": second, "set": {"sellerManagementCode": taken}}])
    sync()
    assert_equal_to_store(store)
    skus = dict(Product.objects.filter(origin_product_no__in=[first, second]).values_list("origin_product_no", "sku"))
    assert skus == {first: str(first), second: str(second)}
    finding = CatalogueFinding.objects.get()
    assert (finding.key, finding.detail) == (taken, {"origin_product_nos": [first, second]})

    store.mutate(
        [
            {"originProductNo": second, "set": {"sellerManagementCode": "OTHER"}},
            {"originProductNo": third, "set": {"sellerManagementCode": ""}},
        ]
    )
    sync()
    assert_equal_to_store(store)
    assert Product.objects.get(origin_product_no=first).sku == taken
    assert not CatalogueFinding.objects.exists()


def test_codes_that_change_hands_in_one_run(sync: Sync, store: SimulatorProcess) -> None:
    sync()
    first, second = sorted(store.catalogue())[:2]
    codes = dict(
        Product.objects.filter(origin_product_no__in=[first, second]).values_list("origin_product_no", "seller_code")
    )
    store.mutate(
        [
            {"originProductNo": first, "set": {"sellerManagementCode": codes[second]}},
            {"originProductNo": second, "set": {"sellerManagementCode": codes[first]}},
        ]
    )
    sync()
    assert_equal_to_store(store)


class Mover:
    """Moves the store between two of its pages, a number of times."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, store: SimulatorProcess, times: int) -> None:
        self.store, self.left, self.next_number = store, times, 1
        self._fetch = StoreClient.fetch_page
        mover = self

        def fetch_page(client: StoreClient, *, page: int, size: int) -> Any:
            if page == 2 and mover.left:
                mover.move()
            return mover._fetch(client, page=page, size=size)

        monkeypatch.setattr(StoreClient, "fetch_page", fetch_page)

    def move(self) -> None:
        """Add a product that pushes all others down the list."""
        self.left -= 1
        number = 99_000_000_000 + self.next_number
        self.next_number += 1
        self.store.mutate(add=[{"originProductNo": number, "name": f"새 상품 {number}", "salePrice": 10_000}])


def test_a_list_that_moved_while_it_was_read_is_read_again(
    sync: Sync, store: SimulatorProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    Mover(monkeypatch, store, times=1)
    facts = sync(page_size=25)
    assert SyncRun.objects.get().rescans == 1
    assert (facts.is_complete, facts.listed, facts.created) == (True, 64, 64)
    assert_equal_to_store(store)


def test_a_list_that_keeps_moving_stores_products_but_confirms_and_deletes_nothing(
    sync: Sync, store: SimulatorProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    sync()
    first_scan = CatalogueScan.objects.get().pk
    gone = sorted(store.catalogue())[0]
    store.mutate(delete=[gone])
    Mover(monkeypatch, store, times=5)
    facts = sync(page_size=25)
    assert (facts.status, facts.is_complete, facts.deleted) == ("done", False, 0)
    assert "두 번 읽어도 맞지 않았습니다" in facts.error
    assert Product.objects.filter(origin_product_no=99_000_000_001).exists()
    assert not Product.objects.filter(status="DELETE").exists()
    assert list(CatalogueScan.objects.filter(is_complete=True).values_list("pk", flat=True)) == [first_scan]


def test_an_empty_store_is_no_trouble(db: None, tmp_path: Any, small_catalogue: Any) -> None:
    with SimulatorProcess(small_catalogue, products=1) as store:
        store.mutate(delete=list(store.catalogue()))
        facts = sync_store(run_id=start_run(store_code=STORE_CODE, api_url=store.url))
    assert (facts.status, facts.listed, facts.created) == ("done", 0, 0)


def test_a_throttled_store_is_read_without_a_429(db: None, small_catalogue: Any) -> None:
    with SimulatorProcess(small_catalogue, rate=40) as store:
        facts = sync_store(run_id=start_run(store_code=STORE_CODE, api_url=store.url), workers=8)
        assert store.counters()["rate_limited"] == 0
        assert_equal_to_store(store)
    assert facts.rate_limited == 0
    assert facts.status == "done"


def test_a_congested_store_is_read_all_the_same(sync: Sync, store: SimulatorProcess) -> None:
    store.faults("congestion_429", every=20)
    facts = sync(workers=8)
    assert facts.rate_limited >= 3
    assert (facts.status, facts.created, facts.retries) == ("done", 63, 0)
    assert_equal_to_store(store)


def test_a_token_that_dies_in_the_middle_is_replaced(sync: Sync, store: SimulatorProcess) -> None:
    facts = sync(progress=lambda _done, _planned: store.expire_token(), page_size=20)
    store.change_random(10)
    store.expire_token()
    assert (facts.status, sync().updated) == ("done", 10)


def test_one_trace_id_from_the_run_to_the_store(sync: Sync, store: SimulatorProcess) -> None:
    with bind_trace("trace-from-the-editor"):
        facts = sync(workers=4)
    assert facts.trace_id == "trace-from-the-editor"
    assert store.counters()["trace_ids"] == ["trace-from-the-editor"]
    assert set(PriceObservation.objects.values_list("trace_id", flat=True)) == {"trace-from-the-editor"}
    assert CatalogueRevision.objects.get().trace_id == "trace-from-the-editor"


def test_the_stages_are_measured(sync: Sync, store: SimulatorProcess) -> None:
    with Recorder() as recorder:
        sync()
    counted = {stage.name: stage.count for stage in recorder.summary()}
    assert counted["detail_fetch_seconds"] == 63
    assert (counted["token_fetch_seconds"], counted["list_fetch_seconds"], counted["sync_total_seconds"]) == (1, 1, 1)
    assert recorder.gauges()["changed_sku_ratio"] == 1.0


def test_an_ended_run_is_left_as_it_is(sync: Sync, store: SimulatorProcess) -> None:
    done = sync()
    store.reset_counters()
    again = sync_store(run_id=done.run_id)
    assert again == done
    assert sync_store_task(done.run_id) == {"run_id": done.run_id, "status": "done", "fetched": 63}
    assert store.counters()["requests"] == {}


def test_progress_counts_up_to_what_is_planned(sync: Sync) -> None:
    seen: list[tuple[int, int]] = []
    facts = sync(progress=lambda done, planned: seen.append((done, planned)))
    assert seen[-1] == (63, 63) == (facts.fetched, facts.planned)
    assert seen == sorted(seen)


def test_no_failure_is_open_after_a_clean_run(sync: Sync) -> None:
    sync()
    assert not SyncFailure.objects.exists()


def test_a_code_that_is_the_number_of_a_product_that_the_list_left_out_is_no_sku(
    sync: Sync, store: SimulatorProcess
) -> None:
    left_out, other = sorted(store.catalogue())[:2]
    store.mutate([{"originProductNo": left_out, "set": {"sellerManagementCode": ""}}])
    sync()
    store.mutate([{"originProductNo": other, "set": {"sellerManagementCode": str(left_out)}}])
    store.faults("short_page", route="list", count=1)
    assert (sync().status, Product.objects.get(origin_product_no=other).sku) == ("done", str(other))
    assert Product.objects.get(origin_product_no=left_out).sku == str(left_out)
