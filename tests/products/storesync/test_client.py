"""The client against a store that answers as told: what it sends, what it tries again, what it says when it gives up."""

import gzip
import json
import socket
import threading
import time
from collections import defaultdict
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any
from urllib.parse import parse_qs

import pytest

from perfhooks.metrics import open_channel
from perfhooks.recorder import Recorder
from perfhooks.trace import bind_trace
from products.storesync import errors
from products.storesync.accounts import StoreAccount
from products.storesync.client import StoreClient
from products.storesync.pacer import MemoryBook
from products.storesync.retries import RetryRules
from products.storesync.signature import sign_request
from products.storesync.simulator.process import SimulatorProcess
from products.storesync.simulator.tokens import DEMO_CLIENT_ID, DEMO_CLIENT_SECRET
from tests.products.storesync.scripted import DETAIL, LIMITS, Answer, ScriptedStore, issue, refuse

QUICK = RetryRules(attempts=3, first_wait_seconds=0.01, longest_wait_seconds=0.02, limited_wait_seconds=0.01)
FOUND = Answer(200, DETAIL)
PAGE = Answer(200, {"contents": [], "page": 1, "totalElements": 0, "totalPages": 0})


@contextmanager
def open_client(store: ScriptedStore, rules: RetryRules = QUICK) -> Iterator[StoreClient]:
    with StoreClient(store.account, rules=rules) as client:
        yield client


def test_what_is_sent() -> None:
    with (
        ScriptedStore(detail=[FOUND], list=[PAGE]) as store,
        open_client(store) as client,
        bind_trace("trace-of-a-test"),
    ):
        client.fetch_page(page=2, size=9_999)
        client.fetch_detail(13721295767)
        token, listed, detail = store.seen["token"][0], store.seen["list"][0], store.seen["detail"][0]
    form = {name: values[0] for name, values in parse_qs(token.body.decode()).items()}
    signed = sign_request(
        client_id=DEMO_CLIENT_ID, client_secret=DEMO_CLIENT_SECRET, timestamp_ms=int(form["timestamp"])
    )
    assert form["client_secret_sign"] == signed
    assert (form["grant_type"], form["type"], form["client_id"]) == ("client_credentials", "SELF", DEMO_CLIENT_ID)
    assert 0 < time.time() * 1000 - int(form["timestamp"]) < 60_000, "never from the future"
    assert json.loads(listed.body) == {"page": 2, "size": 500, "orderType": "NO"}
    assert detail.path == "/external/v2/products/origin-products/13721295767"
    for seen in (token, listed, detail):
        assert seen.headers["X-Trace-Id"] == "trace-of-a-test"
    assert {seen.headers["Authorization"] for seen in (listed, detail)} == {"Bearer t-1"}
    assert len(store.seen["token"]) == 1


def test_what_is_measured() -> None:
    requests, limited = open_channel("api_requests_total", "counter"), open_channel("api_429_total", "counter")
    before = [requests.child(("detail", status))._value.get() for status in ("200", "429", "500")]
    before_limited = limited.child(())._value.get()
    script = [refuse(429, "GW.RATE_LIMIT"), refuse(500, "GW.PROXY.01"), FOUND]
    with Recorder() as recorder, ScriptedStore(detail=script) as store, open_client(store) as client:
        client.fetch_detail(5, sku="JB-5")
        counts = client.take_counts()
    after = [requests.child(("detail", status))._value.get() for status in ("200", "429", "500")]
    assert [now - then for now, then in zip(after, before, strict=True)] == [1, 1, 1]
    assert limited.child(())._value.get() - before_limited == 1
    assert (counts.calls, counts.rate_limited, counts.retries) == (4, 1, 1)
    assert [(sku, number) for _seconds, sku, number in counts.slowest] == [("JB-5", 5)] * 3
    assert len(recorder.samples("detail_fetch_seconds")) == 3
    assert len(recorder.samples("token_fetch_seconds")) == 1
    assert client.take_counts().calls == 0


