"""The faults that the simulator can play, as data: a new one is one more entry of FAULT_KINDS."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from functools import partial

from products.storesync.simulator import effects
from products.storesync.simulator.effects import MAINTENANCE_PAGE, FaultCall
from products.storesync.simulator.messages import JSON_TYPE, Reply

LIST = frozenset({"list"})
PRODUCT_ROUTES = frozenset({"list", "detail"})
API_ROUTES = PRODUCT_ROUTES | {"token"}
ALL_ROUTES = API_ROUTES | {"image"}
HTML_TYPE = "text/html;charset=UTF-8"


class Stage(Enum):
    """Where a fault strikes: at the GATEWAY, before token and limit, or in the SERVER's finished answer."""

    GATEWAY = "gateway"
    SERVER = "server"


@dataclass(frozen=True)
class FaultKind:
    """A named fault: what it does, where it may strike, and the parameters that it takes with their types."""

    name: str
    summary: str
    routes: frozenset[str]
    effect: Callable[[FaultCall], Reply]
    required: Mapping[str, tuple[type, ...]] = field(default_factory=dict)
    optional: Mapping[str, tuple[type, ...]] = field(default_factory=dict)
    stage: Stage = Stage.SERVER


def _list_broken_bodies() -> tuple[FaultKind, ...]:
    html = partial(effects.replace_body, body=MAINTENANCE_PAGE, content_type=HTML_TYPE)
    return (
        FaultKind("broken_json", "본문이 중간에 끊김", ALL_ROUTES, effects.cut_body),
        FaultKind("cut_utf8", "한글 한 글자가 바이트 중간에서 끊김", API_ROUTES, effects.cut_character),
        FaultKind("html_200", "200인데 본문이 HTML 안내문", ALL_ROUTES, html),
        FaultKind("html_502", "502와 HTML 오류 페이지", ALL_ROUTES, partial(html, status=502)),
        FaultKind(
            "empty_body",
            "200인데 본문이 비어 있음",
            ALL_ROUTES,
            partial(effects.replace_body, body=b"", content_type=JSON_TYPE),
        ),
        FaultKind("wrong_type", "JSON인데 Content-Type이 text/plain", API_ROUTES, effects.change_type),
        FaultKind("bom", "본문 앞에 BOM이 붙음", API_ROUTES, effects.add_mark),
        FaultKind("gzip", "본문이 gzip으로 압축됨", API_ROUTES, partial(effects.zip_body, is_true=True)),
        FaultKind(
            "false_gzip", "gzip이라면서 압축되지 않은 본문", API_ROUTES, partial(effects.zip_body, is_true=False)
        ),
        FaultKind(
            "not_an_image",
            "이미지 주소가 이미지가 아닌 내용을 돌려줌",
            frozenset({"image"}),
            partial(effects.replace_body, body=MAINTENANCE_PAGE, content_type="image/jpeg"),
        ),
    )


def _list_wrong_contents() -> tuple[FaultKind, ...]:
    return (
        FaultKind("drop_field", "지정한 항목이 빠진 응답", API_ROUTES, effects.drop_field, required={"field": (str,)}),
        FaultKind(
            "wrong_total", "목록의 전체 수가 실제와 다름", LIST, effects.shift_total, required={"offset": (int,)}
        ),
        FaultKind("short_page", "목록 끝의 상품이 빠짐", LIST, effects.lose_entries, required={"count": (int,)}),
        FaultKind("empty_list", "목록이 0건이라고 답함", LIST, effects.hide_everything),
    )


def _list_refusals() -> tuple[FaultKind, ...]:
    foreign = partial(
        effects.refuse_at_gateway, status=403, code="GW.IP_NOT_ALLOWED", message="허용되지 않은 IP입니다."
    )
    groupless = partial(effects.refuse_at_gateway, status=401, code="GW.AUTHN", message="요청을 보낼 권한이 없습니다.")
    return (
        FaultKind(
            "status",
            "지정한 상태와 오류 코드로 응답",
            ALL_ROUTES,
            effects.answer_status,
            required={"status": (int,)},
            optional={"code": (str,)},
        ),
        FaultKind("moved", "308과 새 주소", PRODUCT_ROUTES, effects.redirect),
        FaultKind(
            "congestion_429",
            "한도가 남았는데도 429",
            API_ROUTES,
            effects.refuse_by_congestion,
            optional={"retryAfter": (int, str), "form": (str,)},
            stage=Stage.GATEWAY,
        ),
        FaultKind(
            "quota_429",
            "할당량을 다 씀(period: SECONDS 또는 ROUND)",
            API_ROUTES,
            effects.refuse_by_quota,
            required={"period": (str,)},
            stage=Stage.GATEWAY,
        ),
        FaultKind("ip_not_allowed", "호출 IP가 등록되지 않음", API_ROUTES, foreign, stage=Stage.GATEWAY),
        FaultKind(
            "no_api_group",
            "토큰은 발급되지만 상품 API 그룹이 없어 늘 401",
            PRODUCT_ROUTES,
            groupless,
            stage=Stage.GATEWAY,
        ),
    )


def _list_connection_faults() -> tuple[FaultKind, ...]:
    return (
        FaultKind("reset", "응답 대신 TCP 연결을 끊음", ALL_ROUTES, effects.cut_connection),
        FaultKind(
            "reset_late",
            "헤더와 본문 절반을 보낸 뒤 TCP 연결을 끊음",
            ALL_ROUTES,
            partial(effects.cut_connection, is_head_sent=True),
        ),
        FaultKind("hang", "응답이 늦음", ALL_ROUTES, effects.hold_reply, required={"seconds": (int, float)}),
    )


FAULT_KINDS: Mapping[str, FaultKind] = {
    kind.name: kind
    for kind in (
        *_list_broken_bodies(),
        *_list_wrong_contents(),
        *_list_refusals(),
        *_list_connection_faults(),
    )
}
