"""The store's front: routes, token check, rate limit, faults, and the headers of every reply."""

import itertools
import re
import time
import urllib.parse
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from products.storesync.simulator import pictures, search
from products.storesync.simulator.counters import Counters
from products.storesync.simulator.faults import FaultBook, play_fault
from products.storesync.simulator.limiter import RateLimiter
from products.storesync.simulator.messages import (
    BadRequestError,
    Reply,
    Request,
    gateway_error,
    json_reply,
    server_error,
)
from products.storesync.simulator.scenarios import Stage
from products.storesync.simulator.shelf import Store
from products.storesync.simulator.tokens import TokenDesk

UNKNOWN_TEMPLATE = "unknown"
IMAGE_ROUTE = "image"


@dataclass(frozen=True)
class Route:
    """One address of the store: `name` for faults, `template` for limits and counters."""

    name: str
    method: str
    template: str
    pattern: re.Pattern[str]


def _build_route(name: str, method: str, template: str, prefix: str = "/external") -> Route:
    pattern = re.sub(r"\\\{\w+\\\}", r"(\\d{1,18})", re.escape(prefix + template))
    return Route(name, method, template, re.compile(pattern))


TOKEN = _build_route("token", "POST", "/v1/oauth2/token")
LIST = _build_route("list", "POST", "/v1/products/search")
DETAIL = _build_route("detail", "GET", "/v2/products/origin-products/{originProductNo}")
CHANNEL_DETAIL = _build_route("detail", "GET", "/v2/products/channel-products/{channelProductNo}")
IMAGE = _build_route(IMAGE_ROUTE, "GET", "/images/{originProductNo}.jpg", prefix="")
ROUTES = (DETAIL, LIST, CHANNEL_DETAIL, TOKEN, IMAGE)


def find_route(method: str, path: str) -> tuple[Route | None, int]:
    """Return the route of a request and the number in its path (0 where it has none)."""
    for route in ROUTES:
        found = route.pattern.fullmatch(path) if route.method == method else None
        if found:
            return route, int(found[1]) if found.groups() else 0
    return None, 0


@dataclass(frozen=True)
class Visit:
    """One request on its way through the gateway; `number` is the origin product's (0 when unknown)."""

    route: Route
    request: Request
    number: int
    trace_id: str

    @property
    def product_nos(self) -> tuple[int, ...]:
        """The product that the address names, if any."""
        return (self.number,) if self.number else ()


