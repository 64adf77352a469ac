"""The tester's levers: counters, edits, faults, the whole truth, and a child that never outlives its parent."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from typing import Any

import httpx
import psutil
import pytest

from products.storesync.simulator.process import REPOSITORY_ROOT, SimulatorProcess
from tests.products.storesync.shop import DEMO_CATALOGUE, Shop

pytestmark = pytest.mark.once

PRODUCTS = 120


@pytest.fixture(scope="module")
def running() -> Iterator[SimulatorProcess]:
    with SimulatorProcess(DEMO_CATALOGUE, products=PRODUCTS) as simulator:
        yield simulator


@pytest.fixture
def simulator(running: SimulatorProcess) -> SimulatorProcess:
    running.clear_faults()
    running.reset_counters()
    return running


@pytest.fixture
def shop(simulator: SimulatorProcess) -> Shop:
    shop = Shop(simulator)
    shop.ask_token()
    return shop


def read_row(simulator: SimulatorProcess, number: int) -> dict[str, Any]:
    row: dict[str, Any] = simulator.catalogue()[number]["list"]["channelProducts"][0]
    return row


def test_counters_tell_requests_details_and_trace_ids(shop: Shop, simulator: SimulatorProcess) -> None:
    number, other, *_ = shop.list_numbers()
    shop.client.headers["X-Trace-Id"] = "trace-of-the-run"
    for asked in (number, number, other, 1):
        shop.fetch(asked)
    shop.fetch_picture(number)
    seen = simulator.counters()
    assert seen["details"] == {str(number): 2, str(other): 1}
    assert seen["requests"] == {
        "/v1/oauth2/token": 1,
        "/v1/products/search": 1,
        "/v2/products/origin-products/{originProductNo}": 4,
        "/images/{originProductNo}.jpg": 1,
    }
    assert seen["statuses"] == {"200": 6, "404": 1}
    assert seen["trace_ids"] == ["trace-of-the-run"]
    assert seen["max_in_flight"] == 1
    simulator.reset_counters()
    assert simulator.counters()["requests"] == {}


def test_truth_is_what_list_and_detail_serve(shop: Shop, simulator: SimulatorProcess) -> None:
    truth = simulator.catalogue()
    listed = {entry["originProductNo"]: entry for entry in shop.search(size=500).json()["contents"]}
    assert {number: entry["list"] for number, entry in truth.items()} == listed
    for number in list(truth)[:10]:
        assert shop.fetch(number).json() == truth[number]["detail"]


def test_named_edit_changes_the_value_and_moves_the_date(shop: Shop, simulator: SimulatorProcess) -> None:
    before = simulator.catalogue()
    number = next(iter(before))
    result = simulator.mutate([{"originProductNo": number, "set": {"salePrice": 9900}}])
    after = simulator.catalogue()
    assert result == {"changed": [number], "added": [], "deleted": []}
    assert shop.fetch(number).json()["originProduct"]["salePrice"] == 9900
    old, new = (truth[number]["list"]["channelProducts"][0] for truth in (before, after))
    assert new["salePrice"] == 9900
    assert new["modifiedDate"] > old["modifiedDate"]
    assert {key for key in new if new[key] != old[key]} == {"salePrice", "modifiedDate"}
    assert {key: value for key, value in after.items() if key != number} == {
        key: value for key, value in before.items() if key != number
    }


def test_random_edit_changes_exactly_so_many_products(simulator: SimulatorProcess) -> None:
    before = simulator.catalogue()
    changed = simulator.change_random(37, seed=7, fields=["salePrice", "stockQuantity"])
    after = simulator.catalogue()
    assert sorted(number for number in before if before[number] != after[number]) == changed
    assert len(changed) == 37
    for number in changed:
        old, new = (truth[number]["list"]["channelProducts"][0] for truth in (before, after))
        assert new["salePrice"] != old["salePrice"]
        assert new["stockQuantity"] != old["stockQuantity"]
        assert new.get("discountedPrice", 0) <= new["salePrice"]


def test_price_can_be_null_or_absent(simulator: SimulatorProcess) -> None:
    first, second, *_ = simulator.catalogue()
    simulator.mutate(
        [{"originProductNo": first, "set": {"salePrice": None}}, {"originProductNo": second, "unset": ["salePrice"]}]
    )
    assert read_row(simulator, first)["salePrice"] is None
    assert "salePrice" not in read_row(simulator, second)
    assert "salePrice" not in simulator.catalogue()[second]["detail"]["originProduct"]


def test_edit_may_leave_the_date_alone(simulator: SimulatorProcess) -> None:
    number = next(iter(simulator.catalogue()))
    date = read_row(simulator, number)["modifiedDate"]
    simulator.mutate([{"originProductNo": number, "set": {"stockQuantity": 4321}}], touch=False)
    assert read_row(simulator, number)["stockQuantity"] == 4321
    assert read_row(simulator, number)["modifiedDate"] == date


def test_products_come_and_go(shop: Shop, simulator: SimulatorProcess) -> None:
    gone = max(simulator.catalogue())
    row = {"originProductNo": 77, "name": "새 상품", "salePrice": 5000}
    assert simulator.mutate(add=[row], delete=[gone]) == {"changed": [], "added": [77], "deleted": [gone]}
    assert shop.fetch(gone).status_code == 404
    assert shop.fetch(77).json()["originProduct"]["name"] == "새 상품"
    assert read_row(simulator, 77)["channelProductNo"] == 1_000_000_077
    simulator.mutate(delete=[77])


@pytest.mark.parametrize(
    "plan",
    [
        {"products": [{"originProductNo": 1, "set": {"salePrice": 1}}]},
        {"add": [{"name": "번호 없음"}]},
        {"delete": [1]},
        {"random": {"count": 0}},
        {"random": {"count": 1, "fields": ["weight"]}},
        {"unknown": True},
        {"products": [{"originProductNo": "first", "set": {"price": 1}}]},
    ],
)
def test_bad_edit_changes_nothing(simulator: SimulatorProcess, plan: dict[str, Any]) -> None:
    before = simulator.catalogue()
    number = next(iter(before))
    good = {"originProductNo": number, "set": {"salePrice": 123450}}
    body = plan | {"products": [good, *plan.get("products", [])]}
    reply = httpx.post(f"{simulator.control_url}/mutate", json=body, trust_env=False)
    assert reply.status_code == 400
    assert reply.json()["message"]
    assert simulator.catalogue() == before


def test_broken_json_strikes_one_product_so_often(shop: Shop, simulator: SimulatorProcess) -> None:
    number, other, *_ = shop.list_numbers()
    simulator.faults("broken_json", "detail", originProductNo=number, times=2)
    assert shop.fetch(other).json()
    for _ in range(2):
        with pytest.raises(json.JSONDecodeError):
            shop.fetch(number).json()
    assert shop.fetch(number).json()
    assert simulator.counters()["faults"] == {"broken_json": 2}


def test_every_third_list_is_refused_by_congestion(shop: Shop, simulator: SimulatorProcess) -> None:
    simulator.faults("congestion_429", "list", every=3, retryAfter=2)
    replies = [shop.search(size=1) for _ in range(6)]
    assert [reply.status_code for reply in replies] == [200, 200, 429, 200, 200, 429]
    assert replies[2].headers["Retry-After"] == "2"
    assert int(replies[2].headers["GNCP-GW-RateLimit-Remaining"]) > 0
    seen = simulator.counters()
    assert (seen["rate_limited"], seen["rate_limited_by_bucket"]) == (2, 0)


def test_answers_that_are_no_product(shop: Shop, simulator: SimulatorProcess) -> None:
    number = shop.list_numbers()[0]
    plans: list[dict[str, Any]] = [
        {"fault": "html_200"},
        {"fault": "empty_body"},
        {"fault": "status", "status": 503, "code": "GW.BLOCK.01"},
        {"fault": "status", "status": 500},
    ]
    replies = []
    for plan in plans:
        simulator.faults(route="detail", times=1, **plan)
        replies.append(shop.fetch(number))
    assert [reply.status_code for reply in replies] == [200, 200, 503, 500]
    assert replies[0].headers["Content-Type"].startswith("text/html")
    assert replies[1].content == b""
    assert replies[2].json()["code"] == "GW.BLOCK.01"
    assert "traceId" in replies[2].json()
    assert replies[3].json()["code"] == "INTERNAL_SERVER_ERROR"
    assert shop.fetch(number).status_code == 200


def test_reset_cuts_the_connection_and_the_next_call_works(shop: Shop, simulator: SimulatorProcess) -> None:
    number = shop.list_numbers()[0]
    simulator.faults("reset", "detail", times=1)
    with pytest.raises(httpx.ReadError) as caught:
        shop.fetch(number)
    assert "reset" in str(caught.value).lower()
    assert shop.fetch(number).status_code == 200
    assert simulator.counters()["statuses"]["reset"] == 1


def test_hang_answers_late(shop: Shop, simulator: SimulatorProcess) -> None:
    number = shop.list_numbers()[0]
    simulator.faults("hang", "detail", times=1, seconds=0.4)
    with pytest.raises(httpx.ReadTimeout):
        shop.client.get(f"{simulator.url}/v2/products/origin-products/{number}", timeout=0.1)
    assert shop.fetch(number).status_code == 200


def test_dropped_field_is_missing_only_where_it_should(shop: Shop, simulator: SimulatorProcess) -> None:
    number = shop.list_numbers()[0]
    simulator.faults("drop_field", "list", field="name", originProductNo=number)
    simulator.faults("drop_field", "detail", field="salePrice", originProductNo=number)
    assert shop.search(size=501).json()["code"] == "BAD_REQUEST"
    page = shop.search(size=3).json()
    assert ["name" in entry["channelProducts"][0] for entry in page["contents"]] == [False, True, True]
    assert page["sort"]["fields"][0]["name"] == "NO"
    assert "salePrice" not in shop.fetch(number).json()["originProduct"]


def test_picture_that_is_no_image(shop: Shop, simulator: SimulatorProcess) -> None:
    number = shop.list_numbers()[0]
    simulator.faults("not_an_image", "image", originProductNo=number)
    reply = shop.fetch_picture(number)
    assert (reply.status_code, reply.headers["Content-Type"]) == (200, "image/jpeg")
    assert reply.content.startswith(b"<!DOCTYPE")


def test_missing_api_group_refuses_a_living_token(shop: Shop, simulator: SimulatorProcess) -> None:
    token = shop.ask_token().json()["access_token"]
    simulator.faults("no_api_group")
    assert shop.search().json()["code"] == "GW.AUTHN"
    assert shop.ask_token().json()["access_token"] == token
    assert shop.search().status_code == 401


def test_foreign_address_is_refused_everywhere(shop: Shop, simulator: SimulatorProcess) -> None:
    simulator.faults("ip_not_allowed")
    assert {shop.ask_token().status_code, shop.search().status_code, shop.fetch(1).status_code} == {403}
    assert shop.search().json()["code"] == "GW.IP_NOT_ALLOWED"


@pytest.mark.parametrize(
    "plan",
    [
        {"fault": "nothing"},
        {"fault": "status"},
        {"fault": "not_an_image", "route": "list"},
        {"fault": "reset", "times": 0},
        {"fault": "hang", "seconds": "long"},
        {"fault": "reset", "colour": "red"},
    ],
)
def test_bad_fault_is_refused(simulator: SimulatorProcess, plan: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"[가-힣]"):
        simulator.faults(**plan)
    reply = httpx.get(f"{simulator.control_url}/faults", trust_env=False)
    assert reply.json()["faults"] == []


def test_sigterm_ends_with_status_zero() -> None:
    command = [sys.executable, "-m", "products.storesync.simulator", "--catalogue", str(DEMO_CATALOGUE)]
    with subprocess.Popen(command, cwd=REPOSITORY_ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        ready = json.loads(process.stdout.readline())
        assert set(ready) == {"url", "control", "products"}
        assert ready["products"] == 1000
        process.send_signal(signal.SIGTERM)
        assert process.wait(5) == 0
        assert process.stdout.read() == ""


def test_simulator_goes_when_its_parent_is_killed() -> None:
    code = (
        "import sys, time\n"
        "from products.storesync.simulator.process import SimulatorProcess\n"
        f"simulator = SimulatorProcess({str(DEMO_CATALOGUE)!r}, products=3).start()\n"
        "print(simulator.pid, flush=True)\n"
        "time.sleep(60)\n"
    )
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY_ROOT)}
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, env=environment) as parent:
        assert parent.stdout is not None
        child = psutil.Process(int(parent.stdout.readline()))
        parent.kill()
    deadline = time.monotonic() + 5
    while child.is_running() and child.status() != psutil.STATUS_ZOMBIE:
        assert time.monotonic() < deadline, "the simulator outlived its parent"
        time.sleep(0.05)
