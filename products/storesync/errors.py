"""What can go wrong between us and the store: one class a cause, and the table that tells its replies apart.

Each class says by itself what becomes of the work in hand:

* `action`: what the client does at once; `attempts` and `wait_seconds` replace its ordinary patience.
* `is_resumable`: the run is parked and goes on later, instead of failing for good.
* `is_about_product`: in a detail call, only this product is put aside, and the run goes on.
"""

import re
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from typing import Any, ClassVar

EXCERPT_LENGTH = 200
ENDPOINT_NAMES = {"token": "인증 토큰", "list": "상품 목록", "detail": "상품 상세"}


class Action(StrEnum):
    """What the client does with a reply that is not the one it asked for."""

    RETRY = "retry"
    WAIT = "wait"
    RENEW = "renew"
    STOP = "stop"


@dataclass(frozen=True, slots=True)
class Reply:
    """What is known of the reply (or of its absence) behind an error. Secrets are already concealed."""

    endpoint: str
    status: int = 0
    code: str = ""
    message: str = ""
    trace_id: str = ""
    body: str = ""
    retry_after_seconds: float | None = None


class StoreSyncError(Exception):
    """The sync cannot go on. `str()` is Korean: what happened, and what to do about it."""

    is_resumable: ClassVar[bool] = False


class StoreConfigError(StoreSyncError):
    """The settings name no store to talk to: the run waits until somebody mends them."""

    is_resumable = True


class StoreCodeError(StoreSyncError):
    """No store can go by this code: nothing was begun."""


class StoreCallError(StoreSyncError):
    """One call did not bring what was asked for."""

    meaning: ClassVar[str] = "스토어가 알 수 없는 응답을 보냈습니다"
    fix: ClassVar[str] = "오류 코드를 Commerce API 문서에서 확인하세요"
    action: ClassVar[Action] = Action.STOP
    attempts: ClassVar[int | None] = None
    wait_seconds: ClassVar[float | None] = None
    is_about_product: ClassVar[bool] = False

    def __init__(self, reply: Reply, *, field: str = "") -> None:
        self.reply, self.field = reply, field
        said = " ".join(str(part) for part in (reply.status, reply.code) if part)
        quoted = f" ({reply.message[:EXCERPT_LENGTH]})" if reply.message else ""
        where = ENDPOINT_NAMES.get(reply.endpoint, reply.endpoint)
        super().__init__(f"{where}: {self.meaning}{f' [{said}]' if said else ''}{quoted}. 조치: {self.fix}.")

    def __reduce__(self) -> tuple[Any, ...]:
        return partial(type(self), self.reply, field=self.field), ()

    @property
    def code(self) -> str:
        """A short code for lists and filters: the store's own, else the class's, as in `broken_reply`."""
        words = re.findall("[A-Z][a-z]+", type(self).__name__.removesuffix("Error"))
        return self.reply.code or "_".join(words).lower()


class StoreAuthError(StoreCallError):
    """The store does not accept who we are."""

    meaning = "스토어가 애플리케이션 인증을 거절했습니다"
    fix = "STORE_CLIENT_ID와 STORE_CLIENT_SECRET이 API 센터의 값과 같은지, 서버 시각이 맞는지 확인하세요"


class LivingTokenRefusedError(StoreAuthError):
    """A token was refused although it had not expired: asked again, the store gave the same one."""

    meaning = "방금 받은 토큰을 스토어가 거절했고, 다시 받아도 같은 토큰입니다. 만료가 아닙니다"
    fix = "API 센터에서 애플리케이션에 '상품' API 그룹이 있는지, STORE_API_URL이 맞는지 확인하세요"


class TokenRefusedError(StoreCallError):
    """401 GW.AUTHN: expired token, missing API group or malformed header."""

    meaning = "스토어가 인증 토큰을 거절했습니다"
    fix = "API 센터에서 애플리케이션에 '상품' API 그룹이 있는지 확인하세요"
    action = Action.RENEW


class AddressRefusedError(StoreCallError):
    """403 GW.IP_NOT_ALLOWED: rarely the provider's own fault, hence one slow retry; the run waits for the address."""

    meaning = "이 서버의 IP가 스토어에 등록되어 있지 않습니다"
    fix = "API 센터의 애플리케이션 정보에 서버의 IPv4 주소를 등록하세요"
    action = Action.RETRY
    attempts = 2
    wait_seconds = 2.0
    is_resumable = True


class PermissionRefusedError(StoreCallError):
    """401 UNAUTHORIZED or 403 FORBIDDEN of the product server."""

    meaning = "이 애플리케이션에는 상품을 읽을 권한이 없습니다"
    fix = "API 센터에서 애플리케이션의 권한과 스토어 연결을 확인하세요"


class UnknownRouteError(StoreCallError):
    """404 GW.NOT_FOUND: the address itself is unknown to the gateway."""

    meaning = "스토어에 없는 API 주소입니다"
    fix = "STORE_API_URL이 /external로 끝나는지 확인하세요"


class MovedError(StoreCallError):
    """3xx: documented on every product call, never followed."""

    meaning = "스토어가 API 주소가 바뀌었다고 답했습니다. 따라가지 않았습니다"
    fix = "Commerce API 공지에서 새 주소를 확인하고 STORE_API_URL을 고치세요"


