"""Each named scenario, played against the real sync over HTTP: nothing is ever wrong in silence.

A run ends with the ledger equal to the store, or with a failure that names its reason, or stopped with a message that does.
"""

import contextlib
import io
import re
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import httpx
import pytest
from django.test import Client
from pytest_django import Settings

from products.catalog.models import Product, Store
from products.storesync import errors
from products.storesync.models import SyncFailure, SyncRun
from products.storesync.pacer import Pacer
from products.storesync.retries import RetryRules
from products.storesync.services import start_run, sync_store
from products.storesync.simulator.catalogue import read_catalogue
from products.storesync.simulator.process import SimulatorProcess
from products.storesync.simulator.scenarios import SCENARIOS
from tests.products.storesync.conftest import STORE_CODE
from tests.products.storesync.planted import PLANTED_SECRET, assert_nothing_shows, read_pages, read_rows
from tests.products.storesync.shop import DEMO_CATALOGUE
from tests.support.equality import find_differences

PRODUCTS = 24
PAGE_SIZE = 10
SPEED = 20
NUMBER_KEYS = ("salePrice", "discountedPrice", "stockQuantity", "channelProductNo", "deliveryFee")
CATEGORY_NAMES = {row["categoryId"]: row["wholeCategoryName"] for row in read_catalogue(DEMO_CATALOGUE)}
ROUNDS = 3
"""What changes during a run is settled by the next; after three the ledger must be equal."""


@dataclass(frozen=True)
class Outcome:
    """How a scenario must end; everything that is not named here is as the store has it.

    `status` of the last run, with the `words` of its message. `refused`: so many open failures, each saying `reason`.
    `unread`: so many products of which the list never said that they changed.
    """

    words: str = ""
    status: str = "done"
    refused: int = 0
    reason: str = ""
    unread: int = 0


def fail(words: str) -> Outcome:
    return Outcome(words, status="failed")


def park(words: str) -> Outcome:
    return Outcome(words, status="parked")


def refuse(reason: str, refused: int = 1) -> Outcome:
    return Outcome(refused=refused, reason=reason)


def note(words: str, unread: int = 0) -> Outcome:
    return Outcome(words, unread=unread)


NOT_JSON = "온전한 JSON이 아닙니다"
CUT = "연결이 끊겼습니다"
MOVING = "목록이 읽는 동안 바뀌어"
EXPECTED: dict[str, Outcome] = {
    # A person has to mend it.
    "token_refused": fail("STORE_CLIENT_SECRET"),
    "clock_ahead": fail("서버 시각이 맞는지"),
    "clock_behind": fail("서버 시각이 맞는지"),
    "token_without_life": fail("expires_in: 값이 없습니다"),
    "no_api_group": fail("'상품' API 그룹"),
    "ip_not_allowed": park("IPv4 주소를 등록"),
    "ip_not_registered": park("IPv4 주소를 등록"),
    "too_many_results": fail("검색 결과는 5건까지"),
    "moved": fail("API 주소가 바뀌었다"),
    "unauthorized": fail("권한이 없습니다"),
    "forbidden": fail("권한이 없습니다"),
    "gw_not_found": fail("없는 API 주소"),
    # Time will mend it.
    "token_server_down": park("인증 토큰: 스토어의 상품 서버에서 오류"),
    "quota_spent": park("할당량을 모두"),
    "gateway_down": park("점검 중이거나"),
    "server_down": park("상품 서버에서 오류"),
    "broken_json_list": park(NOT_JSON),
    "html_200_list": park(NOT_JSON),
    "html_502_list": park("게이트웨이에서 오류"),
    "empty_body_list": park(NOT_JSON),
    "false_gzip_list": park(NOT_JSON),
    "reset_list": park(CUT),
    "reset_late_list": park(CUT),
    # One product is put aside, with the reason.
    "no_channels": refuse("채널 상품이 없습니다"),
    "hang_always": refuse("응답이 너무 늦습니다"),
    "broken_json_product": refuse(NOT_JSON),
    "cut_utf8_product": refuse(NOT_JSON),
    "html_200_product": refuse(NOT_JSON),
    "html_502_product": refuse("게이트웨이에서 오류"),
    "empty_body_product": refuse(NOT_JSON),
    "false_gzip_product": refuse(NOT_JSON),
    "reset_product": refuse(CUT),
    "reset_late_product": refuse(CUT),
    "cut_utf8_entry": refuse("utf-8"),
    "cut_utf8_list": refuse("utf-8", refused=3),
    "unknown_status": refuse("알 수 없는 판매 상태"),
    "name_missing": refuse("상품명이 비어"),
    "status_missing": refuse("originProduct.statusType: 값이 없습니다"),
    "price_zero": refuse("0원은"),
    "price_over": refuse("1,000,000,000원은"),
    "deleted_after_list": refuse("스토어에 없는 상품", refused=2),
    "bad_request_product": refuse("요청 값을 거절"),
    "server_error_product": refuse("상품 서버에서 오류"),
    # The list cannot be believed: nothing is deleted, and the run says so.
    "list_empty": note("목록이 비어 있어", unread=PRODUCTS),
    "list_short": note(MOVING, unread=3),
    "list_never_settles": note(MOVING, unread=5),
    "total_wrong": note(MOVING),
    "total_moves": note(MOVING),
    "number_missing": Outcome(MOVING, refused=1, reason="originProductNo: 값이 없습니다", unread=1),
}
A_WEEK_LATER = {"detail_edit_without_date"}
"""What neither the list nor its date shows is found once the details are older than their greatest age."""
QUIET = {"midnight", "edit_without_date", "detail_edit_without_date"}
"""Scenarios that are about what one edit alone brings in: nothing else has changed before them."""