class Gateway:
    """Answers everything under /external and /images."""

    def __init__(
        self, store: Store, tokens: TokenDesk, limiter: RateLimiter, app: str, latency_seconds: float = 0.0
    ) -> None:
        self.store = store
        self.tokens = tokens
        self.limiter = limiter
        self.app = app
        self.latency_seconds = latency_seconds
        self.counters = Counters()
        self.faults = FaultBook()
        self._serial = itertools.count(1)
        self._endpoints: Mapping[str, Callable[[Visit], Reply]] = {
            "token": self._issue_token,
            "list": self._list_products,
            "detail": self._show_detail,
            IMAGE_ROUTE: self._show_picture,
        }

    def answer(self, request: Request) -> Reply:
        """Return the reply to a request, after the latency and delays that it must suffer."""
        started = time.monotonic()
        with self.counters.flight(request.headers.get("x-trace-id", "")):
            trace_id = f"sim-{time.time_ns() // 1_000_000:x}^{next(self._serial)}"
            route, number = find_route(request.method, request.path)
            if route is None:
                reply = gateway_error(404, "GW.NOT_FOUND", "요청한 리소스를 찾을 수 없습니다.", trace_id)
                template, remaining = UNKNOWN_TEMPLATE, self.limiter.burst
            else:
                visit = Visit(route, request, self._find_origin_no(route, number), trace_id)
                template = route.template
                reply, remaining = self._answer_visit(visit)
            if reply.delay_seconds:
                time.sleep(reply.delay_seconds)
            self.counters.record_reply(template, "reset" if reply.is_reset else str(reply.status))
        if route is IMAGE:
            return reply
        return self._add_headers(reply, trace_id, remaining, time.monotonic() - started)

    def _find_origin_no(self, route: Route, number: int) -> int:
        return self.store.shelf.origin_nos.get(number, 0) if route is CHANNEL_DETAIL else number

    def _answer_visit(self, visit: Visit) -> tuple[Reply, int]:
        template = visit.route.template
        fault = self._find_fault(Stage.GATEWAY, visit, visit.product_nos)
        if fault:
            return fault, self.limiter.look(self.app, template)
        if visit.route not in (TOKEN, IMAGE) and not self._has_token(visit.request):
            message = "요청을 보낼 권한이 없습니다. 인증 토큰을 확인해 주세요."
            reply = gateway_error(401, "GW.AUTHN", message, visit.trace_id)
            return reply, self.limiter.look(self.app, template)
        is_allowed, remaining = (True, 0) if visit.route is IMAGE else self.limiter.take(self.app, template)
        if not is_allowed:
            self.counters.record_refusal()
            message = "요청이 많아 처리하지 못했습니다. 잠시 후 다시 시도해 주세요."
            return gateway_error(429, "GW.RATE_LIMIT", message, visit.trace_id), remaining
        return self._serve(visit), remaining

    def _has_token(self, request: Request) -> bool:
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        return scheme.lower() == "bearer" and self.tokens.is_valid(token)

    def _serve(self, visit: Visit) -> Reply:
        if self.latency_seconds:
            time.sleep(self.latency_seconds)
        reply = self._endpoints[visit.route.name](visit)
        return self._find_fault(Stage.SERVER, visit, reply.product_nos or visit.product_nos, reply) or reply

    def _find_fault(
        self, stage: Stage, visit: Visit, product_nos: tuple[int, ...], reply: Reply | None = None
    ) -> Reply | None:
        fault = self.faults.find(stage, visit.route.name, product_nos)
        if fault is None:
            return None
        self.counters.record_fault(fault.scenario.name)
        return play_fault(fault, reply or Reply(), visit.route.name, visit.trace_id)

    def _issue_token(self, visit: Visit) -> Reply:
        form = dict(urllib.parse.parse_qsl(visit.request.body.decode("utf-8", "replace")))
        try:
            token = self.tokens.issue(form)
        except BadRequestError as error:
            return server_error(400, "BAD_REQUEST", error.inputs[0].message, error.inputs)
        return json_reply(vars(token) | {"token_type": "Bearer"})

    def _list_products(self, visit: Visit) -> Reply:
        try:
            query = search.read_query(visit.request.body)
        except BadRequestError as error:
            return server_error(400, "BAD_REQUEST", "요청한 값이 올바르지 않습니다.", error.inputs)
        page = search.search_products(self.store.shelf, query)
        return Reply(body=page.body, product_nos=page.product_nos)

    def _show_detail(self, visit: Visit) -> Reply:
        product = self.store.shelf.products.get(visit.number)
        if product is None:
            return server_error(404, "NOT_FOUND", "상품을 찾을 수 없습니다.")
        self.counters.record_detail(visit.number)
        return Reply(body=product.detail_bytes)

    def _show_picture(self, visit: Visit) -> Reply:
        product = self.store.shelf.products.get(visit.number)
        if product is None:
            return Reply(404, b"not found", "text/plain")
        picture = pictures.draw_picture(visit.number, product.row["wholeCategoryName"], self.store.seed)
        return Reply(body=picture, content_type="image/jpeg")

    def _add_headers(self, reply: Reply, trace_id: str, remaining: int, seconds: float) -> Reply:
        own = (
            ("GNCP-GW-Trace-ID", trace_id),
            ("GNCP-GW-HttpClient-ResponseTime", str(round(seconds * 1000))),
            *self.limiter.build_headers(remaining),
        )
        return replace(reply, headers=(*reply.headers, *own))