class ProductGoneError(StoreCallError):
    """404 NOT_FOUND on a detail: the product is no longer in the store."""

    meaning = "스토어에 없는 상품입니다"
    fix = "스토어에서 지운 상품이면 그대로 두면 됩니다"
    is_about_product = True


class BadCallError(StoreCallError):
    """400 BAD_REQUEST: the call itself breaks the store's rules."""

    meaning = "스토어가 요청 값을 거절했습니다"
    fix = "괄호 안의 항목을 확인하세요"
    is_about_product = True


class RateLimitedError(StoreCallError):
    """429 GW.RATE_LIMIT: wait and go on; no attempt is spent."""

    meaning = "스토어의 호출 한도를 넘은 상태가 풀리지 않습니다"
    fix = "같은 애플리케이션을 쓰는 다른 프로그램이 있는지 확인하고 잠시 뒤 다시 실행하세요"
    action = Action.WAIT
    is_resumable = True


class QuotaSpentError(StoreCallError):
    """429 GW.QUOTA_LIMIT for the whole round: nothing comes back soon."""

    meaning = "스토어의 호출 할당량을 모두 썼습니다"
    fix = "할당량이 다시 채워진 뒤에 실행하세요. 이어서 진행됩니다"
    is_resumable = True


class TransientCallError(StoreCallError):
    """Trouble that may pass by itself: tried again a few times, then parked."""

    fix = "잠시 뒤 다시 실행하면 이어서 진행됩니다"
    action = Action.RETRY
    is_resumable = True
    is_about_product = True


class GatewayFaultError(TransientCallError):
    """500 GW.PROXY.*, GW.INTERNAL_SERVER_ERROR and every other 5xx that nobody explains."""

    meaning = "스토어의 게이트웨이에서 오류가 났습니다"


class GatewayBlockedError(TransientCallError):
    """503 GW.BLOCK.*: circuit open or maintenance; one longer wait, then the run is parked."""

    meaning = "스토어가 점검 중이거나 요청을 막고 있습니다"
    attempts = 2
    wait_seconds = 3.0
    is_about_product = False


class SlowReplyError(TransientCallError):
    """504 GW.TIMEOUT.*, or no reply within our own time limit."""

    meaning = "스토어의 응답이 너무 늦습니다"


class ServerFaultError(TransientCallError):
    """500 INTERNAL_SERVER_ERROR of the product server."""

    meaning = "스토어의 상품 서버에서 오류가 났습니다"


class UnreachableError(TransientCallError):
    """No connection could be made."""

    meaning = "스토어에 연결할 수 없습니다"
    fix = "STORE_API_URL과 네트워크를 확인한 뒤 다시 실행하면 이어서 진행됩니다"
    is_about_product = False


class CutConnectionError(TransientCallError):
    """The connection ended before the reply was complete."""

    meaning = "응답을 받는 중에 연결이 끊겼습니다"


class BrokenReplyError(TransientCallError):
    """200, but the body is no whole JSON: cut short, empty, an HTML page."""

    meaning = "스토어의 응답이 온전한 JSON이 아닙니다"


class DriftedReplyError(StoreCallError):
    """200 and JSON, but a field is not of the documented kind; trying again would not help."""

    meaning = "스토어의 응답이 문서와 다릅니다"
    fix = "스토어에서 이 값을 확인하고, 계속되면 Commerce API 변경 공지를 확인하세요"
    is_about_product = True


@dataclass(frozen=True, slots=True)
class Rule:
    """Replies with this status and code are of that kind. A code ending in `*` is a prefix; "" is any code."""

    status: int
    code: str
    kind: type[StoreCallError]
    endpoint: str = ""

    def is_match(self, endpoint: str, status: int, code: str) -> bool:
        """Whether a reply falls under this rule."""
        is_code = not self.code or code == self.code or (self.code[-1] == "*" and code.startswith(self.code[:-1]))
        return status == self.status and is_code and self.endpoint in ("", endpoint)


RULES = (
    Rule(403, "GW.IP_NOT_ALLOWED", AddressRefusedError),
    Rule(400, "", StoreAuthError, endpoint="token"),
    Rule(401, "", StoreAuthError, endpoint="token"),
    Rule(403, "", StoreAuthError, endpoint="token"),
    Rule(401, "GW.AUTHN", TokenRefusedError),
    Rule(401, "", PermissionRefusedError),
    Rule(403, "", PermissionRefusedError),
    Rule(404, "NOT_FOUND", ProductGoneError, endpoint="detail"),
    Rule(404, "", UnknownRouteError),
    Rule(400, "", BadCallError),
    Rule(429, "GW.QUOTA_LIMIT", QuotaSpentError),
    Rule(429, "", RateLimitedError),
    Rule(503, "GW.BLOCK*", GatewayBlockedError),
    Rule(504, "", SlowReplyError),
    Rule(500, "INTERNAL_SERVER_ERROR", ServerFaultError),
)
"""Commerce API, error codes; the first match counts. `GW.` is the gateway, other codes are the server behind it."""


def find_kind(endpoint: str, status: int, code: str) -> type[StoreCallError]:
    """The error class for a reply that is not 200."""
    for rule in RULES:
        if rule.is_match(endpoint, status, code):
            return rule.kind
    if 300 <= status < 400:
        return MovedError
    return GatewayFaultError if status >= 500 else StoreCallError
