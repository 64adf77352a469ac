"""Playing the store: scenarios, events between requests, settings of the list and detail, the scaled clock, resets."""

import email.utils
import gzip
import json
import subprocess
import sys
import time
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from products.catalog.models import Store
from products.storesync.services import start_run, sync_store
from products.storesync.simulator.latency import draw_latency
from products.storesync.simulator.process import REPOSITORY_ROOT, SimulatorProcess
from products.storesync.simulator.scenarios import SCENARIOS
from products.storesync.simulator.settings import Settings
from tests.products.storesync.conftest import STORE_CODE
from tests.products.storesync.shop import DEMO_CATALOGUE, Shop
from tests.support.equality import find_differences

PRODUCTS = 40
PROGRAM = [sys.executable, "-m", "products.storesync.simulator"]


@pytest.fixture(scope="module")
def running() -> Iterator[SimulatorProcess]:
    with SimulatorProcess(DEMO_CATALOGUE, products=PRODUCTS, image_origin="http://images.test") as simulator:
        yield simulator


@pytest.fixture
def simulator(running: SimulatorProcess) -> SimulatorProcess:
    running.reset()
    return running


@pytest.fixture
def shop(simulator: SimulatorProcess) -> Shop:
    shop = Shop(simulator)
    assert shop.ask_token().status_code == 200
    return shop


def read_pages(shop: Shop) -> tuple[list[int], list[int]]:
    """The numbers of four pages in their order, and each page's total."""
    pages = [shop.search(page=page, size=10, orderType="NO").json() for page in (1, 2, 3, 4)]
    return [entry["originProductNo"] for page in pages for entry in page["contents"]], [
        page["totalElements"] for page in pages
    ]


# What happens between two pages.


def test_an_insertion_between_pages_shows_a_product_twice(shop: Shop, simulator: SimulatorProcess) -> None:
    simulator.play("insert_between_pages")
    numbers, totals = read_pages(shop)
    assert totals == [40, 41, 41, 41]
    assert numbers[10] == numbers[9]
    assert max(simulator.catalogue()) not in numbers


def test_a_deletion_between_pages_hides_a_product(shop: Shop, simulator: SimulatorProcess) -> None:
    before = sorted(simulator.catalogue(), reverse=True)
    simulator.play("delete_between_pages")
    numbers, totals = read_pages(shop)
    assert totals == [40, 39, 39, 39]
    assert before[10] not in numbers
    assert len(numbers) == len(set(numbers)) == 39


def test_a_swap_between_pages_hides_a_product_behind_an_equal_total(shop: Shop, simulator: SimulatorProcess) -> None:
    simulator.play("swap_between_pages")
    numbers, totals = read_pages(shop)
    assert totals == [40] * 4
    assert len(set(numbers)) == 40
    assert len(simulator.catalogue().keys() - set(numbers)) == 1


def test_an_edit_between_pages_moves_products_in_the_order_of_dates(shop: Shop, simulator: SimulatorProcess) -> None:
    simulator.play("reorder_between_pages")
    pages = [shop.list_numbers(page=page, size=10, orderType="MOD_DATE") for page in (1, 2, 3, 4)]
    numbers = [number for page in pages for number in page]
    assert len(set(numbers)) < len(numbers)


def test_an_event_falls_due_so_often(shop: Shop, simulator: SimulatorProcess) -> None:
    number = shop.list_numbers()[0]
    simulator.event("detail", after=2, times=2, mutate={"random": {"count": 1, "seed": 4}})
    bodies = {shop.fetch(number).content for _ in range(9)}
    assert len(bodies) <= 3
    assert simulator.counters()["events"] == 2


@pytest.mark.parametrize(
    ("route", "do"),
    [("list", {}), ("nowhere", {"settings": {"rate": 1}}), ("list", {"explode": True})],
)
def test_a_bad_event_is_refused(simulator: SimulatorProcess, route: str, do: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"[가-힣]"):
        simulator.event(route, **do)


# The list and the detail by settings.


def test_order_by_number_can_be_ascending(shop: Shop, simulator: SimulatorProcess) -> None:
    simulator.play("order_ascending")
    page = shop.search(size=500, orderType="NO").json()
    assert [entry["originProductNo"] for entry in page["contents"]] == sorted(simulator.catalogue())
    assert page["sort"]["fields"] == [{"name": "NO", "direction": "ASC"}]