@pytest.fixture(scope="module")
def running() -> Iterator[SimulatorProcess]:
    with SimulatorProcess(DEMO_CATALOGUE, products=PRODUCTS, speed=SPEED, client_secret=PLANTED_SECRET) as simulator:
        yield simulator


@pytest.fixture
def store(running: SimulatorProcess) -> SimulatorProcess:
    running.reset()
    return running


@pytest.fixture(autouse=True)
def quick_caller(monkeypatch: pytest.MonkeyPatch, settings: Settings) -> None:
    """A caller with the planted secret, whose own clock runs as fast as the store's."""
    settings.STORE_CLIENT_SECRET = PLANTED_SECRET
    quick = RetryRules(first_wait_seconds=0.01, longest_wait_seconds=0.02, limited_wait_seconds=0.02)
    monkeypatch.setattr("products.storesync.client.RetryRules", lambda: quick)
    monkeypatch.setattr("products.storesync.client.TIMEOUT", httpx.Timeout(10 / SPEED, connect=5.0, pool=60.0))
    monkeypatch.setattr("products.storesync.client.Pacer", partial(Pacer, rate=2.0 * SPEED))
    for kind in (errors.AddressRefusedError, errors.GatewayBlockedError):
        monkeypatch.setattr(kind, "wait_seconds", 0.01)


def run_once(store: SimulatorProcess) -> SyncRun:
    """One start, as a timer would make it; the run as it then stands. One worker: the same requests in every test."""
    run_id = start_run(store_code=STORE_CODE, api_url=store.url)
    with contextlib.suppress(errors.StoreSyncError):
        sync_store(run_id=run_id, page_size=PAGE_SIZE, workers=1)
    return SyncRun.objects.get(pk=run_id)


def list_refused() -> dict[int, str]:
    return dict(SyncFailure.objects.filter(resolved_at=None).values_list("origin_product_no", "message"))


def fill_gaps(channel: Mapping[str, Any]) -> dict[str, Any]:
    """What a list entry means: null is missing, missing text is empty, a number in quotes is that number.

    A category without its name keeps the one that was known.
    """
    whole = {key: value for key, value in channel.items() if value is not None}
    empty = {
        "sellerManagementCode": "",
        "brandName": "",
        "manufacturerName": "",
        "wholeCategoryName": CATEGORY_NAMES[whole["categoryId"]],
        "representativeImage": {"url": ""},
    }
    numbers = {key: int(whole[key]) for key in NUMBER_KEYS if key in whole}
    return empty | whole | numbers


def read_truth(store: SimulatorProcess) -> dict[int, dict[str, Any]]:
    """What the store has, as it is to be understood; a product without a channel cannot be sold, nor stored."""
    truth = store.catalogue()
    for number, entry in list(truth.items()):
        channels = [fill_gaps(channel) for channel in entry["list"]["channelProducts"]]
        if not channels:
            del truth[number]
        entry["list"]["channelProducts"] = channels
    return truth


def list_unequal(store: SimulatorProcess) -> set[int]:
    """The numbers of products that the ledger does not hold as the store has them, but for those put aside."""
    store_id = Store.objects.get(code=STORE_CODE).pk
    lines = find_differences(read_truth(store), store_id=store_id, leave=list_refused())
    return {int(re.split(r"[.:]", line)[0]) for line in lines}


def run_until_settled(store: SimulatorProcess) -> SyncRun:
    """Up to three runs; the last one's row."""
    for _round in range(ROUNDS):
        run = run_once(store)
        if run.status != "done" or not list_unequal(store):
            break
    return run


@pytest.mark.parametrize("name", SCENARIOS)
def test_a_scenario_ends_equal_or_named_and_shows_no_secret(
    admin_client: Client,
    store: SimulatorProcess,
    name: str,
    monkeypatch: pytest.MonkeyPatch,
    log: io.BytesIO,
    tokens: list[str],
    signatures: list[str],
) -> None:
    assert run_once(store).status == "done"
    before = set(store.catalogue())
    if name not in QUIET:
        store.change_random(PRODUCTS, fields=["name"])
    store.play(name)
    if name in A_WEEK_LATER:
        monkeypatch.setenv("SOURCE_DATE_EPOCH", str(int(time.time()) + 8 * 24 * 3_600))
    run, outcome = run_until_settled(store), EXPECTED.get(name, Outcome())
    assert run.status == outcome.status, run.error
    assert outcome.words in run.error
    assert bool(run.error) == bool(outcome.words)
    refused = list_refused()
    assert len(refused) == outcome.refused, refused
    assert all(outcome.reason in message for message in refused.values()), refused
    if run.status == "done":
        assert len(list_unequal(store)) == outcome.unread, list_unequal(store)
    gone = set(Product.objects.filter(status="DELETE").values_list("origin_product_no", flat=True))
    assert gone <= before - set(store.catalogue()), "nothing is given up that the store still has"
    assert tokens
    assert signatures
    assert_nothing_shows([log.getvalue().decode(), read_rows(), *read_pages(admin_client)], *tokens, *signatures)


def test_every_expectation_is_about_a_scenario() -> None:
    assert {*EXPECTED, *A_WEEK_LATER, *QUIET} <= set(SCENARIOS)
