"""The store's front: routes, token check, rate limit, faults, and the headers of every reply."""

import itertools
import re
import time
import urllib.parse
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from products.storesync.simulator import pictures, search
from products.storesync.simulator.actions import perform
from products.storesync.simulator.faultkinds import Stage
from products.storesync.simulator.faults import play_fault
from products.storesync.simulator.latency import draw_latency
from products.storesync.simulator.messages import (
    BadRequestError,
    Reply,
    Request,
    gateway_error,
    json_reply,
    server_error,
)
from products.storesync.simulator.world import World

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

    def __init__(self, world: World) -> None:
        self.world = world
        self._serial, self._thoughts = itertools.count(1), itertools.count(1)
        self._endpoints: Mapping[str, Callable[[Visit], Reply]] = {
            "token": self._issue_token,
            "list": self._list_products,
            "detail": self._show_detail,
            IMAGE_ROUTE: self._show_picture,
        }

    def answer(self, request: Request) -> Reply:
        """Return the reply to a request, after the latency and delays that it must suffer."""
        started, counters = time.monotonic(), self.world.counters
        with counters.flight(request.headers.get("x-trace-id", "")):
            trace_id = f"sim-{time.time_ns() // 1_000_000:x}^{next(self._serial)}"
            route, number = find_route(request.method, request.path)
            template = route.template if route else UNKNOWN_TEMPLATE
            counters.record_arrival(template)
            if route is None:
                reply = gateway_error(404, "GW.NOT_FOUND", "요청한 리소스를 찾을 수 없습니다.", trace_id)
                remaining = self.world.limiter.burst
            else:
                visit = Visit(route, request, self._find_origin_no(route, number), trace_id)
                reply, remaining = self._answer_visit(visit)
                self._let_happen(route)
            self.world.clock.sleep(reply.delay_seconds)
            counters.record_reply(template, "reset" if reply.is_reset else str(reply.status))
        if route is IMAGE:
            return reply
        return self._add_headers(reply, trace_id, remaining, time.monotonic() - started)

    def _find_origin_no(self, route: Route, number: int) -> int:
        return self.world.store.shelf.origin_nos.get(number, 0) if route is CHANNEL_DETAIL else number

    def _let_happen(self, route: Route) -> None:
        for plan in self.world.events.take_due(route.name):
            self.world.counters.record_event()
            perform(self.world, plan)

    def _answer_visit(self, visit: Visit) -> tuple[Reply, int]:
        template, app = visit.route.template, self.world.start.client_id
        refusal = self._refuse(visit)
        if refusal:
            return refusal, self.world.limiter.look(app, template)
        is_allowed, remaining = (True, 0) if visit.route is IMAGE else self.world.limiter.take(app, template)
        if not is_allowed:
            self.world.counters.record_refusal(template)
            message = "요청이 많아 처리하지 못했습니다. 잠시 후 다시 시도해 주세요."
            return gateway_error(429, "GW.RATE_LIMIT", message, visit.trace_id), remaining
        return self._serve(visit), remaining

    def _refuse(self, visit: Visit) -> Reply | None:
        """Return the answer to a request that does not get past the gate: its address, a fault, its token."""
        allowed = self.world.settings.allowed_ips
        if allowed and visit.route is not IMAGE and visit.request.address not in allowed:
            return gateway_error(403, "GW.IP_NOT_ALLOWED", "허용되지 않은 IP입니다.", visit.trace_id)
        fault = self._find_fault(Stage.GATEWAY, visit, visit.product_nos)
        if fault or visit.route in (TOKEN, IMAGE) or self._has_token(visit.request):
            return fault
        message = "요청을 보낼 권한이 없습니다. 인증 토큰을 확인해 주세요."
        return gateway_error(401, "GW.AUTHN", message, visit.trace_id)

    def _has_token(self, request: Request) -> bool:
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        return scheme.lower() == "bearer" and self.world.tokens.is_valid(token)

    def _serve(self, visit: Visit) -> Reply:
        if visit.route is not IMAGE:
            self.world.clock.sleep(draw_latency(self.world.settings, self.world.store.seed, next(self._thoughts)))
        reply = self._endpoints[visit.route.name](visit)
        return self._find_fault(Stage.SERVER, visit, reply.product_nos or visit.product_nos, reply) or reply

    def _find_fault(
        self, stage: Stage, visit: Visit, product_nos: tuple[int, ...], reply: Reply | None = None
    ) -> Reply | None:
        fault = self.world.faults.find(stage, visit.route.name, product_nos)
        if fault is None:
            return None
        self.world.counters.record_fault(fault.kind.name)
        return play_fault(fault, reply or Reply(), visit.route.name, visit.trace_id)

    def _issue_token(self, visit: Visit) -> Reply:
        form = dict(urllib.parse.parse_qsl(visit.request.body.decode("utf-8", "replace")))
        try:
            token = self.world.tokens.issue(form)
        except BadRequestError as error:
            return server_error(400, "BAD_REQUEST", error.inputs[0].message, error.inputs)
        return json_reply(vars(token) | {"token_type": "Bearer"})

    def _list_products(self, visit: Visit) -> Reply:
        try:
            query = search.read_query(visit.request.body, self.world.settings)
            page = search.search_products(self.world.store.shelf, query, self.world.settings)
        except BadRequestError as error:
            return server_error(400, "BAD_REQUEST", "요청한 값이 올바르지 않습니다.", error.inputs)
        return Reply(body=page.body, product_nos=page.product_nos)

    def _show_detail(self, visit: Visit) -> Reply:
        shelf = self.world.store.shelf
        product = shelf.products.get(visit.number)
        if product is None:
            last = shelf.show_gone(visit.number) if self.world.settings.deleted == "status" else None
            return Reply(body=last) if last else server_error(404, "NOT_FOUND", "상품을 찾을 수 없습니다.")
        self.world.counters.record_detail(visit.number)
        return Reply(body=product.detail_bytes)

    def _show_picture(self, visit: Visit) -> Reply:
        product = self.world.store.shelf.products.get(visit.number)
        if product is None:
            return Reply(404, b"not found", "text/plain")
        picture = pictures.draw_picture(visit.number, product.row["wholeCategoryName"], self.world.store.seed)
        return Reply(body=picture, content_type="image/jpeg")

    def _add_headers(self, reply: Reply, trace_id: str, remaining: int, seconds: float) -> Reply:
        own = (
            ("GNCP-GW-Trace-ID", trace_id),
            ("GNCP-GW-HttpClient-ResponseTime", str(round(seconds * 1000))),
            *self.world.limiter.build_headers(remaining),
        )
        return replace(reply, headers=(*reply.headers, *own))
