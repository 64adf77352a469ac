"""The store's client: token, list and detail over HTTP, paced, patient with what passes, exact about what does not.

Any number of threads may share one client. A rate-limited call waits and spends no attempt; a call that fails for a
passing reason is tried again a few times; every other reply raises the class that `errors` has for it.
"""

import heapq
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Generic, Self, TypeVar

import httpx
import msgspec

from perfhooks.metrics import count
from perfhooks.spans import span
from perfhooks.trace import outgoing_headers
from products.storesync.accounts import StoreAccount
from products.storesync.decoding import (
    ListPage,
    MalformedBodyError,
    ProductDetail,
    TokenBody,
    WrongFieldError,
    decode_body,
    decode_detail,
    decode_error,
    decode_page,
    decode_text,
    describe_inputs,
)
from products.storesync.errors import (
    Action,
    BrokenReplyError,
    CutConnectionError,
    DriftedReplyError,
    QuotaSpentError,
    RateLimitedError,
    Reply,
    SlowReplyError,
    StoreAuthError,
    StoreCallError,
    UnreachableError,
    find_kind,
)
from products.storesync.lanes import Lane, Limit, read_http_date, read_limit, read_retry_after
from products.storesync.pacer import LanePaused, MemoryBook, Pacer, TurnBook
from products.storesync.queries import EVERYTHING, ListQuery
from products.storesync.retries import Patience, RetryRules
from products.storesync.signature import SecretShapeError, sign_request
from products.storesync.tokens import IssuedToken, TokenSource
from products.storesync.unknown import add_unknown, count_unknown

T = TypeVar("T")
LIST_SIZE_LIMIT = 500
BODY_LIMIT_CHARACTERS = 64 * 1024
CLOCK_MARGIN_MS = 3_000
"""The store refuses a timestamp from the future; a clock may be a little ahead."""
KEEPALIVE_SECONDS = 1.0
"""Idle connections are cut from the other side; after one second a new one is safer."""
TIMEOUT = httpx.Timeout(10.0, connect=5.0, pool=60.0)
TRACE_HEADER = "GNCP-GW-Trace-ID"
STORE_TIME_HEADER = "GNCP-GW-HttpClient-ResponseTime"
SLOWEST_KEPT = 20
QUOTA_PERIOD_HEADER = "GNCP-GW-Quota-Period"
QUOTA_CODE = "GW.QUOTA"


@dataclass(frozen=True, slots=True)
class Received(Generic[T]):
    """A decoded reply, with what is needed to tell people about it: the store's trace id and the body as it came."""

    value: T
    trace_id: str
    body: bytes


SlowDetail = tuple[float, str, int]
"""Seconds from sending to the last byte, SKU, origin product number."""


@dataclass(slots=True)
class CallCounts:
    """Calls sent, 429 among the replies and those among them that the store imposed, repeated attempts, slow details.

    `unknown_fields`: how often the store sent fields that nothing reads, by path.
    """

    calls: int = 0
    rate_limited: int = 0
    rate_limited_imposed: int = 0
    retries: int = 0
    slowest: list[SlowDetail] = field(default_factory=list)
    unknown_fields: dict[str, int] = field(default_factory=dict)

    def note_detail(self, sample: SlowDetail) -> None:
        """Keep the sample if it is among the slowest 20."""
        heapq.heappush(self.slowest, sample)
        if len(self.slowest) > SLOWEST_KEPT:
            heapq.heappop(self.slowest)


@dataclass(frozen=True, slots=True)
class Call(Generic[T]):
    """One kind of request, and how its reply is read."""

    endpoint: str
    method: str
    path: str
    decode: Callable[[bytes], T]
    content: Mapping[str, Any] = field(default_factory=dict, repr=False)
    tags: Mapping[str, object] = field(default_factory=dict)
    number: int = 0


def keep_in_memory(account: StoreAccount, endpoint: str) -> TurnBook:
    """A book that no other process shares."""
    return MemoryBook()


