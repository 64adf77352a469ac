"""What a run marks as deleted, and what it takes more than a list to believe."""

import json
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from products.catalog.models import CatalogueScan, Product
from products.storesync.client import StoreClient
from products.storesync.decoding import ListPage
from products.storesync.errors import ServerFaultError
from products.storesync.models import SyncFailure, SyncItem, SyncRun
from products.storesync.retries import RetryRules
from products.storesync.services import start_run, sync_store
from products.storesync.simulator.process import SimulatorProcess
from tests.products.storesync.conftest import STORE_CODE, Sync, assert_equal_to_store

DETAIL = "/v2/products/origin-products/{originProductNo}"


def test_a_deleted_product_is_marked_once_the_store_confirms_it(sync: Sync, store: SimulatorProcess) -> None:
    sync()
    gone = sorted(store.catalogue())[:3]
    store.mutate(delete=gone)
    store.reset_counters()
    facts = sync()
    assert (facts.deleted, facts.is_complete, facts.planned) == (3, True, 0)
    assert sorted(map(int, store.counters()["details"])) == [], "a 404 carries no detail"
    assert store.counters()["statuses_by_route"][DETAIL] == {"404": 3}
    rows = Product.objects.filter(origin_product_no__in=gone)
    assert set(rows.values_list("status", "revision")) == {("DELETE", facts.revision)}
    assert_equal_to_store(store)
    assert sync().deleted == 0


def test_a_product_that_comes_back_is_read_anew(sync: Sync, store: SimulatorProcess, small_catalogue: Any) -> None:
    sync()
    number = sorted(store.catalogue())[0]
    row = next(
        line
        for line in map(_parse, small_catalogue.read_text("utf-8").splitlines())
        if line["originProductNo"] == number
    )
    store.mutate(delete=[number])
    sync()
    store.mutate(add=[row])
    assert sync().updated == 1
    assert_equal_to_store(store)


def _parse(line: str) -> dict[str, Any]:
    row: dict[str, Any] = json.loads(line)
    return row


def test_a_list_that_shrank_too_much_deletes_nothing(sync: Sync, store: SimulatorProcess) -> None:
    sync()
    gone = sorted(store.catalogue())[:13]
    store.mutate(delete=gone)
    store.reset_counters()
    facts = sync()
    assert (facts.deleted, facts.status) == (0, "done")
    assert "13개가 목록에서 한꺼번에 사라져 삭제하지 않았습니다" in facts.error
    assert DETAIL not in store.counters()["requests"]
    kept = Product.objects.filter(origin_product_no__in=gone)
    assert not kept.filter(status="DELETE").exists()
    reasons = CatalogueScan.objects.latest("pk").exceptions.values_list("product__origin_product_no", "reason")
    assert sorted(reasons) == [(number, "missing") for number in gone]


@pytest.mark.parametrize(("sold", "gone"), [(3, 1), (3, 2), (8, 5)])
def test_a_small_store_loses_what_it_deletes(db: None, small_catalogue: Path, sold: int, gone: int) -> None:
    with SimulatorProcess(small_catalogue, products=sold) as store:
        sync_store(run_id=start_run(store_code=STORE_CODE, api_url=store.url))
        deleted = sorted(store.catalogue())[:gone]
        store.mutate(delete=deleted)
        facts = sync_store(run_id=start_run(store_code=STORE_CODE, api_url=store.url))
    assert (facts.deleted, facts.error) == (gone, "")
    marked = Product.objects.filter(status="DELETE").values_list("origin_product_no", flat=True)
    assert sorted(marked) == deleted


def test_an_empty_list_deletes_nothing_however_small_the_store(db: None, small_catalogue: Path) -> None:
    with SimulatorProcess(small_catalogue, products=3) as store:
        sync_store(run_id=start_run(store_code=STORE_CODE, api_url=store.url))
        store.mutate(delete=sorted(store.catalogue()))
        store.reset_counters()
        facts = sync_store(run_id=start_run(store_code=STORE_CODE, api_url=store.url))
        assert DETAIL not in store.counters()["requests"]
    assert (facts.listed, facts.status, facts.deleted) == (0, "done", 0)
    assert "목록이 비어 있어 상품 3개를 삭제하지 않았습니다" in facts.error
    assert not Product.objects.filter(status="DELETE").exists()
    assert CatalogueScan.objects.latest("pk").exceptions.filter(reason="missing").count() == 3


