"""Turns that processes share: nothing is lost between them, and the store's bucket is emptied by none of them."""

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest
from django.db import connection
from pytest_django import Settings

from products.storesync.accounts import StoreAccount
from products.storesync.books import FileBook, open_book
from products.storesync.lanes import Lane, Limit
from products.storesync.models import CallLane
from products.storesync.pacer import LanePaused, MemoryBook, Pacer, TurnBook
from products.storesync.simulator.process import SimulatorProcess
from tests.support.ledger import Ledger, open_ledger

WRITERS = 4
CHANGES = 25
DETAIL = "/v2/products/origin-products/{originProductNo}"
SHOP = StoreAccount("http://127.0.0.1:1/external", "application", "secret")


@pytest.fixture
def open_shared(transactional_db: None, tmp_path: Path, settings: Settings) -> Callable[[], TurnBook]:
    """Open one book, as another process would."""
    settings.DATA_DIR = tmp_path
    return lambda: open_book(SHOP, "detail")


def add_turn(lane: Lane | None, now: float) -> Lane:
    known = lane or Lane.start(now)
    return replace(known, kept_turns=known.kept_turns + 1)


def test_no_change_of_a_shared_lane_is_lost(open_shared: Callable[[], TurnBook]) -> None:
    def work(_writer: int) -> None:
        book = open_shared()
        for _change in range(CHANGES):
            book.change(add_turn)
        book.close()

    with ThreadPoolExecutor(WRITERS) as pool:
        list(pool.map(work, range(WRITERS)))
    assert open_shared().change(add_turn).kept_turns == 1 + WRITERS * CHANGES + 1


def test_what_one_process_learns_or_waits_for_binds_the_other(open_shared: Callable[[], TurnBook]) -> None:
    first, second = Pacer(open_shared()), Pacer(open_shared())
    first.learn(Limit(5.0, 10, 10))
    assert second.read_lane().spacing_seconds == 0.2
    first.pause(500.0)
    waits: list[float] = []
    with pytest.raises(TimeoutError):
        Pacer(open_shared(), sleep=lambda seconds: stop(waits, seconds)).wait_turn()
    assert waits == [0.25], "it looks again soon, should the pause be lifted"
    for pacer in (first, second):
        pacer.close()


def stop(waits: list[float], seconds: float) -> None:
    waits.append(seconds)
    raise TimeoutError


def test_lanes_of_other_endpoints_and_applications_are_others(open_shared: Callable[[], TurnBook]) -> None:
    open_shared().change(add_turn)
    other = StoreAccount(SHOP.base_url, "another", SHOP.client_secret)
    for book in (open_book(SHOP, "list"), open_book(other, "detail")):
        assert book.change(add_turn).kept_turns == 2
        book.close()


@pytest.mark.parametrize("state", ['{"rate": "fast"}', "[]", '{"rate": 1.0}'])
def test_a_lane_that_makes_no_sense_begins_anew(
    open_shared: Callable[[], TurnBook], tmp_path: Path, state: str
) -> None:
    open_shared().change(add_turn)
    if connection.vendor == "postgresql":
        CallLane.objects.update(state=json.loads(state))
    else:
        next((tmp_path / "turns").iterdir()).write_text(state, "utf-8")
    assert open_shared().change(add_turn).kept_turns == 2


@pytest.mark.parametrize("text", ["", '{"rate": 2.0, "ke', "\x00\x00"])
def test_a_file_that_was_left_half_written_begins_anew(tmp_path: Path, text: str) -> None:
    path = tmp_path / "turns" / "lane.json"
    FileBook(path).change(add_turn)
    path.write_text(text, "utf-8")
    assert FileBook(path).change(add_turn).kept_turns == 2


def test_a_lane_from_a_clock_that_was_wrong_begins_anew() -> None:
    now = 1_000_000.0
    book = MemoryBook(lambda: now)
    book.change(lambda _lane, moment: Lane.start(moment + 86_400))
    pacer = Pacer(book)
    pacer.wait_turn()
    assert book.change(lambda lane, _now: lane or Lane.start(0)).last_turn_at == pytest.approx(now, abs=1)


@pytest.mark.parametrize(("seconds", "waited"), [(7_200.0, 7_200.0), (1e9, 86_400.0)])
def test_a_long_pause_that_the_store_asked_for_stands_up_to_a_day(seconds: float, waited: float) -> None:
    now = 1_000_000.0
    book = MemoryBook(lambda: now)
    Pacer(book).pause(seconds)
    assert Pacer(book).read_lane().paused_until == now + waited
    with pytest.raises(LanePaused) as caught:
        Pacer(book).wait_turn(longest_pause_seconds=300.0)
    assert caught.value.seconds == waited
    now += waited
    Pacer(book).wait_turn(longest_pause_seconds=300.0)


@pytest.mark.slow
def test_two_syncs_of_one_application_share_its_turns(small_catalogue: Path, migrated: Ledger, tmp_path: Path) -> None:
    with (
        SimulatorProcess(small_catalogue, rate=30) as store,
        open_ledger(tmp_path / "ledger", like=migrated, STORE_API_URL=store.url) as ledger,
    ):
        syncs = [ledger.start("manage.py", "sync_store", "--json", "--store", code) for code in ("one", "two")]
        reports = [json.loads(sync.communicate(timeout=120)[0]) for sync in syncs]
        seen = store.counters()
    assert [(report["status"], report["created"]) for report in reports] == [("done", 63)] * 2
    assert seen["requests"][DETAIL] == 126
    assert seen["rate_limited"] == 0
    assert [report["rate_limited"] for report in reports] == [0, 0]
