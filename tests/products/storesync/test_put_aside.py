"""Products that cannot be kept: each is put aside with its reason, and the rest of the run is whole."""

import itertools
import json
from typing import Any

import httpx
import pytest

from products.catalog.models import CatalogueScan, Product
from products.storesync.failures import RESTS_AFTER_ATTEMPTS, request_retry
from products.storesync.models import SyncFailure
from products.storesync.simulator.process import SimulatorProcess
from tests.products.storesync.conftest import Sync, assert_equal_to_store

pytestmark = pytest.mark.usefixtures("quick_retries")


def some_numbers(store: SimulatorProcess, count: int) -> list[int]:
    return list(itertools.islice(sorted(store.catalogue()), count))


@pytest.mark.parametrize(
    ("change", "field", "words"),
    [
        ({"unset": ["salePrice"]}, "salePrice", "판매가가 없습니다"),
        ({"set": {"salePrice": None}}, "salePrice", "판매가가 없습니다"),
        ({"set": {"salePrice": 0}}, "salePrice", "0원은"),
        ({"set": {"salePrice": 1_000_000_000}}, "salePrice", "1,000,000,000원은"),
        ({"set": {"salePrice": "비쌈"}}, "channelProducts[0].salePrice", "형식이 다릅니다"),
        ({"set": {"stockQuantity": -1}}, "stockQuantity", "-1개는"),
        ({"set": {"name": ""}}, "name", "상품명이 비어"),
    ],
)
def test_a_product_that_cannot_be_kept(
    sync: Sync, store: SimulatorProcess, change: dict[str, Any], field: str, words: str
) -> None:
    number, other = some_numbers(store, 2)
    sync()
    before = Product.objects.values().get(origin_product_no=number)
    store.mutate([{"originProductNo": number, **change}, {"originProductNo": other, "set": {"name": "새 이름"}}])
    facts = sync()
    assert (facts.status, facts.refused, facts.updated, facts.is_complete) == ("done", 1, 1, True)
    failure = SyncFailure.objects.get()
    assert (failure.origin_product_no, failure.field, failure.run_id) == (number, field, facts.run_id)
    assert words in failure.message
    assert failure.body
    assert failure.trace_id == facts.trace_id
    assert Product.objects.values().get(origin_product_no=number) == before, "what was known stays as it was"
    scan = CatalogueScan.objects.latest("pk")
    assert list(scan.exceptions.values_list("product__origin_product_no", "reason")) == [(number, "refused")]
    assert_equal_to_store(store, number)


def test_a_refused_product_is_stored_once_it_is_mended(sync: Sync, store: SimulatorProcess) -> None:
    (number,) = some_numbers(store, 1)
    store.mutate([{"originProductNo": number, "set": {"salePrice": 0}}])
    assert sync().created == 62
    assert sync().refused == 1
    failure = SyncFailure.objects.get()
    assert (failure.attempts, failure.resolved_at) == (2, None)
    store.mutate([{"originProductNo": number, "set": {"salePrice": 1_000, "discountedPrice": 900}}])
    assert sync().created == 1
    failure.refresh_from_db()
    assert failure.resolved_at is not None
    assert_equal_to_store(store)


@pytest.mark.parametrize("scenario", ["broken_json", "html_200", "empty_body", "reset"])
def test_a_detail_that_stays_broken(sync: Sync, store: SimulatorProcess, scenario: str) -> None:
    (number,) = some_numbers(store, 1)
    store.faults(scenario, route="detail", originProductNo=number)
    facts = sync()
    assert (facts.status, facts.created, facts.refused, facts.is_complete) == ("done", 62, 1, True)
    failure = SyncFailure.objects.get()
    assert failure.origin_product_no == number
    assert "상품 상세" in failure.message
    assert "조치" in failure.message
    assert_equal_to_store(store, number)
    store.clear_faults()
    assert sync().created == 1
    assert_equal_to_store(store)


