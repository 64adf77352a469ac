"""The catalogue of named scenarios: what a store may do to its callers, each ready to be played on any catalogue.

A scenario is a plan of actions (see `actions`) and one line that says what the caller meets. A new one is one more
entry of SCENARIOS; products are named by `pick`, so that the seed decides which they are.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

HANG_SECONDS = 30


@dataclass(frozen=True)
class Scenario:
    """A named set-up of the store: the part of the contract that it belongs to, one line about it, and its plan."""

    part: str
    name: str
    summary: str
    plan: Mapping[str, Any]


def _play(*faults: Mapping[str, Any]) -> dict[str, Any]:
    return {"faults": list(faults)}


def _fault(kind: str, route: str | None = None, **aim: Any) -> dict[str, Any]:
    return {"fault": kind, "route": route, **aim}


def _set(**values: Any) -> dict[str, Any]:
    return {"settings": values}


def _edit(*products: Mapping[str, Any], **more: Any) -> dict[str, Any]:
    return {"mutate": {"products": list(products), **more}}


def _shape(*names: str, count: int = 3) -> dict[str, Any]:
    return _edit(*({"pick": place, "shapes": list(names)} for place in range(1, count + 1)))


def _during(route: str, after: int, times: int | None = 1, **do: Any) -> dict[str, Any]:
    return {"events": [{"route": route, "after": after, "times": times, "do": do}]}


def _discount(value: float, start: str, end: str) -> dict[str, Any]:
    window = {"startDate": f"{start}+09:00", "endDate": f"{end}+09:00"}
    return {"immediateDiscountPolicy": {"discountMethod": {"value": value, "unitType": "PERCENT", **window}}}


def _list_auth() -> Iterator[tuple[str, str, dict[str, Any]]]:
    yield "token_expires", "상세를 읽는 중에 토큰이 만료됨", _during("detail", 5, expireTokens=0)
    yield "token_expires_often", "상세 5건마다 토큰이 만료됨", _during("detail", 5, None, expireTokens=0)
    yield "token_short_life", "토큰이 30분도 못 살아 부를 때마다 새것이 옴", _set(tokenSeconds=1_200)
    yield (
        "token_refused",
        "서명이 틀렸다며 토큰을 주지 않음",
        _play(_fault("status", "token", status=400, code="BAD_REQUEST")),
    )
    yield (
        "token_server_down",
        "토큰 서버가 500만 답함",
        _play(_fault("status", "token", status=500, code="INTERNAL_SERVER_ERROR")),
    )
    yield (
        "token_without_life",
        "토큰 응답에 expires_in이 없음",
        _play(_fault("drop_field", "token", field="expires_in")),
    )
    yield "no_api_group", "상품 API 그룹이 없어 새 토큰도 늘 401", _play(_fault("no_api_group"))
    yield "ip_not_allowed", "등록되지 않은 IP라며 늘 403", _play(_fault("ip_not_allowed"))
    yield "ip_not_registered", "다른 IP만 등록되어 있음", _set(allowedIps=["192.0.2.1"])
    yield "ip_not_allowed_sometimes", "등록된 IP인데 열 번에 한 번 403", _play(_fault("ip_not_allowed", every=10))


def _list_limits() -> Iterator[tuple[str, str, dict[str, Any]]]:
    yield "limit", "문서의 한도: 초당 2건, 한꺼번에 4건", _set(rate=2)
    yield "limit_by_second", "한도가 1초 단위로 채워짐", _set(rate=2, refill="second")
    yield "limit_of_one", "초당 1건", _set(rate=1)
    yield "limit_headers_missing", "한도 헤더가 없음", _set(rate=2, limitHeaders="missing")
    yield "limit_headers_non_numeric", "한도 헤더가 숫자가 아님", _set(rate=2, limitHeaders="non_numeric")
    yield "limit_negative", "한도가 바닥나면 Remaining이 -1", _set(rate=2, limitHeaders="negative")
    changes = [
        {"route": "detail", "after": 8, "do": {"settings": {"rate": 1}}},
        {"route": "detail", "after": 14, "do": {"settings": {"rate": 5}}},
    ]
    yield "limit_changes", "실행 중에 초당 2건에서 1건, 다시 5건으로 바뀜", _set(rate=2) | {"events": changes}
    yield "congestion", "한도가 남았는데도 100건에 10건은 429", _play(_fault("congestion_429", percent=10))
    yield (
        "congestion_retry_after",
        "429에 Retry-After 1초가 붙음",
        _play(_fault("congestion_429", percent=10, retryAfter=1)),
    )
    yield (
        "congestion_retry_date",
        "429에 날짜로 된 Retry-After가 붙음",
        _play(_fault("congestion_429", percent=10, retryAfter=1, form="date")),
    )
    yield (
        "congestion_retry_nonsense",
        "429의 Retry-After를 읽을 수 없음",
        _play(_fault("congestion_429", percent=10, retryAfter="soon")),
    )
    yield (
        "quota_by_second",
        "초 단위 할당량(SECONDS)을 다섯 번에 한 번 넘음",
        _play(_fault("quota_429", "detail", every=5, period="SECONDS")),
    )
    yield (
        "quota_spent",
        "이번 회차 할당량(ROUND)을 다 씀",
        _play(_fault("quota_429", "detail", after=5, period="ROUND")),
    )


def _list_lists() -> Iterator[tuple[str, str, dict[str, Any]]]:
    yield "order_ascending", "번호순이 오름차순", _set(direction="ASC")
    yield "size_clamped", "500이 넘는 페이지 크기를 말없이 500으로 줄임", _set(oversize="clamp")
    yield "too_many_results", "검색 결과가 한도(100,000건)를 넘으면 400", _set(mostResults=5)
    yield "list_empty", "상품이 0건이라고 답함", _play(_fault("empty_list"))
    yield "list_short", "페이지마다 끝의 상품 하나가 빠짐", _play(_fault("short_page", count=1))
    yield "list_short_once", "한 페이지에서 한 번 상품 하나가 빠짐", _play(_fault("short_page", count=1, times=1))
    yield "total_wrong", "전체 수가 실제보다 하나 많음", _play(_fault("wrong_total", offset=1))
    yield "total_moves", "전체 수가 페이지마다 다름", _play(_fault("wrong_total", offset=1, every=2))
    start, end = {"count": 1, "at": "start"}, {"count": 1, "at": "end"}
    yield (
        "insert_between_pages",
        "페이지 사이에 상품이 앞에 생겨 하나가 두 번 나옴",
        _during("list", 1, mutate={"add": start}),
    )
    yield (
        "delete_between_pages",
        "페이지 사이에 앞의 상품이 지워져 하나가 빠짐",
        _during("list", 1, mutate={"delete": start}),
    )
    yield (
        "swap_between_pages",
        "앞에서 지워지고 끝에 생겨, 전체 수가 같은데 하나가 빠짐",
        _during("list", 1, mutate={"add": end, "delete": start}),
    )
    yield (
        "reorder_between_pages",
        "페이지 사이에 수정되어 수정일순이 바뀜",
        _during("list", 1, 3, mutate={"random": {"count": 3, "seed": 5}}),
    )
    yield "list_never_settles", "목록을 읽을 때마다 상품이 생김", _during("list", 1, None, mutate={"add": start})
    yield "no_channels", "채널 상품이 없는 상품(channelProducts: [])", _shape("no_channels", count=1)
    yield "optionals_null", "선택 항목이 모두 null인 상품", _shape("null_optionals")
    yield "optionals_missing", "선택 항목이 모두 없는 상품", _shape("missing_optionals")
    yield "category_unnamed", "카테고리 이름이 null인 상품", _shape("unnamed_category")
    yield (
        "two_channels",
        "스마트스토어와 윈도 채널이 함께 있는 상품",
        _edit(
            {"pick": 1, "set": {"windowChannelProductNo": 99_000_000_001}},
            {"pick": 2, "set": {"windowChannelProductNo": 99_000_000_002}},
        ),
    )
    yield (
        "seller_code_doubled",
        "두 상품의 판매자 관리 코드가 같음",
        _edit(*({"pick": place, "set": {"sellerManagementCode": "SAME-CODE"}} for place in (1, 2))),
    )


def _list_details() -> Iterator[tuple[str, str, dict[str, Any]]]:
    gone = {"delete": {"count": 2, "at": "end"}}
    yield "deleted", "상품 둘이 지워져 목록에 없고 상세는 404", {"mutate": gone}
    yield (
        "deleted_by_status",
        "지워진 상품의 상세가 404가 아니라 DELETE 상태",
        _set(deleted="status") | {"mutate": gone},
    )
    yield "deleted_after_list", "목록을 읽은 뒤 상품 둘이 지워짐", _during("detail", 1, mutate=gone)
    yield "slow_tail", "응답 시간이 로그 정규(중앙값 120ms)이고 1%는 1~3초", _set(latency="long_tail")
    yield (
        "hang",
        f"상세 하나가 한 번 {HANG_SECONDS}초 멈춤",
        _play(_fault("hang", "detail", pick=1, times=1, seconds=HANG_SECONDS)),
    )
    yield (
        "hang_always",
        f"상세 하나가 늘 {HANG_SECONDS}초 멈춤",
        _play(_fault("hang", "detail", pick=1, seconds=HANG_SECONDS)),
    )
    yield (
        "big_pages",
        "상세 HTML이 100 KB에서 2 MB",
        _edit({"pick": 1, "shapes": ["huge_page"]}, {"pick": 2, "shapes": ["big_page"]}),
    )
    yield "many_options", "옵션 조합이 500개", _shape("many_options")
    yield (
        "discount_windows",
        "할인이 10분 눈금에서 시작하고 끝나며 값은 10과 10.0",
        _edit(
            {"pick": 1, "set": _discount(10, "2026-11-01T00:00:00.000", "2027-03-31T23:59:00.000")},
            {"pick": 2, "set": _discount(10.0, "2026-11-23T10:20:00.000", "2027-11-23T10:49:00.000")},
            {"pick": 3, "set": _discount(15, "2027-01-01T09:10:00.000", "2027-01-01T09:19:00.000")},
        ),
    )


def _list_breakage() -> Iterator[tuple[str, str, dict[str, Any]]]:
    passing = {
        "broken_json": "잘린 JSON",
        "cut_utf8": "글자 중간에서 끊긴 UTF-8",
        "html_200": "200인 HTML",
        "html_502": "502와 HTML",
        "empty_body": "빈 본문",
        "false_gzip": "압축되지 않은 gzip",
        "reset": "헤더 전의 TCP 끊김",
        "reset_late": "헤더 뒤의 TCP 끊김",
    }
    for kind, words in passing.items():
        yield f"{kind}_sometimes", f"상세 일곱 건에 한 번 {words}", _play(_fault(kind, "detail", every=7))
    for kind, words in passing.items():
        yield f"{kind}_product", f"상품 하나의 상세가 늘 {words}", _play(_fault(kind, "detail", pick=1))
    for kind, words in passing.items():
        yield f"{kind}_list", f"목록이 늘 {words}", _play(_fault(kind, "list"))
    for kind, words in {"wrong_type": "text/plain", "bom": "BOM이 붙은 본문", "gzip": "gzip 본문"}.items():
        yield kind, f"모든 응답이 {words}", _play(_fault(kind))
    yield "cut_utf8_entry", "목록에서 상품 하나의 글자가 중간에 끊김", _play(_fault("cut_utf8", "list", pick=1))
    yield "unknown_status", "문서에 없는 판매 상태", _edit({"pick": 1, "set": {"statusType": "RESERVED"}})
    yield "unknown_fields", "문서에 없는 새 항목", _shape("unknown_fields")
    yield "numbers_as_text", "숫자가 문자열로 옴", _shape("numbers_as_text")
    yield "name_missing", "목록에서 상품 하나의 이름이 빠짐", _play(_fault("drop_field", "list", pick=1, field="name"))
    yield (
        "number_missing",
        "목록에서 상품 하나의 번호가 빠짐",
        _play(_fault("drop_field", "list", pick=1, field="originProductNo")),
    )
    yield (
        "status_missing",
        "상세에서 상품 하나의 상태가 빠짐",
        _play(_fault("drop_field", "detail", pick=1, field="statusType")),
    )
    yield "price_zero", "판매가가 0원", _edit({"pick": 1, "set": {"salePrice": 0}})
    yield "price_over", "판매가가 최댓값(999,999,990원)을 넘음", _edit({"pick": 1, "set": {"salePrice": 1_000_000_000}})
    yield "idle_closed", "1초 동안 쓰지 않은 연결이 끊김", _set(idleSeconds=1.0)
    yield "moved", "상세가 308과 새 주소를 답함", _play(_fault("moved", "detail", after=5))


GATEWAY_FAULTS = (
    (500, "GW.PROXY.01"),
    (500, "GW.PROXY.02"),
    (500, "GW.PROXY.03"),
    (500, "GW.PROXY.04"),
    (500, "GW.PROXY.05"),
    (500, "GW.INTERNAL_SERVER_ERROR"),
    (503, "GW.BLOCK.01"),
    (503, "GW.BLOCK.02"),
    (504, "GW.TIMEOUT.01"),
    (504, "GW.TIMEOUT.02"),
    (500, "INTERNAL_SERVER_ERROR"),
)
STOPPING_FAULTS = (
    (401, "UNAUTHORIZED"),
    (403, "FORBIDDEN"),
    (404, "GW.NOT_FOUND"),
)


def _list_errors() -> Iterator[tuple[str, str, dict[str, Any]]]:
    for status, code in GATEWAY_FAULTS:
        name = code.lower().replace(".", "_")
        yield (
            f"{name}_once",
            f"상세가 한 번 {status} {code}",
            _play(_fault("status", "detail", times=1, after=3, status=status, code=code)),
        )
    for status, code in STOPPING_FAULTS:
        name = code.lower().replace(".", "_")
        yield name, f"상세가 늘 {status} {code}", _play(_fault("status", "detail", after=5, status=status, code=code))
    yield (
        "bad_request_product",
        "상품 하나의 상세가 늘 400 BAD_REQUEST",
        _play(_fault("status", "detail", pick=1, status=400, code="BAD_REQUEST")),
    )
    yield (
        "server_error_product",
        "상품 하나의 상세가 늘 500 INTERNAL_SERVER_ERROR",
        _play(_fault("status", "detail", pick=1, status=500, code="INTERNAL_SERVER_ERROR")),
    )
    yield (
        "gateway_down",
        "다섯 건 뒤부터 게이트웨이가 점검 중(503 GW.BLOCK.02)",
        _play(_fault("status", "detail", after=5, status=503, code="GW.BLOCK.02")),
    )
    yield (
        "server_down",
        "다섯 건 뒤부터 상품 서버가 500",
        _play(_fault("status", "detail", after=5, status=500, code="INTERNAL_SERVER_ERROR")),
    )


def _list_gaps() -> Iterator[tuple[str, str, dict[str, Any]]]:
    midnight = ("2026-11-22T23:59:59.999+09:00", "2026-11-23T00:00:00.000+09:00")
    edits = [
        {"pick": place, "set": {"modifiedDate": moment, "stockQuantity": 7 * place}}
        for place, moment in enumerate(midnight, start=1)
    ]
    yield "midnight", "한국 시각 23:59:59.999와 00:00:00.000의 수정", _edit(*edits)
    yield (
        "edits_during_run",
        "상세 4건마다 다른 상품이 수정됨",
        _during("detail", 4, 4, mutate={"random": {"count": 2, "seed": 3, "fields": ["salePrice", "description"]}}),
    )
    yield (
        "edit_without_date",
        "수정일이 그대로인데 재고가 바뀜",
        _edit({"pick": 1, "set": {"stockQuantity": 4_321}}, touch=False),
    )
    yield (
        "detail_edit_without_date",
        "수정일도 목록도 그대로인데 상세 설명만 바뀜",
        _edit({"pick": 1, "set": {"description": "수정일을 남기지 않고 고친 설명입니다."}}, touch=False),
    )
    yield "clock_ahead", "부르는 쪽 시계가 10분 빠름", _set(clockOffsetSeconds=-600)
    yield "clock_behind", "부르는 쪽 시계가 10분 느림", _set(clockOffsetSeconds=600)


PARTS = {
    "인증": _list_auth,
    "한도": _list_limits,
    "목록": _list_lists,
    "상세": _list_details,
    "깨진 응답": _list_breakage,
    "오류 코드": _list_errors,
    "틈과 시계": _list_gaps,
}
SCENARIOS: Mapping[str, Scenario] = {
    name: Scenario(part, name, summary, plan)
    for part, list_part in PARTS.items()
    for name, summary, plan in list_part()
}


def list_scenarios(*, is_markdown: bool = False) -> Iterator[str]:
    """The catalogue as lines of text, or of the table that the documentation shows."""
    if not is_markdown:
        width = max(map(len, SCENARIOS))
        yield from (f"{scenario.name:{width}}  {scenario.summary}" for scenario in SCENARIOS.values())
        return
    yield from ("| part | scenario | what the caller meets |", "|---|---|---|")
    yield from (f"| {entry.part} | `{entry.name}` | {entry.summary} |" for entry in SCENARIOS.values())