@pytest.mark.parametrize(
    ("code", "headers", "imposed"),
    [
        ("GW.RATE_LIMIT", {"GNCP-GW-RateLimit-Remaining": "0"}, 0),
        ("GW.RATE_LIMIT", {"GNCP-GW-RateLimit-Remaining": "-1"}, 0),
        ("GW.RATE_LIMIT", {"GNCP-GW-RateLimit-Remaining": "unknown"}, 1),
        ("GW.RATE_LIMIT", {"GNCP-GW-RateLimit-Remaining": ""}, 1),
        ("GW.RATE_LIMIT", {"GNCP-GW-RateLimit-Remaining": "3"}, 1),
        ("GW.QUOTA_SECONDS", {"GNCP-GW-RateLimit-Remaining": "0"}, 1),
        ("GW.RATE_LIMIT", {"GNCP-GW-RateLimit-Remaining": "0", "GNCP-GW-Quota-Period": "SECONDS"}, 1),
    ],
)
def test_a_429_that_pacing_could_have_avoided_is_told_from_one_that_the_store_imposed(
    code: str, headers: dict[str, str], imposed: int
) -> None:
    limited = Answer(429, {"code": code, "message": "거절"}, headers)
    with Recorder() as recorder, ScriptedStore(detail=[limited, FOUND]) as store, open_client(store) as client:
        client.fetch_detail(1)
        counts = client.take_counts()
    assert (counts.rate_limited, counts.rate_limited_imposed) == (1, imposed)
    assert recorder.labelled_totals("api_429_cause_total") == {("imposed" if imposed else "own",): 1}


def test_without_its_cache_a_client_asks_for_a_token_and_a_connection_each_time() -> None:
    for is_cached, tokens in ((True, 1), (False, 3)):
        with (
            ScriptedStore(detail=[FOUND]) as store,
            StoreClient(store.account, rules=QUICK, is_cached=is_cached) as client,
        ):
            for number in (1, 2, 3):
                client.fetch_detail(number)
            assert len(store.seen["token"]) == tokens
            assert len({seen.port for seen in store.seen["detail"]}) == (1 if is_cached else 3)


def test_the_wait_for_a_turn_is_no_part_of_a_details_time() -> None:
    slow = {"GNCP-GW-RateLimit-Replenish-Rate": "4", "GNCP-GW-RateLimit-Burst-Capacity": "2"}
    with (
        Recorder() as recorder,
        ScriptedStore(detail=[Answer(200, DETAIL, slow)]) as store,
        open_client(store) as client,
    ):
        started = time.monotonic()
        for number in range(1, 5):
            client.fetch_detail(number)
        passed = time.monotonic() - started
    assert passed > 0.4
    assert max(recorder.samples("detail_fetch_seconds")) < 0.2


@pytest.mark.parametrize(
    "trouble",
    [
        refuse(500, "GW.PROXY.05"),
        refuse(500, "INTERNAL_SERVER_ERROR"),
        refuse(504, "GW.TIMEOUT.01"),
        Answer(502, b"<html>Bad Gateway</html>"),
        Answer(200, b'{"originProduct":{"sta'),
        Answer(200, b""),
        Answer(200, b"<html>maintenance</html>"),
        Answer(200, b"not gzip at all", {"Content-Encoding": "gzip"}),
        Answer(200, b'{"originProduct":{"statusType":"\xed\x95'),
    ],
)
def test_what_passes_by_itself_is_tried_again(trouble: Answer) -> None:
    with ScriptedStore(detail=[trouble, trouble, FOUND]) as store, open_client(store) as client:
        assert client.fetch_detail(1).value.origin_product.status_type == "SALE"
        assert client.take_counts().retries == 2


def test_compressed_replies_are_read() -> None:
    packed = Answer(200, gzip.compress(json.dumps(DETAIL).encode()), {"Content-Encoding": "gzip"})
    with ScriptedStore(detail=[packed]) as store, open_client(store) as client:
        assert client.fetch_detail(1).value.origin_product.detail_content == "<p>안녕</p>"


