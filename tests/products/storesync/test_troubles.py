"""What stops a run: each with a clear error, nothing half-written, and everything read so far kept."""

import json
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from pytest_django import Settings

from products.catalog.models import CatalogueScan, Product
from products.storesync import errors
from products.storesync.checks import check_store_settings
from products.storesync.models import SyncFailure, SyncItem, SyncPage, SyncRun
from products.storesync.selectors import RunFacts
from products.storesync.services import start_run, sync_store
from products.storesync.simulator.process import SimulatorProcess
from tests.products.storesync.conftest import STORE_CODE, Sync, assert_equal_to_store

pytestmark = pytest.mark.usefixtures("quick_retries")
WRONG_SECRET = "$2a$04$WrongStoreSecretOnly2u"


def find_free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def sync_at(address: str) -> RunFacts:
    return sync_store(run_id=start_run(store_code=STORE_CODE, api_url=address))


def read_only_run() -> SyncRun:
    return SyncRun.objects.get()


# What ends a run: a person has to mend it, or time will.


def test_a_wrong_secret(sync: Sync, settings: Settings) -> None:
    settings.STORE_CLIENT_SECRET = WRONG_SECRET
    with pytest.raises(errors.StoreAuthError, match="STORE_CLIENT_SECRET") as caught:
        sync()
    run = read_only_run()
    assert (run.status, run.calls) == ("failed", 1)
    assert run.error.startswith(f"{caught.value} 스토어 추적 ID: sim-")
    assert run.finished_at is not None
    assert not Product.objects.exists()
    assert not CatalogueScan.objects.filter(is_complete=True).exists()


def test_after_the_secret_is_mended_a_new_run_settles_the_failed_one(sync: Sync, settings: Settings) -> None:
    right = settings.STORE_CLIENT_SECRET
    settings.STORE_CLIENT_SECRET = WRONG_SECRET
    with pytest.raises(errors.StoreAuthError):
        sync()
    settings.STORE_CLIENT_SECRET = right
    facts = sync()
    assert facts.created == 63
    assert list(SyncRun.objects.order_by("pk").values_list("status", flat=True)) == ["settled", "done"]


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("STORE_CLIENT_SECRET", "", "STORE_CLIENT_SECRET"),
        ("STORE_CLIENT_SECRET", "plain", "29자"),
        ("STORE_CLIENT_ID", "", "STORE_CLIENT_ID"),
    ],
)
def test_settings_that_cannot_be_right(sync: Sync, settings: Settings, name: str, value: str, words: str) -> None:
    setattr(settings, name, value)
    with pytest.raises(errors.StoreConfigError, match=words):
        sync()
    assert read_only_run().status == "parked"


@pytest.mark.parametrize(
    ("name", "value"), [("STORE_CLIENT_SECRET", "plain"), ("STORE_CLIENT_ID", ""), ("STORE_CLIENT_SECRET", "")]
)
def test_settings_that_break_while_a_run_is_parked_cost_nothing_of_it(
    sync: Sync, store: SimulatorProcess, settings: Settings, name: str, value: str
) -> None:
    later = sorted(store.catalogue(), reverse=True)[40]
    store.faults("status", route="detail", originProductNo=later, status=503, code="GW.BLOCK.01")
    with pytest.raises(errors.GatewayBlockedError):
        sync(workers=1)
    store.clear_faults()
    right = getattr(settings, name)
    setattr(settings, name, value)
    with pytest.raises(errors.StoreConfigError):
        sync()
    assert (read_only_run().status, SyncItem.objects.filter(state="pending").count()) == ("parked", 23)
    setattr(settings, name, right)
    store.reset_counters()
    assert (sync().status, read_only_run().created) == ("done", 63)
    assert len(store.counters()["details"]) == 23


@pytest.mark.django_db(transaction=True)
def test_an_unreachable_store_is_waited_for(small_catalogue: Path) -> None:
    port = find_free_port()
    with pytest.raises(errors.UnreachableError):
        sync_at(f"http://127.0.0.1:{port}/external")
    run = read_only_run()
    assert (run.status, run.retries) == ("parked", 4 - 1)
    assert "스토어에 연결할 수 없습니다" in run.error
    with SimulatorProcess(small_catalogue, port=port) as store:
        facts = sync_at(store.url)
    assert (facts.run_id, facts.status, facts.created, facts.error) == (run.pk, "done", 63, "")


