"""The faults that the simulator can play, as data: a new one is one more entry of SCENARIOS."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from enum import Enum
from functools import partial
from typing import Any

from products.storesync.simulator.messages import Reply, encode_json, gateway_error, server_error

API_ROUTES = frozenset({"token", "list", "detail"})
ALL_ROUTES = API_ROUTES | {"image"}
MAINTENANCE_PAGE = "<!DOCTYPE html><html><body><h1>시스템 점검 중입니다.</h1></body></html>".encode()


class Stage(Enum):
    """Where a fault strikes: at the GATEWAY, before token and limit, or in the SERVER's finished answer."""

    GATEWAY = "gateway"
    SERVER = "server"


@dataclass(frozen=True)
class FaultCall:
    """What an effect works on; `reply` is the honest answer, empty at the gateway."""

    reply: Reply
    route: str
    trace_id: str
    product_no: int | None
    parameters: Mapping[str, Any]


@dataclass(frozen=True)
class Scenario:
    """A named fault: what it does, where it may strike, and the parameters that it takes with their types."""

    name: str
    summary: str
    stage: Stage
    routes: frozenset[str]
    effect: Callable[[FaultCall], Reply]
    required: Mapping[str, tuple[type, ...]] = field(default_factory=dict)
    optional: Mapping[str, tuple[type, ...]] = field(default_factory=dict)


def cut_body(call: FaultCall) -> Reply:
    """Send the first half of the honest body."""
    return replace(call.reply, body=call.reply.body[: len(call.reply.body) // 2])


def replace_body(call: FaultCall, *, body: bytes, content_type: str) -> Reply:
    """Answer 200 with another body."""
    return replace(call.reply, status=200, body=body, content_type=content_type)


def answer_status(call: FaultCall) -> Reply:
    """Answer with the `status` and `code` asked for, in the error shape that the code belongs to."""
    status, code = call.parameters["status"], call.parameters.get("code", "INTERNAL_SERVER_ERROR")
    if code.startswith("GW."):
        return gateway_error(status, code, "요청을 처리하지 못했습니다.", call.trace_id)
    return server_error(status, code, "요청을 처리하지 못했습니다.")


def refuse_at_gateway(call: FaultCall, *, status: int, code: str, message: str) -> Reply:
    """Answer with a fixed error of the gateway."""
    return gateway_error(status, code, message, call.trace_id)


def refuse_by_congestion(call: FaultCall) -> Reply:
    """Answer 429 although the bucket is not empty, with Retry-After when `retryAfter` is given."""
    reply = gateway_error(
        429, "GW.RATE_LIMIT", "요청이 많아 처리하지 못했습니다. 잠시 후 다시 시도해 주세요.", call.trace_id
    )
    wait = call.parameters.get("retryAfter")
    return reply if wait is None else replace(reply, headers=(("Retry-After", str(wait)),))


def cut_connection(call: FaultCall) -> Reply:
    """Reset the TCP connection instead of answering."""
    return replace(call.reply, is_reset=True)


def hold_reply(call: FaultCall) -> Reply:
    """Answer honestly, `seconds` late."""
    return replace(call.reply, delay_seconds=float(call.parameters["seconds"]))


def drop_field(call: FaultCall) -> Reply:
    """Leave a `field` out wherever it stands; in a list only of the fault's product, or of all when it names none."""
    name, value = call.parameters["field"], json.loads(call.reply.body)
    if "contents" not in value:
        return replace(call.reply, body=encode_json(_without(value, name)))
    chosen = {call.product_no} if call.product_no else set(call.reply.product_nos)
    value["contents"] = [
        _without(entry, name) if entry["originProductNo"] in chosen else entry for entry in value["contents"]
    ]
    return replace(call.reply, body=encode_json(value))


def _without(value: Any, name: str) -> Any:
    if isinstance(value, dict):
        return {key: _without(inner, name) for key, inner in value.items() if key != name}
    return [_without(inner, name) for inner in value] if isinstance(value, list) else value


SCENARIOS: Mapping[str, Scenario] = {
    scenario.name: scenario
    for scenario in (
        Scenario("broken_json", "본문이 중간에 끊김", Stage.SERVER, ALL_ROUTES, cut_body),
        Scenario(
            "html_200",
            "200인데 본문이 HTML 안내문",
            Stage.SERVER,
            ALL_ROUTES,
            partial(replace_body, body=MAINTENANCE_PAGE, content_type="text/html;charset=UTF-8"),
        ),
        Scenario(
            "empty_body",
            "200인데 본문이 비어 있음",
            Stage.SERVER,
            ALL_ROUTES,
            partial(replace_body, body=b"", content_type="application/json;charset=UTF-8"),
        ),
        Scenario(
            "status",
            "지정한 상태와 오류 코드로 응답",
            Stage.SERVER,
            ALL_ROUTES,
            answer_status,
            required={"status": (int,)},
            optional={"code": (str,)},
        ),
        Scenario("reset", "응답 대신 TCP 연결을 끊음", Stage.SERVER, ALL_ROUTES, cut_connection),
        Scenario("hang", "응답이 늦음", Stage.SERVER, ALL_ROUTES, hold_reply, required={"seconds": (int, float)}),
        Scenario(
            "congestion_429",
            "한도가 남았는데도 429",
            Stage.GATEWAY,
            API_ROUTES,
            refuse_by_congestion,
            optional={"retryAfter": (int, str)},
        ),
        Scenario(
            "drop_field",
            "지정한 항목이 빠진 응답",
            Stage.SERVER,
            API_ROUTES,
            drop_field,
            required={"field": (str,)},
        ),
        Scenario(
            "not_an_image",
            "이미지 주소가 이미지가 아닌 내용을 돌려줌",
            Stage.SERVER,
            frozenset({"image"}),
            partial(replace_body, body=MAINTENANCE_PAGE, content_type="image/jpeg"),
        ),
        Scenario(
            "ip_not_allowed",
            "호출 IP가 등록되지 않음",
            Stage.GATEWAY,
            API_ROUTES,
            partial(refuse_at_gateway, status=403, code="GW.IP_NOT_ALLOWED", message="허용되지 않은 IP입니다."),
        ),
        Scenario(
            "no_api_group",
            "토큰은 발급되지만 상품 API 그룹이 없어 늘 401",
            Stage.GATEWAY,
            API_ROUTES - {"token"},
            partial(refuse_at_gateway, status=401, code="GW.AUTHN", message="요청을 보낼 권한이 없습니다."),
        ),
    )
}
