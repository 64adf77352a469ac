"""The API's one shape of an error: application/problem+json (RFC 9457) with the fields at fault and the trace id."""

from collections.abc import Iterator, Mapping
from http import HTTPStatus
from typing import Any

from rest_framework import serializers
from rest_framework.exceptions import APIException, ValidationError
from rest_framework.response import Response
from rest_framework.views import exception_handler

from perfhooks.trace import current_trace_id

PROBLEM_TYPE = "application/problem+json"
TITLES = {
    400: "잘못된 요청",
    401: "로그인 필요",
    403: "권한 없음",
    404: "찾을 수 없음",
    405: "허용되지 않는 방법",
    406: "줄 수 없는 형식",
    409: "동시 수정 충돌",
    415: "받을 수 없는 형식",
    429: "너무 잦은 요청",
}


class Conflict(APIException):
    """409: the row is no longer as the caller saw it. `versions` holds both: {"current": {...}, "given": {...}}."""

    status_code = HTTPStatus.CONFLICT
    default_code = "conflict"

    def __init__(self, detail: str, versions: Mapping[str, Mapping[str, int]]) -> None:
        """Keep the message and both versions for the answer's body."""
        super().__init__(detail)
        self.versions = versions


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
    """The body of a 409: what the product is now, and what the caller had sent."""

    current = VersionSerializer()
    given = VersionSerializer()


def handle_exception(error: Exception, context: dict[str, Any]) -> Response | None:
    """Turn what REST framework knows into a problem document; None (a plain 500) for what it does not know.

    Named by REST_FRAMEWORK["EXCEPTION_HANDLER"].
    """
    answer = exception_handler(error, context)
    if answer is None:
        return None
    errors = list(_iter_field_errors(answer.data)) if isinstance(error, ValidationError) else []
    answer.data = {
        "type": "about:blank",
        "title": TITLES.get(answer.status_code) or HTTPStatus(answer.status_code).phrase,
        "status": answer.status_code,
        "detail": " ".join(f"{e['field']}: {e['message']}" if e["field"] else e["message"] for e in errors)
        or str(answer.data["detail"]),
        "errors": errors,
        "trace_id": current_trace_id(),
        **(error.versions if isinstance(error, Conflict) else {}),
    }
    answer.content_type = PROBLEM_TYPE
    return answer


def _iter_field_errors(detail: Any, field: str = "") -> Iterator[dict[str, str]]:
    if isinstance(detail, Mapping):
        for key, inner in detail.items():
            name = "" if key == "non_field_errors" else str(key)
            yield from _iter_field_errors(inner, ".".join(filter(None, [field, name])))
    elif isinstance(detail, list):
        for inner in detail:
            yield from _iter_field_errors(inner, field)
    else:
        yield {"field": field, "message": str(detail)}