class StoreClient:
    """Reads one store. Use it as a context manager; it holds connections and a token.

    open_book: who keeps the turns of an application at one API, so that processes may share them. Not cached: a token is
    asked for and a connection made for each call anew, as the plan's experiments compare.
    """

    def __init__(
        self,
        account: StoreAccount,
        *,
        rules: RetryRules | None = None,
        open_book: Callable[[StoreAccount, str], TurnBook] = keep_in_memory,
        is_cached: bool = True,
    ) -> None:
        self._account, self._rules, self._is_cached = account, rules or RetryRules(), is_cached
        limits = httpx.Limits(keepalive_expiry=KEEPALIVE_SECONDS, max_keepalive_connections=None if is_cached else 0)
        self._http = httpx.Client(
            base_url=account.base_url,
            timeout=TIMEOUT,
            limits=limits,
            follow_redirects=False,
            trust_env=not account.is_local,
        )
        self._pacers = {endpoint: Pacer(open_book(account, endpoint)) for endpoint in ("token", "list", "detail")}
        self._tokens = TokenSource(self._issue_token)
        self._counts, self._lock = CallCounts(), threading.Lock()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self._http.close()
        for pacer in self._pacers.values():
            pacer.close()

    def fetch_token(self) -> None:
        """Make sure of a token before any work is planned. Raises StoreCallError."""
        self._tokens.read_current()

    def fetch_page(self, *, page: int, size: int, query: ListQuery = EVERYTHING) -> ListPage:
        """One page of the list, `page` from 1, `size` up to 500. Raises StoreCallError."""
        content = {"page": page, "size": min(size, LIST_SIZE_LIMIT), **query.as_content()}
        call = Call("list", "POST", "/v1/products/search", decode_page, content, {"page": page})
        received = self._perform(call)
        return msgspec.structs.replace(received.value, trace_id=received.trace_id)

    def fetch_detail(self, origin_product_no: int, *, sku: str = "") -> Received[ProductDetail]:
        """The detail of a product. Its body names no product: it belongs to the number asked for. Raises StoreCallError."""
        return self._fetch_detail("origin-products", origin_product_no, sku)

    def fetch_channel_detail(self, channel_product_no: int, *, sku: str = "") -> Received[ProductDetail]:
        """The same by the number of one of its channel products. Raises StoreCallError."""
        return self._fetch_detail("channel-products", channel_product_no, sku)

    def _fetch_detail(self, kind: str, number: int, sku: str) -> Received[ProductDetail]:
        tags = {"sku": sku or str(number)}
        return self._perform(
            Call("detail", "GET", f"/v2/products/{kind}/{number}", decode_detail, number=number, tags=tags)
        )

    def quote(self, said: bytes | str) -> str:
        """What the store said as text for people: without the secret and every token, then cut at 64 Ki characters."""
        text = said if isinstance(said, str) else decode_text(said)
        return self._account.conceal(text, *self._tokens.seen)[:BODY_LIMIT_CHARACTERS]

    def read_lane(self, endpoint: str) -> Lane:
        """How the turns at an API stand; the defaults before its first reply."""
        return self._pacers[endpoint].read_lane()

    def take_counts(self) -> CallCounts:
        """What was sent since this was last asked."""
        with self._lock:
            taken, self._counts = self._counts, CallCounts()
        return taken

    def _issue_token(self) -> IssuedToken:
        body = self._perform(Call("token", "POST", "/v1/oauth2/token", _decode_token)).value
        return IssuedToken(body.access_token, body.expires_in)

    def _perform(self, call: Call[T]) -> Received[T]:
        """Send until there is a reply worth having; raises the StoreCallError that is left when patience is spent."""
        patience = Patience(self._rules)
        if not self._is_cached and call.endpoint != "token":
            self._tokens.forget()
        while True:
            token = "" if call.endpoint == "token" else self._tokens.read_current()
            self._wait_turn(call)
            try:
                return self._send(call, token)
            except StoreCallError as error:
                self._recover(call, token, error, patience)

    def _wait_turn(self, call: Call[Any]) -> None:
        """Wait to be allowed to send; raises RateLimitedError when the store has told everybody to wait for too long."""
        try:
            self._pacers[call.endpoint].wait_turn(longest_pause_seconds=self._rules.longest_limited_seconds)
        except LanePaused as pause:
            message = f"스토어가 정한 대기 시간이 {pause.seconds / 60:,.0f}분 남았습니다"
            raise RateLimitedError(Reply(call.endpoint, message=message, retry_after_seconds=pause.seconds)) from None

    def _recover(self, call: Call[Any], token: str, error: StoreCallError, patience: Patience) -> None:
        """Do what the error asks for before the next attempt, or raise it."""
        if error.action is Action.RENEW:
            patience.renew_once(error)
            self._tokens.replace(token)
        elif error.action is Action.WAIT:
            # The pause comes first: whoever gives up here leaves it to the others, and to the next start.
            seconds = patience.find_limited_wait(error)
            self._pacers[call.endpoint].pause(seconds)
            patience.wait_for_limit(error, seconds)
        else:
            if isinstance(error, QuotaSpentError) and error.reply.retry_after_seconds:
                self._pacers[call.endpoint].pause(error.reply.retry_after_seconds)
            wait_seconds = patience.wait_for_retry(error)
            self._add(retries=1)
            count("retry_total")
            time.sleep(wait_seconds)

    def _send(self, call: Call[T], token: str) -> Received[T]:
        request, secret = self._build_request(call, token)
        with self._note_detail(call), span(f"{call.endpoint}_fetch_seconds", **call.tags) as timed:
            response = self._exchange(call, request)
            timed.set(status=response.status_code, store_ms=response.headers.get(STORE_TIME_HEADER))
        limit = read_limit(response.headers)
        is_limited = response.status_code == httpx.codes.TOO_MANY_REQUESTS
        self._record(call, str(response.status_code), is_imposed=is_limited and _is_imposed(response, limit))
        self._pacers[call.endpoint].learn(limit)
        if response.status_code != httpx.codes.OK:
            raise self._explain(call, response, secret)
        try:
            value = call.decode(response.content)
        except MalformedBodyError as error:
            raise BrokenReplyError(self._describe(call, response, secret, str(error))) from None
        except WrongFieldError as error:
            raise DriftedReplyError(self._describe(call, response, secret, str(error)), field=error.field) from None
        self._note_unknown(type(value), response.content)
        return Received(value, response.headers.get(TRACE_HEADER, ""), response.content)

    def _build_request(self, call: Call[Any], token: str) -> tuple[httpx.Request, str]:
        """The request, and the secret in it that no message may repeat."""
        headers = outgoing_headers()
        if call.endpoint == "token":
            form = self._build_token_form()
            request = self._http.build_request(call.method, call.path, data=form, headers=headers)
            return request, form["client_secret_sign"]
        headers["Authorization"] = f"Bearer {token}"
        content = dict(call.content) or None
        return self._http.build_request(call.method, call.path, json=content, headers=headers), token

    def _build_token_form(self) -> dict[str, str]:
        timestamp_ms = int(time.time() * 1000) - CLOCK_MARGIN_MS
        account = self._account
        try:
            signed = sign_request(
                client_id=account.client_id, client_secret=account.client_secret, timestamp_ms=timestamp_ms
            )
        except SecretShapeError as error:
            raise StoreAuthError(Reply("token", message=str(error))) from None
        return {
            "client_id": account.client_id,
            "timestamp": str(timestamp_ms),
            "grant_type": "client_credentials",
            "client_secret_sign": signed,
            "type": "SELF",
        }

    def _exchange(self, call: Call[Any], request: httpx.Request) -> httpx.Response:
        """Send, and read to the last byte. The exceptions of the transport hold the request: they end here."""
        try:
            return self._http.send(request)
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.UnsupportedProtocol) as error:
            kind: type[StoreCallError] = UnreachableError
            message = str(error)
        except httpx.TimeoutException:
            kind, message = SlowReplyError, f"{TIMEOUT.read:.0f}초 안에 응답이 없습니다"
        except httpx.DecodingError as error:
            kind, message = BrokenReplyError, str(error)
        except httpx.TransportError as error:
            kind, message = CutConnectionError, str(error)
        self._record(call, "error")
        raise kind(Reply(call.endpoint, message=self._account.conceal(message)))

    @contextmanager
    def _note_detail(self, call: Call[Any]) -> Iterator[None]:
        """Remember how long an attempt at a detail took, whatever came of it."""
        started = time.perf_counter()
        try:
            yield
        finally:
            if call.endpoint == "detail":
                with self._lock:
                    sample = (time.perf_counter() - started, str(call.tags["sku"]), call.number)
                    self._counts.note_detail(sample)

    def _note_unknown(self, kind: type, body: bytes) -> None:
        found = {self.quote(path): times for path, times in count_unknown(body, kind).items()}
        with self._lock:
            self._counts.unknown_fields = add_unknown(self._counts.unknown_fields, found)

    def _record(self, call: Call[Any], status: str, *, is_imposed: bool = False) -> None:
        is_limited = status == "429"
        self._add(calls=1, rate_limited=int(is_limited), rate_limited_imposed=int(is_imposed))
        count("api_requests_total", endpoint=call.endpoint, status=status)
        if is_limited:
            count("api_429_total")
            count("api_429_cause_total", cause="imposed" if is_imposed else "own")

    def _add(self, **amounts: int) -> None:
        with self._lock:
            for name, amount in amounts.items():
                setattr(self._counts, name, getattr(self._counts, name) + amount)

    def _explain(self, call: Call[Any], response: httpx.Response, secret: str) -> StoreCallError:
        reply = self._describe(call, response, secret)
        kind = find_kind(call.endpoint, reply.status, reply.code)
        # A quota per second is a rate limit by another name; one per round does not come back soon.
        if kind is QuotaSpentError and response.headers.get(QUOTA_PERIOD_HEADER) == "SECONDS":
            kind = RateLimitedError
        return kind(reply)

    def _describe(self, call: Call[Any], response: httpx.Response, secret: str, problem: str = "") -> Reply:
        said = decode_error(response.content)
        details = problem or " ".join(filter(None, [said.message, describe_inputs(said.invalid_inputs)]))
        return Reply(
            endpoint=call.endpoint,
            status=response.status_code,
            code=self.quote(self._account.conceal(said.code or "", secret)),
            message=self.quote(self._account.conceal(details, secret)),
            trace_id=self.quote(self._account.conceal(response.headers.get(TRACE_HEADER, ""), secret)),
            # A token reply is kept nowhere: whatever came instead of a token may hold one.
            body="" if call.endpoint == "token" else self.quote(response.content),
            retry_after_seconds=_read_wait(response),
        )


def _is_imposed(response: httpx.Response, limit: Limit) -> bool:
    """Whether pacing could not have avoided a 429: our own is only one that tells of an empty bucket, and of no quota."""
    is_quota = QUOTA_PERIOD_HEADER in response.headers
    is_quota = is_quota or (decode_error(response.content).code or "").startswith(QUOTA_CODE)
    return is_quota or limit.remaining != 0


def _read_wait(response: httpx.Response) -> float | None:
    # The store's own clock tells how far away its date is: ours may be wrong, and would then park the run.
    now = read_http_date(response.headers.get("Date")) or datetime.now(UTC)
    return read_retry_after(response.headers.get("Retry-After"), now)


def _decode_token(body: bytes) -> TokenBody:
    return decode_body(body, TokenBody)