def test_a_detail_that_hangs_is_put_aside(sync: Sync, store: SimulatorProcess, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("products.storesync.client.TIMEOUT", httpx.Timeout(0.25))
    (number,) = some_numbers(store, 1)
    store.faults("hang", route="detail", originProductNo=number, seconds=1)
    facts = sync()
    assert (facts.created, facts.refused, facts.retries) == (62, 1, 3)
    assert "응답이 너무 늦습니다" in SyncFailure.objects.get().message


def test_a_detail_without_a_required_field_is_not_asked_for_again_and_again(
    sync: Sync, store: SimulatorProcess
) -> None:
    (number,) = some_numbers(store, 1)
    store.faults("drop_field", route="detail", originProductNo=number, field="statusType")
    sync()
    failure = SyncFailure.objects.get()
    assert (failure.field, failure.attempts) == ("originProduct.statusType", 1)
    assert json.loads(failure.body)["originProduct"]["name"]
    assert failure.server_trace_id.startswith("sim-")
    assert store.counters()["details"][str(number)] == 1


def test_a_hopeless_product_rests_until_somebody_asks_or_it_changes(sync: Sync, store: SimulatorProcess) -> None:
    (number,) = some_numbers(store, 1)
    store.faults("drop_field", route="detail", originProductNo=number, field="statusType")
    for _run in range(RESTS_AFTER_ATTEMPTS):
        assert sync().fetched >= 1
    facts = sync()
    assert (facts.fetched, facts.refused) == (0, 1), "five tries are enough"
    failure = SyncFailure.objects.get()
    assert request_retry(failure_ids=[failure.pk]) == 1
    assert sync().fetched == 1
    failure.refresh_from_db()
    assert (failure.attempts, failure.is_retry_wanted) == (RESTS_AFTER_ATTEMPTS + 1, False)
    assert sync().fetched == 0
    store.mutate([{"originProductNo": number, "set": {"name": "고친 이름"}}])
    store.clear_faults()
    assert (sync().created, SyncFailure.objects.filter(resolved_at=None).count()) == (1, 0)


def test_a_failed_product_that_leaves_the_store_is_no_failure_any_more(sync: Sync, store: SimulatorProcess) -> None:
    (number,) = some_numbers(store, 1)
    store.mutate([{"originProductNo": number, "set": {"salePrice": 0}}])
    sync()
    store.mutate(delete=[number])
    sync()
    assert not SyncFailure.objects.filter(resolved_at=None).exists()


def test_a_product_that_the_list_has_and_the_detail_lacks_is_a_failure_until_it_leaves_the_list(
    sync: Sync, store: SimulatorProcess
) -> None:
    (number,) = some_numbers(store, 1)
    store.faults("status", route="detail", originProductNo=number, status=404, code="NOT_FOUND")
    facts = sync()
    assert (facts.status, facts.created, facts.refused) == ("done", 62, 1)
    assert sync().refused == 1
    failure = SyncFailure.objects.get()
    assert (failure.origin_product_no, failure.code, failure.attempts) == (number, "product_gone", 2)
    assert "목록에는 아직 있습니다" in failure.message
    store.mutate(delete=[number])
    sync()
    failure.refresh_from_db()
    assert failure.resolved_at is not None


def test_each_list_entry_without_a_number_is_a_failure_of_its_own(sync: Sync, store: SimulatorProcess) -> None:
    first, *_others, last = sorted(store.catalogue())
    numbers = (first, last)  # on two pages: one fault strikes a request
    for number in numbers:
        store.faults("drop_field", route="list", originProductNo=number, field="originProductNo")
    for attempts in (1, 2):
        facts = sync(page_size=40)
        assert (facts.status, facts.refused, facts.is_complete) == ("done", 2, False)
        failures = SyncFailure.objects.filter(resolved_at=None)
        assert list(failures.values_list("attempts", "field")) == [(attempts, "originProductNo")] * 2
        bodies = failures.values_list("body", flat=True)
        assert all(failures.values_list("server_trace_id", flat=True))
        names = {json.loads(body)["channelProducts"][0]["name"] for body in bodies}
        assert names == {store.catalogue()[number]["list"]["channelProducts"][0]["name"] for number in numbers}
    store.clear_faults()
    assert (sync().created, failures.count()) == (2, 0)
    assert_equal_to_store(store)
