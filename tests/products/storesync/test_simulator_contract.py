"""A client that breaks a rule of the store is refused, and the simulator keeps the account of it."""

import base64
import itertools
import socket
import time
from collections.abc import Callable, Iterator
from typing import Any

import bcrypt
import httpx
import pytest

from products.storesync.simulator.clock import StoreClock
from products.storesync.simulator.limiter import RateLimiter
from products.storesync.simulator.process import SimulatorProcess
from products.storesync.simulator.settings import Settings
from tests.products.storesync.shop import DEMO_CATALOGUE, NO_TLS, Shop, build_token_form

pytestmark = pytest.mark.once

PRODUCTS = 40
LIST = "/v1/products/search"


@pytest.fixture(scope="module")
def running() -> Iterator[SimulatorProcess]:
    with SimulatorProcess(DEMO_CATALOGUE, products=PRODUCTS) as simulator:
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


def sign_halfway(shop: Shop) -> httpx.Response:
    """A signature whose salt is right and whose hash is of something else: comparing prefixes would take it."""
    hashed = bcrypt.hashpw(b"something else", shop.simulator.client_secret.encode())
    return shop.ask_token(client_secret_sign=base64.b64encode(hashed).decode())


def sign_at(shop: Shop, offset_seconds: float) -> httpx.Response:
    return shop.ask_token(signed_timestamp=str(int((time.time() + offset_seconds) * 1000)))


def send_without(shop: Shop, header: str) -> httpx.Response:
    shop.client.headers["Authorization"] = header
    return shop.search()


def send_after_expiry(shop: Shop) -> httpx.Response:
    shop.simulator.expire_token()
    return shop.search()


def send_after_own_life(shop: Shop) -> httpx.Response:
    """The store's clock runs on; the caller keeps its token too long."""
    shop.simulator.settings(tokenSeconds=1)
    shop.simulator.expire_token()
    shop.ask_token()
    time.sleep(1.1)
    return shop.search()


def burst(shop: Shop, **settings: Any) -> httpx.Response:
    shop.simulator.settings(rate=1, **settings)
    return [shop.search(size=1) for _ in range(4)][-1]


def call_from_elsewhere(shop: Shop) -> httpx.Response:
    shop.simulator.settings(allowedIps=["127.0.0.2", "127.0.0.3"])
    return shop.search()


def ask_token_from_elsewhere(shop: Shop) -> httpx.Response:
    shop.simulator.settings(allowedIps=["127.0.0.2"])
    return shop.ask_token()


def search_too_much(shop: Shop) -> httpx.Response:
    shop.simulator.settings(mostResults=PRODUCTS - 1)
    return shop.search()


BREACHES: dict[str, tuple[Callable[[Shop], httpx.Response], int, str, str]] = {
    "wrong signature": (lambda shop: shop.ask_token(client_secret_sign="JDJhJDA0JHdyb25n"), 400, "BAD_REQUEST", "client_secret_sign"),
    "right salt, wrong hash": (sign_halfway, 400, "BAD_REQUEST", "client_secret_sign"),
    "timestamp in the future": (lambda shop: sign_at(shop, 30), 400, "BAD_REQUEST", "timestamp"),
    "timestamp too old": (lambda shop: sign_at(shop, -301), 400, "BAD_REQUEST", "timestamp"),
    "timestamp in seconds": (lambda shop: shop.ask_token(signed_timestamp=str(int(time.time()))), 400, "BAD_REQUEST", "timestamp"),
    "unknown type": (lambda shop: shop.ask_token(type="AGENCY"), 400, "BAD_REQUEST", "type"),
    "seller without account": (lambda shop: shop.ask_token(type="SELLER"), 400, "BAD_REQUEST", "account_id"),
    "no token": (lambda shop: send_without(shop, ""), 401, "GW.AUTHN", ""),
    "token without its scheme": (lambda shop: send_without(shop, "abc"), 401, "GW.AUTHN", ""),
    "expired token": (send_after_expiry, 401, "GW.AUTHN", ""),
    "token kept too long": (send_after_own_life, 401, "GW.AUTHN", ""),
    "page of 501": (lambda shop: shop.search(size=501), 400, "BAD_REQUEST", "size"),
    "page 0": (lambda shop: shop.search(page=0), 400, "BAD_REQUEST", "page"),
    "unknown order": (lambda shop: shop.search(orderType="BEST"), 400, "BAD_REQUEST", "orderType"),
    "more results than allowed": (search_too_much, 400, "BAD_REQUEST", "page"),
    "list by GET": (lambda shop: shop.client.get(f"{shop.simulator.url}{LIST}"), 404, "GW.NOT_FOUND", ""),
    "partner's address": (lambda shop: shop.client.post(shop.simulator.url.replace('/external', '/partner') + LIST), 404, "GW.NOT_FOUND", ""),
    "too many at once": (burst, 429, "GW.RATE_LIMIT", ""),
    "too many at once, refilled by second": (lambda shop: burst(shop, refill="second"), 429, "GW.RATE_LIMIT", ""),
    "unregistered IP": (call_from_elsewhere, 403, "GW.IP_NOT_ALLOWED", ""),
    "unregistered IP asks for a token": (ask_token_from_elsewhere, 403, "GW.IP_NOT_ALLOWED", ""),
}  # fmt: skip


