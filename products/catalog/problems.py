"""The API's one shape of an error: application/problem+json (RFC 9457) with the fields at fault and the trace id."""

from collections.abc import Iterator, Mapping, Sequence
from http import HTTPStatus
from typing import Any

from rest_framework import serializers
from rest_framework.exceptions import UnsupportedMediaType, ValidationError
from rest_framework.response import Response
from rest_framework.views import exception_handler

from perfhooks.trace import current_trace_id
from products.catalog.errors import Problem

PROBLEM_TYPE = "application/problem+json"
TITLES = {
    400: "잘못된 요청",
    401: "로그인 필요",
    403: "권한 없음",
    404: "찾을 수 없음",
    405: "허용되지 않는 방법",
    406: "줄 수 없는 형식",
    409: "동시 수정 충돌",
    412: "그사이 바뀐 상품",
    413: "너무 큰 본문",
    415: "받을 수 없는 형식",
    422: "다른 요청에 쓴 키",
    428: "조건 없는 수정",
    429: "너무 잦은 요청",
}
ERRORS_SHOWN = 100
ERRORS_SUMMARISED = 3
MESSAGE_LENGTH = 400
"""A message may quote what was sent, which may be long."""


class FieldErrorSerializer(serializers.Serializer[dict[str, str]]):
    """One field or parameter at fault."""

    field = serializers.CharField(help_text="필드나 매개변수 이름. 본문 전체의 문제면 빈 문자열")
    message = serializers.CharField(help_text="무엇이 잘못되었고 어떻게 고치는지")


class ProblemSerializer(serializers.Serializer[dict[str, Any]]):
    """The body of every error."""

    type = serializers.CharField(default="about:blank")
    title = serializers.CharField()
    status = serializers.IntegerField()
    detail = serializers.CharField()
    errors = FieldErrorSerializer(many=True)  # type: ignore[assignment]  # the body's own word for it, RFC 9457 section 3
    trace_id = serializers.CharField(help_text="로그에서 이 요청을 찾는 번호")


class VersionSerializer(serializers.Serializer[dict[str, int]]):
    """A priority with the version that it belongs to."""

    priority = serializers.IntegerField()
    version = serializers.IntegerField()


class ConflictSerializer(ProblemSerializer):
    """The body of a 409: where the product has changed since, what it is now, and what the caller had sent."""

    current = VersionSerializer(required=False)
    given = VersionSerializer(required=False)


class CurrentSerializer(VersionSerializer):
    """What a product is now."""

    etag = serializers.CharField()


class GivenSerializer(serializers.Serializer[dict[str, Any]]):
    """What the caller had sent."""

    priority = serializers.IntegerField()
    etag = serializers.CharField()


class PreconditionSerializer(ProblemSerializer):
    """The body of a 412: what the product is now, and what the caller had sent."""

    current = CurrentSerializer()
    given = GivenSerializer()


def handle_exception(error: Exception, context: dict[str, Any]) -> Response | None:
    """Turn what REST framework knows into a problem document; None (a plain 500) for what it does not know.

    Named by REST_FRAMEWORK["EXCEPTION_HANDLER"].
    """
    answer = exception_handler(error, context)
    if answer is None:
        return None
    errors = _list_errors(error, answer.data)
    answer.data = {
        "type": "about:blank",
        "title": TITLES.get(answer.status_code) or HTTPStatus(answer.status_code).phrase,
        "status": answer.status_code,
        "detail": _summarise(errors) or str(answer.data["detail"]),
        "errors": errors[:ERRORS_SHOWN],
        "trace_id": current_trace_id(),
        **(error.extra if isinstance(error, Problem) else {}),
    }
    answer.content_type = PROBLEM_TYPE
    return answer


def _list_errors(error: Exception, detail: Any) -> list[dict[str, str]]:
    if isinstance(error, ValidationError):
        return list(_iter_field_errors(detail))
    if isinstance(error, UnsupportedMediaType):
        return [{"field": "Content-Type", "message": f"{error.detail} application/json으로 보내세요."}]
    return error.errors if isinstance(error, Problem) else []


def _summarise(errors: Sequence[Mapping[str, str]]) -> str:
    shown = [f"{e['field']}: {e['message']}" if e["field"] else e["message"] for e in errors[:ERRORS_SUMMARISED]]
    left = len(errors) - len(shown)
    return " ".join([*shown, f"그 밖에 {left:,}곳." if left else ""]).strip()


def _iter_field_errors(detail: Any, field: str = "") -> Iterator[dict[str, str]]:
    if isinstance(detail, Mapping):
        for key, inner in detail.items():
            name = "" if key == "non_field_errors" else str(key)
            yield from _iter_field_errors(inner, ".".join(filter(None, [field, name])))
    elif isinstance(detail, list):
        for at, inner in enumerate(detail):
            # The errors of a list of rows stand at the rows' places; those of a field are messages.
            place = f"{field}.{at}" if isinstance(inner, Mapping) else field
            yield from _iter_field_errors(inner, place)
    else:
        yield {"field": field, "message": str(detail)[:MESSAGE_LENGTH]}