def test_a_small_store_s_list_that_is_only_short_deletes_nothing(
    sync: Sync, store: SimulatorProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    sync()
    fetch = StoreClient.fetch_page

    def fetch_short(client: StoreClient, **options: Any) -> ListPage:
        page = fetch(client, **options)
        return replace(page, summaries=page.summaries[:-3], total_elements=page.total_elements - 3)

    monkeypatch.setattr(StoreClient, "fetch_page", fetch_short)
    facts = sync()
    assert (facts.status, facts.deleted, facts.is_complete) == ("done", 0, True)
    assert CatalogueScan.objects.latest("pk").exceptions.filter(reason="missing").count() == 3


def test_six_of_eight_missing_are_not_believed(db: None, small_catalogue: Path) -> None:
    with SimulatorProcess(small_catalogue, products=8) as store:
        sync_store(run_id=start_run(store_code=STORE_CODE, api_url=store.url))
        store.mutate(delete=sorted(store.catalogue())[:6])
        facts = sync_store(run_id=start_run(store_code=STORE_CODE, api_url=store.url))
    assert facts.deleted == 0
    assert "6개가 목록에서 한꺼번에 사라져" in facts.error


def test_a_missing_product_that_is_still_there_is_only_unconfirmed(sync: Sync, store: SimulatorProcess) -> None:
    sync()
    number = sorted(store.catalogue())[0]
    row = store.catalogue()[number]
    store.mutate(delete=[number])
    store.faults("status", route="detail", originProductNo=number, status=500, code="INTERNAL_SERVER_ERROR")
    facts = sync()
    assert (facts.deleted, facts.is_complete) == (0, True)
    product = Product.objects.get(origin_product_no=number)
    assert product.status == row["list"]["channelProducts"][0]["statusType"]
    assert list(CatalogueScan.objects.latest("pk").exceptions.values_list("product", "reason")) == [
        (product.pk, "missing")
    ]


def test_a_product_that_list_and_detail_call_deleted_is_marked_and_asked_for_once(
    sync: Sync, store: SimulatorProcess
) -> None:
    sync()
    number = sorted(store.catalogue())[0]
    store.mutate([{"originProductNo": number, "set": {"statusType": "DELETE"}}])
    store.faults("status", route="detail", originProductNo=number, status=404, code="NOT_FOUND")
    facts = sync()
    assert (facts.planned, facts.fetched, facts.deleted, facts.refused) == (1, 1, 1, 0)
    assert Product.objects.get(origin_product_no=number).status == "DELETE"
    assert not SyncFailure.objects.exists()
    assert sync().planned == 0
    store.clear_faults()
    store.mutate([{"originProductNo": number, "set": {"statusType": "SALE"}}])
    assert sync().updated == 1
    assert_equal_to_store(store)


def test_a_store_that_fails_while_deletions_are_confirmed_is_asked_for_the_rest_later(
    sync: Sync, store: SimulatorProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    quick = RetryRules(attempts=1)
    monkeypatch.setattr("products.storesync.client.RetryRules", lambda: quick)
    sync()
    gone = sorted(store.catalogue())[:12]
    store.mutate(delete=gone)
    store.faults("status", route="detail", after=3, status=500, code="INTERNAL_SERVER_ERROR")
    store.reset_counters()
    with pytest.raises(ServerFaultError):
        sync(workers=1)
    assert SyncRun.objects.latest("pk").status == "parked"
    assert not Product.objects.filter(status="DELETE").exists()
    answered = SyncItem.objects.filter(state="done")
    assert sorted(answered.values_list("origin_product_no", flat=True)) == gone[:3]
    store.clear_faults()
    store.reset_counters()
    facts = sync()
    assert (facts.status, facts.deleted) == ("done", 12)
    assert store.counters()["statuses_by_route"][DETAIL] == {"404": 9}


def test_products_of_which_the_store_never_says_that_they_are_gone_hold_up_no_run(
    sync: Sync, store: SimulatorProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    quick = RetryRules(attempts=1)
    monkeypatch.setattr("products.storesync.client.RetryRules", lambda: quick)
    sync()
    gone = sorted(store.catalogue())[:7]
    store.mutate(delete=gone)
    for number in gone[:5]:
        store.faults("status", route="detail", originProductNo=number, status=500, code="INTERNAL_SERVER_ERROR")
    with pytest.raises(ServerFaultError):
        sync(workers=1)
    assert sync(workers=1).deleted == 2
    assert CatalogueScan.objects.latest("pk").exceptions.filter(reason="missing").count() == 5
