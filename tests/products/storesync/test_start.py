"""Which run a start gives: the unfinished one of the same place and day, or a new one."""

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone
from pytest_django import Settings

from perfhooks.services import LockHeld, hold_lock
from products.catalog.models import Store
from products.storesync.errors import GatewayBlockedError, StoreCodeError
from products.storesync.models import SyncItem, SyncRun
from products.storesync.services import start_run, sync_store
from products.storesync.simulator.process import SimulatorProcess
from products.storesync.tasks import sync_store_task
from tests.products.storesync.conftest import STORE_CODE, Sync, find_store
from tests.support.equality import find_differences

DETAIL = "/v2/products/origin-products/{originProductNo}"


@pytest.mark.parametrize("code", ["", " ", "a/b", "x" * 41, "my store", "a\x00"])
def test_a_code_that_is_none_makes_no_store(db: None, code: str) -> None:
    with pytest.raises(StoreCodeError, match="붙임표"):
        start_run(store_code=code)
    assert not Store.objects.exists()


def test_two_starts_share_one_run(db: None) -> None:
    assert start_run(store_code=STORE_CODE) == start_run(store_code=STORE_CODE)
    assert start_run(store_code="other-store") != start_run(store_code=STORE_CODE)


@pytest.fixture
def usable_account(settings: Settings) -> None:
    """Settings that name a store, though nobody asks it anything."""
    settings.STORE_API_URL = "http://127.0.0.1:1/external"
    settings.STORE_CLIENT_ID = "an-application"
    settings.STORE_CLIENT_SECRET = "$2a$04$PlantedMarkerSecret00u"


@pytest.mark.usefixtures("usable_account")
@pytest.mark.parametrize("hours", [25, -25], ids=["yesterday's", "from before the clock was set back"])
def test_an_unfinished_run_of_another_time_is_not_picked_up(db: None, hours: int) -> None:
    old = start_run(store_code=STORE_CODE)
    SyncRun.objects.filter(pk=old).update(started_at=timezone.now() - timedelta(hours=hours))
    fresh = start_run(store_code=STORE_CODE)
    assert fresh != old
    assert SyncRun.objects.get(pk=old).status == "failed"
    assert start_run(store_code=STORE_CODE) == fresh


@pytest.fixture
def other_store(small_catalogue: Path, tmp_path: Path) -> Iterator[SimulatorProcess]:
    """Another shop: half of the products, under other names."""
    rows = [json.loads(line) for line in small_catalogue.read_text("utf-8").splitlines()[:31]]
    lines = [json.dumps({**row, "name": f"다른 가게 {row['name']}"}, ensure_ascii=False) for row in rows]
    path = tmp_path / "other.jsonl"
    path.write_text("\n".join(lines), "utf-8")
    with SimulatorProcess(path) as process:
        yield process


def test_a_parked_run_is_not_carried_on_in_another_store(
    sync: Sync, store: SimulatorProcess, other_store: SimulatorProcess
) -> None:
    late = sorted(store.catalogue(), reverse=True)[50]
    store.faults("status", route="detail", originProductNo=late, status=503, code="GW.BLOCK.02")
    with pytest.raises(GatewayBlockedError):
        sync(workers=1)
    facts = sync_store(run_id=start_run(store_code=STORE_CODE, api_url=other_store.url))
    assert (facts.status, facts.listed, facts.is_complete) == ("done", 31, True)
    assert other_store.counters()["statuses_by_route"][DETAIL].keys() == {"200"}
    served = other_store.catalogue()
    store_id = find_store().pk
    assert find_differences(served, store_id=store_id, leave=store.catalogue().keys() - served.keys()) == []
    given_up = SyncRun.objects.order_by("pk")[0]
    assert (given_up.status, given_up.pk) != ("done", facts.run_id)
    assert "다른 주소나 카탈로그를 읽던 실행이어서 이어서 하지 않고 새로 시작했습니다." in given_up.error
    assert not SyncItem.objects.exists()


@pytest.mark.usefixtures("usable_account")
def test_a_run_is_carried_on_only_in_the_way_it_was_begun(db: None) -> None:
    first = start_run(store_code=STORE_CODE)
    assert start_run(store_code=STORE_CODE) == first
    whole = start_run(store_code=STORE_CODE, is_incremental=False)
    assert start_run(store_code=STORE_CODE, is_incremental=False) == whole != first
    assert "읽는 방식(전체·증분, 캐시)이 다른 실행이어서" in SyncRun.objects.get(pk=first).error


def test_a_run_is_carried_on_only_where_it_was_begun(db: None, settings: Settings) -> None:
    here: dict[str, Any] = {"store_code": STORE_CODE, "api_url": "http://127.0.0.1:18650/external"}
    first = start_run(**here, catalogue="a")
    assert start_run(**here, catalogue="a") == first
    second = start_run(**here, catalogue="b")
    settings.STORE_CLIENT_ID = "another-application"
    third = start_run(**here, catalogue="b")
    settings.STORE_API_URL = here["api_url"]
    assert start_run(store_code=STORE_CODE, catalogue="b") == third
    assert len({first, second, third}) == 3
    assert list(SyncRun.objects.order_by("pk").values_list("status", flat=True)) == ["failed", "failed", "running"]


@pytest.mark.django_db(transaction=True)
def test_a_run_that_a_process_works_on_is_not_given_up() -> None:
    run_id = start_run(store_code=STORE_CODE, api_url="http://127.0.0.1:1/external")
    with hold_lock(f"sync:{STORE_CODE}"), pytest.raises(LockHeld):
        start_run(store_code=STORE_CODE, api_url="http://127.0.0.1:2/external")
    assert SyncRun.objects.get(pk=run_id).status == "running"


@pytest.mark.django_db(transaction=True)
def test_a_store_is_synced_by_one_process_at_a_time(store: SimulatorProcess) -> None:
    run_id = start_run(store_code=STORE_CODE, api_url=store.url)
    with hold_lock(f"sync:{STORE_CODE}"), pytest.raises(LockHeld, match="다른 실행"):
        sync_store(run_id=run_id)
    with hold_lock(f"sync:{STORE_CODE}"):
        assert sync_store_task(run_id)["status"] == "held"
    assert store.counters()["requests"] == {}
    assert sync_store(run_id=run_id).status == "done"