@pytest.mark.parametrize(
    ("answer", "kind", "calls"),
    [
        (refuse(500, "GW.PROXY.01"), errors.GatewayFaultError, 3),
        (refuse(500, "INTERNAL_SERVER_ERROR"), errors.ServerFaultError, 3),
        (Answer(200, b"{"), errors.BrokenReplyError, 3),
        (Answer(200, {"originProduct": {}}), errors.DriftedReplyError, 1),
        (refuse(400, "BAD_REQUEST"), errors.BadCallError, 1),
        (refuse(404, "NOT_FOUND"), errors.ProductGoneError, 1),
        (refuse(404, "GW.NOT_FOUND"), errors.UnknownRouteError, 1),
        (refuse(401, "UNAUTHORIZED"), errors.PermissionRefusedError, 1),
        (refuse(403, "FORBIDDEN"), errors.PermissionRefusedError, 1),
        (refuse(429, "GW.QUOTA_LIMIT", GNCP_GW_Quota_Period="ROUND"), errors.QuotaSpentError, 1),
        (Answer(308, b"", {"Location": "http://127.0.0.1:1/elsewhere"}), errors.MovedError, 1),
    ],
)
def test_what_does_not_pass_is_raised_after_the_right_number_of_calls(
    answer: Answer, kind: type[errors.StoreCallError], calls: int
) -> None:
    with ScriptedStore(detail=[answer]) as store, open_client(store) as client:
        with pytest.raises(kind) as caught:
            client.fetch_detail(1)
        assert len(store.seen["detail"]) == calls
    assert caught.value.reply.trace_id == LIMITS["GNCP-GW-Trace-ID"]


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (refuse(503, "GW.BLOCK.02"), errors.GatewayBlockedError),
        (refuse(403, "GW.IP_NOT_ALLOWED"), errors.AddressRefusedError),
    ],
)
def test_some_replies_get_one_slow_second_chance(
    monkeypatch: pytest.MonkeyPatch, answer: Answer, kind: type[errors.StoreCallError]
) -> None:
    monkeypatch.setattr(kind, "wait_seconds", 0.05)
    with ScriptedStore(detail=[answer]) as store, open_client(store) as client:
        with pytest.raises(kind):
            client.fetch_detail(1)
        assert len(store.seen["detail"]) == 2


def test_a_rate_limit_spends_no_attempt() -> None:
    script = [*[refuse(429, "GW.RATE_LIMIT")] * 8, FOUND]
    with ScriptedStore(detail=script) as store, open_client(store) as client:
        client.fetch_detail(1)
        counts = client.take_counts()
    assert (counts.rate_limited, counts.retries) == (8, 0)


def test_a_quota_per_second_is_waited_out() -> None:
    script = [refuse(429, "GW.QUOTA_LIMIT", GNCP_GW_Quota_Period="SECONDS"), FOUND]
    with ScriptedStore(detail=script) as store, open_client(store) as client:
        client.fetch_detail(1)


@pytest.mark.parametrize("is_date", [False, True], ids=["seconds", "HTTP date"])
def test_retry_after_is_obeyed(is_date: bool) -> None:
    until = time.strftime("%a, %d %b %Y %H:%M:%S GMT", time.gmtime(time.time() + 2))
    script = [refuse(429, "GW.RATE_LIMIT", Retry_After=until if is_date else "1"), FOUND]
    with ScriptedStore(detail=script) as store, open_client(store) as client:
        started = time.monotonic()
        client.fetch_detail(1)
    assert 0.9 < time.monotonic() - started < 2.5


def test_a_date_to_wait_for_is_read_by_the_store_s_clock() -> None:
    said = {"Date": "Mon, 23 Nov 2020 00:00:00 GMT", "Retry_After": "Mon, 23 Nov 2020 01:00:00 GMT"}
    with (
        ScriptedStore(detail=[refuse(429, "GW.RATE_LIMIT", **said)]) as store,
        open_client(store, RetryRules(longest_limited_seconds=60)) as client,
        pytest.raises(errors.RateLimitedError) as caught,
    ):
        client.fetch_detail(1)
    assert caught.value.reply.retry_after_seconds == 3_600


def test_a_limit_that_never_ends_is_given_up_for_later() -> None:
    rules = RetryRules(longest_limited_seconds=60)
    with (
        ScriptedStore(detail=[refuse(429, "GW.RATE_LIMIT", Retry_After="3600")]) as store,
        open_client(store, rules) as client,
        pytest.raises(errors.RateLimitedError) as caught,
    ):
        client.fetch_detail(1)
    assert caught.value.is_resumable


@pytest.mark.parametrize(
    "hour",
    [
        refuse(429, "GW.RATE_LIMIT", Retry_After="7200"),
        refuse(429, "GW.QUOTA_LIMIT", Retry_After="7200", GNCP_GW_Quota_Period="ROUND"),
    ],
)
def test_a_limit_that_was_given_up_binds_the_next_start(hour: Answer) -> None:
    books: dict[str, MemoryBook] = defaultdict(MemoryBook)
    with ScriptedStore(detail=[hour, FOUND]) as store:
        for kind in (errors.StoreCallError, errors.RateLimitedError):
            with (
                StoreClient(store.account, rules=QUICK, open_book=lambda _account, endpoint: books[endpoint]) as client,
                pytest.raises(kind) as caught,
            ):
                client.fetch_detail(1)
        assert len(store.seen["detail"]) == 1
    assert 7_000 < (caught.value.reply.retry_after_seconds or 0) <= 7_200
    assert "대기 시간이 120분 남았습니다" in str(caught.value)