@pytest.mark.parametrize(
    "order",
    "NO NAME SELLER_CODE LOW_PRICE HIGH_PRICE REG_DATE MOD_DATE SALE_START SALE_END POPULARITY ACCUMULATE_SALE "  # noqa: SIM905
    "LOW_DISCOUNT_PRICE TOTAL_REVIEW_COUNT AVERAGE_REVIEW_SCORE".split(),
)
def test_every_documented_order_shows_every_product_once(shop: Shop, simulator: SimulatorProcess, order: str) -> None:
    page = shop.search(size=500, orderType=order).json()
    assert sorted(entry["originProductNo"] for entry in page["contents"]) == sorted(simulator.catalogue())
    assert page["sort"]["fields"][0]["name"] == order


def test_list_filters_by_the_days_of_sale(shop: Shop, simulator: SimulatorProcess) -> None:
    first, second, *_ = simulator.catalogue()
    dates = {first: "2026-10-01T00:00:00.000+09:00", second: "2026-12-01T00:00:00.000+09:00"}
    simulator.mutate([{"originProductNo": number, "set": {"saleStartDate": day}} for number, day in dates.items()])
    assert shop.list_numbers(periodType="SALE_START_DAY", fromDate="2026-11-01") == [second]
    assert shop.list_numbers(periodType="SALE_START_DAY", toDate="2026-11-01") == [first]
    assert shop.list_numbers(periodType="SALE_END_DAY") == []


def test_page_size_may_be_clamped(shop: Shop, simulator: SimulatorProcess) -> None:
    simulator.play("size_clamped")
    assert shop.search(size=501).json()["size"] == 500


def test_search_by_channel_number_finds_both_channels(shop: Shop, simulator: SimulatorProcess) -> None:
    simulator.play("two_channels")
    number = shop.list_numbers(searchKeywordType="CHANNEL_PRODUCT_NO", channelProductNos=[99_000_000_001])
    services = [
        channel["channelServiceType"] for channel in simulator.catalogue()[number[0]]["list"]["channelProducts"]
    ]
    assert services == ["STOREFARM", "WINDOW"]


def test_a_deleted_product_is_not_found_or_says_that_it_is_deleted(shop: Shop, simulator: SimulatorProcess) -> None:
    gone = simulator.mutate(delete={"count": 1, "at": "end"})["deleted"][0]
    assert shop.fetch(gone).json()["code"] == "NOT_FOUND"
    simulator.settings(deleted="status")
    assert shop.fetch(gone).json()["originProduct"]["statusType"] == "DELETE"
    assert shop.fetch(1).status_code == 404
    assert gone not in shop.list_numbers(size=500)


def test_shapes_are_part_of_the_truth(shop: Shop, simulator: SimulatorProcess) -> None:
    for name in ("optionals_null", "big_pages", "many_options", "no_channels"):
        simulator.reset()
        shop.ask_token()
        simulator.play(name)
        truth = simulator.catalogue()
        page = {entry["originProductNo"]: entry for entry in shop.search(size=500).json()["contents"]}
        assert page == {number: entry["list"] for number, entry in truth.items()}
        assert all(shop.fetch(number).json() == truth[number]["detail"] for number in truth)
    assert [] in [entry["channelProducts"] for entry in page.values()]


def test_big_pages_are_big(shop: Shop, simulator: SimulatorProcess) -> None:
    simulator.play("big_pages")
    sizes = sorted(len(shop.fetch(number).content) for number in simulator.catalogue())
    assert sizes[-1] > 2 * 1024 * 1024
    assert sizes[-2] > 100 * 1024 > sizes[-3]


# Faults that are about bytes and headers.


def test_replies_that_are_right_in_another_dress(shop: Shop, simulator: SimulatorProcess) -> None:
    number = shop.list_numbers()[0]
    honest = shop.fetch(number).content
    for kind in ("bom", "wrong_type", "gzip"):
        simulator.faults(kind, "detail", times=1)
    with shop.client.stream("GET", f"{simulator.url}/v2/products/origin-products/{number}") as reply:
        assert b"".join(reply.iter_raw()) == b"\xef\xbb\xbf" + honest
    plain = shop.fetch(number)
    assert (plain.headers["Content-Type"], plain.content) == ("text/plain", honest)
    with shop.client.stream("GET", f"{simulator.url}/v2/products/origin-products/{number}") as reply:
        assert reply.headers["Content-Encoding"] == "gzip"
        assert gzip.decompress(b"".join(reply.iter_raw())) == honest