@pytest.mark.parametrize("breach", BREACHES)
def test_a_client_that_breaks_a_rule_is_refused(shop: Shop, breach: str) -> None:
    act, status, code, field = BREACHES[breach]
    reply = act(shop)
    body = reply.json()
    assert (reply.status_code, body["code"]) == (status, code)
    assert [entry["name"] for entry in body.get("invalidInputs", [])] == ([field] if field else [])
    assert ("traceId" in body) == code.startswith("GW.")
    assert reply.headers["GNCP-GW-RateLimit-Replenish-Rate"]


def test_a_registered_address_is_let_in(shop: Shop) -> None:
    shop.simulator.settings(allowedIps=["127.0.0.2"])
    assert shop.search().status_code == 403
    transport = httpx.HTTPTransport(local_address="127.0.0.2", verify=NO_TLS)
    with httpx.Client(transport=transport, headers=shop.client.headers) as other:
        assert other.post(f"{shop.simulator.url}{LIST}", json={}).status_code == 200


@pytest.mark.parametrize(
    "values",
    [
        {"allowedIps": ["127.0.0.1"] * 4},
        {"allowedIps": ["::1"]},
        {"rate": -1},
        {"rate": 1.5},
        {"burst": 0},
        {"refill": "daily"},
        {"weather": "fine"},
    ],
)
def test_a_setting_that_cannot_be_changes_nothing(simulator: SimulatorProcess, values: dict[str, Any]) -> None:
    before = simulator.settings()
    with pytest.raises(ValueError, match=r"[가-힣]"):
        simulator.settings(latencyMs=5, **values)
    assert simulator.settings() == before


def test_violations_are_counted_and_logged(shop: Shop) -> None:
    shop.simulator.settings(rate=1, burst=2)
    shop.simulator.reset_counters()
    statuses = [shop.search(size=1).status_code for _ in range(5)]
    seen = shop.simulator.counters()
    assert statuses == [200, 200, 429, 429, 429]
    assert seen["rate_limited_by_bucket"] == 3
    assert [entry["route"] for entry in seen["violations"]] == [LIST] * 3
    moments = [entry["at_seconds"] for entry in seen["violations"]]
    assert moments == sorted(moments)
    assert 0 <= seen["min_gap_seconds"][LIST] < seen["elapsed_seconds"]


class FixedClock(StoreClock):
    """Seconds that the test sets."""

    seconds = 0.0

    def read_seconds(self) -> float:
        return self.seconds


def take_all(limiter: RateLimiter) -> int:
    return next(count for count in itertools.count() if not limiter.take("app", LIST)[0])


