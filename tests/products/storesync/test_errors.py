"""Every row of the documented error table, and what becomes of the work."""

import pickle

import pytest

from products.storesync import errors
from products.storesync.errors import Action, Reply, StoreCallError, find_kind

TABLE = [
    ("detail", 401, "GW.AUTHN", errors.TokenRefusedError),
    ("list", 403, "GW.IP_NOT_ALLOWED", errors.AddressRefusedError),
    ("token", 403, "GW.IP_NOT_ALLOWED", errors.AddressRefusedError),
    ("list", 404, "GW.NOT_FOUND", errors.UnknownRouteError),
    ("detail", 404, "GW.NOT_FOUND", errors.UnknownRouteError),
    ("detail", 404, "", errors.UnknownRouteError),
    ("list", 429, "GW.RATE_LIMIT", errors.RateLimitedError),
    ("list", 429, "", errors.RateLimitedError),
    ("list", 429, "GW.QUOTA_LIMIT", errors.QuotaSpentError),
    ("detail", 500, "GW.PROXY.03", errors.GatewayFaultError),
    ("detail", 500, "GW.INTERNAL_SERVER_ERROR", errors.GatewayFaultError),
    ("detail", 502, "", errors.GatewayFaultError),
    ("detail", 503, "GW.BLOCK.01", errors.GatewayBlockedError),
    ("detail", 503, "GW.BLOCK.02", errors.GatewayBlockedError),
    ("detail", 504, "GW.TIMEOUT.02", errors.SlowReplyError),
    ("detail", 308, "PERMANENT_REDIRECT", errors.MovedError),
    ("detail", 400, "BAD_REQUEST", errors.BadCallError),
    ("token", 400, "BAD_REQUEST", errors.StoreAuthError),
    ("token", 401, "UNAUTHORIZED", errors.StoreAuthError),
    ("list", 401, "UNAUTHORIZED", errors.PermissionRefusedError),
    ("list", 403, "FORBIDDEN", errors.PermissionRefusedError),
    ("detail", 404, "NOT_FOUND", errors.ProductGoneError),
    ("list", 404, "NOT_FOUND", errors.UnknownRouteError),
    ("detail", 500, "INTERNAL_SERVER_ERROR", errors.ServerFaultError),
    ("detail", 418, "TEAPOT", errors.StoreCallError),
]
FATAL = {
    errors.StoreAuthError,
    errors.LivingTokenRefusedError,
    errors.PermissionRefusedError,
    errors.UnknownRouteError,
    errors.MovedError,
}


def all_kinds() -> list[type[StoreCallError]]:
    found, waiting = [], [StoreCallError]
    while waiting:
        kind = waiting.pop()
        found.append(kind)
        waiting += kind.__subclasses__()
    return found


@pytest.mark.parametrize(("endpoint", "status", "code", "kind"), TABLE)
def test_the_documented_table(endpoint: str, status: int, code: str, kind: type[StoreCallError]) -> None:
    assert find_kind(endpoint, status, code) is kind


def test_what_a_person_must_mend_is_never_resumed_and_never_blamed_on_a_product() -> None:
    for kind in FATAL:
        assert not kind.is_resumable, kind
        assert not kind.is_about_product, kind
        assert kind.action in (Action.STOP, Action.RETRY), kind


@pytest.mark.parametrize("kind", all_kinds())
def test_every_message_says_where_what_and_the_fix(kind: type[StoreCallError]) -> None:
    error = kind(Reply("detail", 500, "SOME.CODE", "사정이 있습니다", "trace"))
    text = str(error)
    assert text.startswith("상품 상세: ")
    assert "[500 SOME.CODE] (사정이 있습니다)" in text
    assert f"조치: {kind.fix}." in text


def test_an_error_survives_the_way_out_of_a_worker_process() -> None:
    error = errors.DriftedReplyError(Reply("detail", 200, message="m"), field="salePrice")
    copy = pickle.loads(pickle.dumps(error))  # noqa: S301
    assert (type(copy), str(copy), copy.field, copy.reply) == (type(error), str(error), "salePrice", error.reply)