def test_a_cut_character_strikes_its_product_alone(shop: Shop, simulator: SimulatorProcess) -> None:
    number = shop.list_numbers()[2]
    simulator.faults("cut_utf8", "list", originProductNo=number)
    body = shop.search(size=5).content
    with pytest.raises(UnicodeDecodeError):
        body.decode()
    entries = json.loads(body.decode(errors="replace"))["contents"]
    damaged = [entry["originProductNo"] for entry in entries if "\ufffd" in json.dumps(entry, ensure_ascii=False)]
    assert damaged == [number]


def test_headers_of_refusals(shop: Shop, simulator: SimulatorProcess) -> None:
    number = shop.list_numbers()[0]
    plans: list[dict[str, Any]] = [
        {"fault": "moved"},
        {"fault": "quota_429", "period": "ROUND"},
        {"fault": "congestion_429", "retryAfter": 30, "form": "date"},
        {"fault": "html_502"},
    ]
    replies = []
    for plan in plans:
        simulator.faults(route="detail", times=1, **plan)
        replies.append(shop.fetch(number))
    moved, quota, crowded, page = replies
    assert (moved.status_code, moved.headers["Location"]) == (308, "/external/v9/moved")
    assert (quota.json()["code"], quota.headers["GNCP-GW-Quota-Period"]) == ("GW.QUOTA_LIMIT", "ROUND")
    moment = email.utils.parsedate_to_datetime(crowded.headers["Retry-After"]).timestamp()
    assert 20 < moment - time.time() <= 30
    assert (page.status_code, page.headers["Content-Type"]) == (502, "text/html;charset=UTF-8")


def test_share_of_refusals_is_drawn_from_the_seed(shop: Shop, simulator: SimulatorProcess) -> None:
    patterns = []
    for seed in (3, 3, 4):
        simulator.reset(seed=seed)
        shop.ask_token()
        simulator.faults("congestion_429", "list", percent=20)
        patterns.append([shop.search(size=1).status_code for _ in range(60)])
    assert patterns[0] == patterns[1] != patterns[2]
    assert 3 <= patterns[0].count(429) <= 24


# The clock.


def test_latency_has_a_long_tail() -> None:
    drawn = sorted(draw_latency(Settings(latency="long_tail"), 1, serial) for serial in range(10_000))
    assert drawn == sorted(draw_latency(Settings(latency="long_tail"), 1, serial) for serial in range(10_000))
    assert 0.115 < drawn[5_000] < 0.125
    assert 0.3 < drawn[9_500] < 0.45
    assert 1.0 <= drawn[-50] <= drawn[-1] <= 3.0


def test_a_scaled_store_shortens_lives_and_announces_what_the_caller_sees() -> None:
    with SimulatorProcess(DEMO_CATALOGUE, products=5, rate=2, speed=50) as simulator:
        shop = Shop(simulator)
        reply = shop.ask_token()
        assert 0 < reply.json()["expires_in"] <= 10_800 / 50
        assert reply.headers["GNCP-GW-RateLimit-Replenish-Rate"] == "100"
        assert reply.headers["GNCP-GW-RateLimit-Burst-Capacity"] == "4"
        assert simulator.counters()["elapsed_seconds"] > 0


@pytest.mark.slow
def test_a_run_of_five_hundred_seconds_takes_the_bucket_s_time_and_no_less(transactional_db: None) -> None:
    with SimulatorProcess(DEMO_CATALOGUE, rate=2, speed=100) as simulator:
        run_id = start_run(store_code=STORE_CODE, api_url=simulator.url)
        facts = sync_store(run_id=run_id)
        seen = simulator.counters()
        store_id = Store.objects.get(code=STORE_CODE).pk
        assert find_differences(simulator.catalogue(), store_id=store_id) == []
    assert (facts.status, facts.created) == ("done", 1000)
    assert seen["elapsed_seconds"] >= (1000 - 4) / 2
    assert facts.rate_limited == seen["rate_limited"] == seen["rate_limited_by_bucket"]