@pytest.mark.parametrize("scenario", ["broken_json", "html_200", "empty_body", "reset"])
def test_a_list_that_stays_broken_parks_the_run(sync: Sync, store: SimulatorProcess, scenario: str) -> None:
    store.faults(scenario, route="list")
    with pytest.raises(errors.StoreSyncError) as caught:
        sync()
    run = read_only_run()
    assert (run.status, run.error.startswith(str(caught.value))) == ("parked", True)
    assert "상품 목록" in str(caught.value)
    assert not Product.objects.exists()
    store.clear_faults()
    assert sync().created == 63


def test_a_page_that_breaks_late_costs_only_itself(sync: Sync, store: SimulatorProcess) -> None:
    last = sorted(store.catalogue())[0]
    store.faults("broken_json", route="list", originProductNo=last)
    with pytest.raises(errors.BrokenReplyError):
        sync(page_size=20)
    assert SyncPage.objects.count() == 3
    store.clear_faults()
    store.reset_counters()
    assert sync(page_size=20).created == 63
    assert store.counters()["requests"]["/v1/products/search"] == 1
    assert_equal_to_store(store)


def test_a_missing_api_group(sync: Sync, store: SimulatorProcess) -> None:
    store.faults("no_api_group")
    with pytest.raises(errors.LivingTokenRefusedError, match="'상품' API 그룹"):
        sync()
    assert read_only_run().status == "failed"
    assert store.counters()["requests"] == {"/v1/oauth2/token": 2, "/v1/products/search": 1}


def test_an_address_that_is_not_registered_keeps_the_work_until_it_is(sync: Sync, store: SimulatorProcess) -> None:
    store.faults("ip_not_allowed", route="detail", after=20)
    with pytest.raises(errors.AddressRefusedError, match="IPv4 주소를 등록"):
        sync(workers=1)
    assert (read_only_run().status, read_only_run().created) == ("parked", 20)
    store.clear_faults()
    store.reset_counters()
    assert (sync().status, read_only_run().created) == ("done", 63)
    assert len(store.counters()["details"]) == 43


@pytest.mark.parametrize(
    ("status", "code", "outcome"),
    [
        (503, "GW.BLOCK.02", "parked"),
        (500, "GW.PROXY.01", "parked"),
        (504, "GW.TIMEOUT.01", "parked"),
        (500, "INTERNAL_SERVER_ERROR", "parked"),
        (404, "GW.NOT_FOUND", "failed"),
        (403, "FORBIDDEN", "failed"),
        (400, "BAD_REQUEST", "failed"),
        (308, "PERMANENT_REDIRECT", "failed"),
    ],
)
def test_what_becomes_of_a_run_whose_list_is_refused(
    sync: Sync, store: SimulatorProcess, status: int, code: str, outcome: str
) -> None:
    store.faults("status", route="list", status=status, code=code)
    with pytest.raises(errors.StoreSyncError, match=str(status)):
        sync()
    assert read_only_run().status == outcome
    assert "스토어 추적 ID: sim-" in read_only_run().error
    assert not Product.objects.exists()


def test_a_gateway_that_closes_in_the_middle_keeps_what_is_there(sync: Sync, store: SimulatorProcess) -> None:
    later = sorted(store.catalogue(), reverse=True)[40]
    store.faults("status", route="detail", originProductNo=later, status=503, code="GW.BLOCK.01")
    with pytest.raises(errors.GatewayBlockedError):
        sync(workers=1)
    run = read_only_run()
    assert (run.status, run.created, Product.objects.count()) == ("parked", 40, 40)
    assert SyncItem.objects.filter(state="pending").count() == 23
    assert not SyncFailure.objects.exists()
    store.clear_faults()
    store.reset_counters()
    facts = sync()
    assert (facts.run_id, facts.status, facts.created, facts.revision) == (run.pk, "done", 63, 1)
    assert len(store.counters()["details"]) == 23
    assert_equal_to_store(store)