def test_an_expired_token_is_renewed_once_for_the_call() -> None:
    script: dict[str, Any] = {"token": [issue("old"), issue("new")], "detail": [refuse(401, "GW.AUTHN"), FOUND]}
    with ScriptedStore(**script) as store, open_client(store) as client:
        client.fetch_detail(1)
        assert [seen.headers["Authorization"] for seen in store.seen["detail"]] == ["Bearer old", "Bearer new"]


def test_a_new_token_that_is_refused_too_ends_the_call() -> None:
    script: dict[str, Any] = {"token": [issue("a"), issue("b"), issue("c")], "detail": [refuse(401, "GW.AUTHN")]}
    with ScriptedStore(**script) as store, open_client(store) as client:
        with pytest.raises(errors.TokenRefusedError, match="API 그룹"):
            client.fetch_detail(1)
        assert len(store.seen["detail"]) == 2


def test_the_same_token_again_ends_the_call() -> None:
    with ScriptedStore(detail=[refuse(401, "GW.AUTHN")]) as store, open_client(store) as client:
        with pytest.raises(errors.LivingTokenRefusedError, match="만료가 아닙니다"):
            client.fetch_detail(1)
        assert (len(store.seen["token"]), len(store.seen["detail"])) == (2, 1)


def test_threads_share_one_renewal(store: SimulatorProcess) -> None:
    account = StoreAccount(store.url, DEMO_CLIENT_ID, DEMO_CLIENT_SECRET)
    numbers = list(store.catalogue())[:8]
    with StoreClient(account, rules=QUICK) as client:
        client.fetch_token()
        store.expire_token()
        with ThreadPoolExecutor(8) as pool:
            read = list(pool.map(client.fetch_detail, numbers))
    assert len(read) == 8
    statuses = store.counters()["statuses_by_route"]
    assert statuses["/v1/oauth2/token"] == {"200": 2}
    assert statuses["/v2/products/origin-products/{originProductNo}"]["401"] >= 1


def test_nobody_at_the_address() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        account = StoreAccount(f"http://127.0.0.1:{free.getsockname()[1]}/external", DEMO_CLIENT_ID, DEMO_CLIENT_SECRET)
        with StoreClient(account, rules=QUICK) as client, pytest.raises(errors.UnreachableError) as caught:
            client.fetch_token()
        assert client.take_counts().calls == 3
    assert "스토어에 연결할 수 없습니다" in str(caught.value)
    assert "STORE_API_URL" in str(caught.value)
    assert caught.value.is_resumable


def test_a_connection_cut_before_the_reply_is_tried_again() -> None:
    def cut_three() -> None:
        for _attempt in range(3):
            server.accept()[0].close()

    with socket.create_server(("127.0.0.1", 0)) as server:
        cutter = threading.Thread(target=cut_three, daemon=True)
        cutter.start()
        account = StoreAccount(f"http://127.0.0.1:{server.getsockname()[1]}", DEMO_CLIENT_ID, DEMO_CLIENT_SECRET)
        with (
            StoreClient(account, rules=QUICK) as client,
            pytest.raises(errors.CutConnectionError, match="연결이 끊겼습니다"),
        ):
            client.fetch_token()
        cutter.join()


def test_a_secret_of_the_wrong_shape_never_leaves_the_house() -> None:
    with ScriptedStore() as store:
        account = StoreAccount(store.account.base_url, DEMO_CLIENT_ID, "no-bcrypt-salt")
        with StoreClient(account) as client, pytest.raises(errors.StoreAuthError, match="STORE_CLIENT_SECRET"):
            client.fetch_token()
        assert store.seen["token"] == []


def test_an_echoed_secret_is_concealed_in_every_part_of_the_error() -> None:
    echo = {
        "code": "BAD_REQUEST",
        "message": f"Bearer t-secret-1 {DEMO_CLIENT_SECRET}",
        "invalidInputs": [{"name": "x", "message": "t-secret-1"}],
    }
    with (
        ScriptedStore(token=[issue("t-secret-1")], detail=[Answer(400, echo)]) as store,
        open_client(store) as client,
        pytest.raises(errors.BadCallError) as caught,
    ):
        client.fetch_detail(1)
    shown = f"{caught.value} {caught.value.reply} {caught.value.__context__}"
    assert "BAD_REQUEST" in shown
    assert "t-secret-1" not in shown
    assert DEMO_CLIENT_SECRET not in shown


def test_an_account_does_not_show_its_secret() -> None:
    account = StoreAccount("http://127.0.0.1:1", DEMO_CLIENT_ID, DEMO_CLIENT_SECRET)
    assert DEMO_CLIENT_SECRET not in repr(account)