@pytest.mark.parametrize(("refill", "taken"), [("continuous", [4, 1, 1, 1, 2, 4]), ("second", [4, 0, 2, 0, 2, 4])])
def test_bucket_refills_by_the_moment_or_by_whole_seconds(refill: str, taken: list[int]) -> None:
    clock = FixedClock()
    limiter = RateLimiter(clock, Settings(rate=2, refill=refill))
    found = []
    for clock.seconds in (0.0, 0.5, 1.0, 1.5, 2.5, 60.0):
        found.append(take_all(limiter))
    assert found == taken


def test_buckets_differ_by_route_and_application() -> None:
    limiter = RateLimiter(FixedClock(), Settings(rate=1))
    for app, template in (("a", "list"), ("a", "detail"), ("b", "list")):
        assert [limiter.take(app, template)[0] for _ in range(3)] == [True, True, False]


@pytest.mark.parametrize(
    ("variant", "headers"),
    [
        ("full", ["1", "2", "0"]),
        ("missing", [None, None, None]),
        ("non_numeric", ["1/s", "twice", "unknown"]),
        ("negative", ["1", "2", "-1"]),
    ],
)
def test_limit_headers_on_a_429(shop: Shop, variant: str, headers: list[str | None]) -> None:
    shop.simulator.settings(rate=1, limitHeaders=variant)
    reply = [shop.search(size=1) for _ in range(3)][-1]
    names = ("Replenish-Rate", "Burst-Capacity", "Remaining")
    assert reply.status_code == 429
    assert [reply.headers.get(f"GNCP-GW-RateLimit-{name}") for name in names] == headers


def test_rate_changes_in_the_middle(shop: Shop) -> None:
    shop.simulator.settings(rate=200)
    shop.simulator.event("list", after=2, settings={"rate": 100})
    shop.simulator.event("list", after=4, settings={"rate": 500})
    rates = [shop.search(size=1).headers["GNCP-GW-RateLimit-Replenish-Rate"] for _ in range(5)]
    assert rates == ["200", "100", "100", "500", "500"]


def test_idle_connection_is_closed_and_a_busy_one_is_not(simulator: SimulatorProcess) -> None:
    simulator.settings(idleSeconds=0.3)
    url = httpx.URL(simulator.url)
    with socket.create_connection((url.host, url.port or 80), timeout=10) as connection:
        connection.sendall(b"GET /external/nothing HTTP/1.1\r\nHost: store\r\n\r\n")
        assert connection.recv(65536).startswith(b"HTTP/1.1 404")
        assert connection.recv(65536) == b""


def test_late_reset_sends_headers_first(shop: Shop) -> None:
    shop.simulator.faults("reset_late", "list", times=1)
    url = httpx.URL(shop.simulator.url)
    token = shop.client.headers["Authorization"]
    with socket.create_connection((url.host, url.port or 80), timeout=10) as connection:
        head = (
            f"POST /external{LIST} HTTP/1.1\r\nHost: store\r\nAuthorization: {token}\r\nContent-Length: 2\r\n\r\n{{}}"
        )
        connection.sendall(head.encode())
        received = connection.recv(1000)
        with pytest.raises(ConnectionResetError):
            read_to_the_end(connection)
    assert received.startswith(b"HTTP/1.1 200")
    assert b"GNCP-GW-Trace-ID" in received


def read_to_the_end(connection: socket.socket) -> None:
    while connection.recv(65536):
        pass


def test_right_caller_from_the_documents_is_served(simulator: SimulatorProcess) -> None:
    with httpx.Client(trust_env=False, verify=NO_TLS) as client:
        form = build_token_form(simulator, type="SELLER", account_id="ncp_1o1cu7_01")
        token = client.post(f"{simulator.url}/v1/oauth2/token", data=form).json()["access_token"]
        headers = {"Authorization": f"Bearer {token}"}
        page = client.post(f"{simulator.url}{LIST}", json={"size": 500, "orderType": "NO"}, headers=headers).json()
    assert len(page["contents"]) == page["totalElements"] == PRODUCTS