def test_a_store_that_fails_for_every_product_is_not_blamed_on_the_products(
    sync: Sync, store: SimulatorProcess
) -> None:
    store.faults("status", route="detail", status=500, code="GW.PROXY.02")
    with pytest.raises(errors.GatewayFaultError):
        sync()
    assert read_only_run().status == "parked"
    assert not SyncFailure.objects.exists()
    assert SyncItem.objects.filter(state="pending").count() == 63
    store.clear_faults()
    assert sync().created == 63


def test_products_that_keep_failing_hold_up_none_of_the_others(sync: Sync, store: SimulatorProcess) -> None:
    failing = sorted(store.catalogue(), reverse=True)[:5]
    for number in failing:
        store.faults("status", route="detail", originProductNo=number, status=500, code="INTERNAL_SERVER_ERROR")
    with pytest.raises(errors.ServerFaultError):
        sync(workers=1)
    assert (read_only_run().status, read_only_run().fetched) == ("parked", 0)
    facts = sync(workers=1)
    assert (facts.status, facts.created, facts.refused, facts.fetched) == ("done", 58, 5, 63)
    assert sync().refused == 5
    failures = SyncFailure.objects.filter(resolved_at=None)
    assert sorted(failures.values_list("origin_product_no", "attempts")) == [(number, 2) for number in sorted(failing)]
    assert_equal_to_store(store, *failing)
    store.clear_faults()
    assert (sync().created, failures.count()) == (5, 0)


def test_a_fault_of_our_own_parks_the_run_and_shows(sync: Sync, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_args: Any, **_kwargs: Any) -> None:
        raise ZeroDivisionError

    with monkeypatch.context() as patch:
        patch.setattr("products.storesync.details.upsert_products", fail)
        with pytest.raises(ZeroDivisionError):
            sync()
    assert read_only_run().status == "parked"
    assert "ZeroDivisionError" in read_only_run().error
    assert sync().created == 63


# What the shell says.


def test_the_command_says_what_happened(
    sync: Sync, store: SimulatorProcess, settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    settings.STORE_API_URL = store.url
    call_command("sync_store", "--json")
    report = json.loads(capsys.readouterr().out)
    assert (report["status"], report["created"], report["store_code"]) == ("done", 63, "my-store")
    call_command("sync_store")
    assert "상품 63개 확인: 추가 0, 변경 0, 변경 없음 63" in capsys.readouterr().out


def test_the_commands_exit_status_is_true(sync: Sync, store: SimulatorProcess, settings: Settings) -> None:
    settings.STORE_API_URL = store.url
    store.faults("status", route="list", status=500, code="GW.PROXY.01")
    with pytest.raises(CommandError, match="게이트웨이") as caught:
        call_command("sync_store")
    assert caught.value.returncode == 75
    settings.STORE_CLIENT_SECRET = WRONG_SECRET
    with pytest.raises(CommandError, match="STORE_CLIENT_SECRET") as caught:
        call_command("sync_store")
    assert caught.value.returncode == 1


@pytest.mark.parametrize(
    ("values", "problem"),
    [
        (("", "", ""), ""),
        (("", "id", WRONG_SECRET), ""),
        (("https://api.test/external", "id", WRONG_SECRET), ""),
        (("https://api.test/external", "", ""), "STORE_CLIENT_ID, STORE_CLIENT_SECRET"),
        (("", "id", ""), "STORE_API_URL, STORE_CLIENT_SECRET"),
        (("api.test/external", "id", WRONG_SECRET), "http://"),
        (("http://[", "id", WRONG_SECRET), "http://"),
        (("https://api.test", "id", "geheim"), "29자"),
    ],
)
def test_half_set_credentials_are_warned_about(settings: Settings, values: tuple[str, str, str], problem: str) -> None:
    settings.STORE_API_URL, settings.STORE_CLIENT_ID, settings.STORE_CLIENT_SECRET = values
    found = check_store_settings(None)
    assert [message.id for message in found] == (["storesync.W001"] if problem else [])
    assert all(problem in str(message.msg) and "geheim" not in str(message) for message in found)


def test_the_simulator_needs_no_django(small_catalogue: Path) -> None:
    code = "import products.storesync, sys; sys.exit('django' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=Path(__file__).parents[3], check=False).returncode == 0
