"""`sync_store --dry-run` says what the sync then does, and leaves everything as it was; the other ways of reading."""

import io
import json
from typing import Any

import pytest
from django.apps import apps
from django.core.management import CommandError, call_command
from pytest_django import Settings

from products.catalog.models import Product
from products.storesync.failures import RESTS_AFTER_ATTEMPTS
from products.storesync.models import SyncFailure
from products.storesync.simulator.process import SimulatorProcess
from tests.products.storesync.conftest import Sync, assert_equal_to_store

DETAIL = "/v2/products/origin-products/{originProductNo}"


@pytest.fixture(autouse=True)
def address(settings: Settings, store: SimulatorProcess) -> None:
    """The command reads the address from the settings."""
    settings.STORE_API_URL = store.url


def count_rows() -> dict[str, int]:
    models = (
        model for label in ("storesync", "catalog", "upsert") for model in apps.get_app_config(label).get_models()
    )
    return {model.__name__: model._default_manager.count() for model in models if model.__name__ != "CallLane"}


def call(*options: str) -> dict[str, Any]:
    shown = io.StringIO()
    call_command("sync_store", "--json", *options, stdout=shown)
    answer: dict[str, Any] = json.loads(shown.getvalue())
    return answer


def test_a_preview_of_an_empty_ledger(transactional_db: None, store: SimulatorProcess) -> None:
    before = count_rows()
    planned = call("--dry-run")
    assert (planned["list_calls"], planned["detail_calls"], planned["insert_rows"]) == (1, 63, 63)
    assert planned["reasons"] == {"new": 63}
    assert count_rows() == before
    assert store.counters()["requests"] == {"/v1/oauth2/token": 1, "/v1/products/search": 1}


def test_a_preview_tells_what_the_sync_then_does(sync: Sync, store: SimulatorProcess) -> None:
    sync()
    store.change_random(7, seed=5)
    store.mutate(add={"count": 2, "at": "end"}, delete={"count": 3, "at": "start"})
    before, versions = count_rows(), list(Product.objects.order_by("pk").values())
    planned = call("--dry-run")
    assert (count_rows(), list(Product.objects.order_by("pk").values())) == (before, versions)
    store.reset_counters()
    done = call()
    assert store.counters()["requests"][DETAIL] == planned["detail_calls"] + planned["confirm_calls"]
    assert done["reasons"] == planned["reasons"]
    assert (done["created"], done["deleted"]) == (planned["insert_rows"], planned["delete_rows"]) == (2, 3)
    assert done["updated"] <= planned["update_rows"]
    assert (done["skipped"], planned["unchanged"], planned["doubt"]) == (
        62 - planned["detail_calls"],
        done["skipped"],
        "",
    )


def test_a_preview_does_not_plan_to_delete_what_a_short_list_lacks(sync: Sync, store: SimulatorProcess) -> None:
    sync()
    store.faults("empty_list", "list")
    planned = call("--dry-run")
    assert (planned["confirm_calls"], planned["delete_rows"]) == (0, 0)
    assert "목록이 비어 있어" in planned["doubt"]


def test_a_preview_in_words(
    sync: Sync, store: SimulatorProcess, capsys: pytest.CaptureFixture[str], settings: Settings
) -> None:
    store.settings(rate=2)
    call_command("sync_store", "--dry-run")
    said = capsys.readouterr().out
    for words in ("상세 63회 (새 상품 63)", "추가 63", "예상 시간: 29.5초 (초당 2회)", "아무것도 쓰지 않았습니다."):
        assert words in said
    settings.STORE_CLIENT_SECRET = ""
    with pytest.raises(CommandError, match="STORE_CLIENT_SECRET"):
        call_command("sync_store", "--dry-run")


def test_without_increments_every_detail_is_read(sync: Sync, store: SimulatorProcess) -> None:
    sync()
    number = store.mutate([{"pick": 1, "set": {"description": "말없이 고침"}}], touch=False)["changed"][0]
    store.reset_counters()
    assert call("--dry-run", "--no-incremental")["reasons"] == {"full": 63}
    done = call("--no-incremental")
    assert (done["planned"], done["fetched"], done["updated"], done["skipped"]) == (63, 63, 1, 62)
    assert store.counters()["details"][str(number)] == 1
    assert_equal_to_store(store)


def test_without_its_cache_each_call_has_its_own_token(sync: Sync, store: SimulatorProcess) -> None:
    done = call("--no-cache", "--workers", "1")
    requests = store.counters()["requests"]
    assert (done["created"], requests["/v1/products/search"], requests[DETAIL]) == (63, 1, 63)
    assert requests["/v1/oauth2/token"] == 1 + 1 + 63


def test_products_that_rest_are_replayed_on_demand(sync: Sync, store: SimulatorProcess) -> None:
    store.faults("drop_field", route="detail", pick=1, field="statusType")
    for _run in range(RESTS_AFTER_ATTEMPTS):
        call()
    store.clear_faults()
    assert call()["fetched"] == 0, "it rests"
    assert call("--retry-failed")["reasons"] == {"failed": 1}
    assert SyncFailure.objects.get().resolved_at is not None
    assert_equal_to_store(store)