def test_edits_at_midnight_fall_on_two_korean_days(shop: Shop, simulator: SimulatorProcess) -> None:
    before = simulator.catalogue()
    simulator.play("midnight")
    changed = {number for number, entry in simulator.catalogue().items() if entry != before[number]}
    evening = set(shop.list_numbers(periodType="PROD_MOD_DAY", fromDate="2026-11-22", toDate="2026-11-22")) & changed
    morning = set(shop.list_numbers(periodType="PROD_MOD_DAY", fromDate="2026-11-23", toDate="2026-11-23")) & changed
    assert (len(evening), len(morning), evening | morning) == (1, 1, changed)


@pytest.mark.parametrize(("name", "offset_seconds"), [("clock_ahead", -600), ("clock_behind", 600)])
def test_a_caller_whose_clock_is_wrong_is_refused(
    shop: Shop, simulator: SimulatorProcess, name: str, offset_seconds: int
) -> None:
    simulator.play(name)
    reply = shop.ask_token()
    assert (reply.status_code, reply.json()["invalidInputs"][0]["name"]) == (400, "timestamp")
    right = str(int((time.time() + offset_seconds) * 1000))
    assert shop.ask_token(signed_timestamp=right).status_code == 200


# Scenarios by name, resets, and the documents.


def test_reset_brings_the_start_back(shop: Shop, simulator: SimulatorProcess) -> None:
    before = simulator.catalogue()
    simulator.play("limit_changes")
    simulator.play("price_zero")
    simulator.faults("reset", "list")
    simulator.mutate(delete={"count": 3, "at": "start"}, add={"count": 1, "at": "end"})
    simulator.reset()
    assert simulator.catalogue() == before
    assert shop.search().status_code == 401, "tokens are forgotten"
    shop.ask_token()
    assert len(shop.list_numbers(size=500)) == PRODUCTS
    assert simulator.settings()["rate"] == 0
    simulator.reset(seed=99)
    assert simulator.catalogue() != before


def test_picks_depend_on_the_seed_alone(simulator: SimulatorProcess) -> None:
    changed = []
    for seed in (1, 1, 2):
        simulator.reset(seed=seed)
        changed.append(simulator.mutate([{"pick": 1, "set": {"salePrice": 990}}])["changed"])
    assert changed[0] == changed[1] != changed[2]
    with pytest.raises(ValueError, match="pick"):
        simulator.mutate([{"pick": PRODUCTS + 1, "set": {"salePrice": 990}}])


@pytest.mark.parametrize("name", SCENARIOS)
def test_every_scenario_can_be_played(simulator: SimulatorProcess, name: str) -> None:
    simulator.play(name)
    reply = httpx.get(f"{simulator.control_url}/scenarios", trust_env=False).json()
    assert reply["playing"] == name
    assert {"name": name, "part": SCENARIOS[name].part, "summary": SCENARIOS[name].summary} in reply["scenarios"]


def test_an_unknown_scenario_is_refused(simulator: SimulatorProcess) -> None:
    with pytest.raises(ValueError, match="없는 이름"):
        simulator.play("sunshine")


def test_the_program_starts_with_a_scenario() -> None:
    with SimulatorProcess(DEMO_CATALOGUE, products=5, scenario="no_api_group") as simulator:
        shop = Shop(simulator)
        assert shop.ask_token().status_code == 200
        assert shop.search().json()["code"] == "GW.AUTHN"


@pytest.mark.parametrize("arguments", [["--scenario", "sunshine"], ["--speed", "0"], []])
def test_a_wrong_start_is_refused(arguments: list[str]) -> None:
    catalogue = ["--catalogue", str(DEMO_CATALOGUE)] if arguments else []
    done = subprocess.run([*PROGRAM, *catalogue, *arguments], cwd=REPOSITORY_ROOT, capture_output=True, check=False)
    assert done.returncode == 2
    assert b"Traceback" not in done.stderr


def test_the_document_holds_the_table_that_the_program_prints() -> None:
    printed = [
        subprocess.run(
            [*PROGRAM, "--list-scenarios", *more], cwd=REPOSITORY_ROOT, capture_output=True, text=True, check=True
        ).stdout
        for more in ([], ["--markdown"])
    ]
    assert (REPOSITORY_ROOT / "docs/simulator.md").read_text("utf-8").endswith(f"\n\n{printed[1]}")
    assert [line.split()[0] for line in printed[0].splitlines()] == list(SCENARIOS)
    assert all(scenario.summary for scenario in SCENARIOS.values())
