"""The Idempotency-Key header of an API request: read, answered once, replayed."""

import json
from collections.abc import Callable
from hashlib import blake2b
from http import HTTPStatus

from django.db import transaction
from django.http import HttpResponse
from drf_spectacular.utils import OpenApiParameter
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from products.catalog.errors import Problem
from products.catalog.scopes import name_caller
from products.idempotency.models import KEY_LENGTH
from products.idempotency.services import Answer, KeyInUse, KeyReused, carry_out_once

HEADER = "Idempotency-Key"
REPLAYED = "Idempotency-Replayed"
PARAMETER = OpenApiParameter(
    HEADER,
    type={"type": "string", "minLength": 1, "maxLength": KEY_LENGTH, "pattern": r"^[!-~]+$"},
    location=OpenApiParameter.HEADER,
    description="다시 보내도 한 번만 처리되게 하는, 요청마다 새로 만든 값(UUID 등)",
)


def answer_once(request: Request, act: Callable[[], Response]) -> Response | HttpResponse:
    """The answer of `act`, run in one transaction; under a key that was answered before, that answer again.

    Raises Problem: 400 for a key that is none, 409 while the same key is at work, 422 for a key of another request.
    """
    key = _read_key(request)
    if key is None:
        with transaction.atomic():
            return act()
    given: list[Response] = []

    def act_and_keep() -> Answer:
        given.append(act())
        return _to_answer(given[0])

    try:
        answer = carry_out_once(
            caller=name_caller(request), key=key, request_hash=hash_request(request), act=act_and_keep
        )
    except KeyInUse as error:
        message = "같은 키의 요청을 처리하는 중입니다. 잠시 뒤 같은 요청을 다시 보내면 그 결과를 받습니다."
        raise Problem(HTTPStatus.CONFLICT, message, field=HEADER) from error
    except KeyReused as error:
        message = "이미 다른 요청에 쓴 키입니다. 요청마다 새 키를 만드세요."
        raise Problem(HTTPStatus.UNPROCESSABLE_ENTITY, message, field=HEADER) from error
    return _replay(answer) if answer.is_replayed else given[0]


def hash_request(request: Request) -> str:
    """Fingerprint of what is asked: method, address, condition and body; 32 hex digits."""
    asked = [request.method, request.path, request.headers.get("If-Match", ""), request.data]
    text = json.dumps(asked, sort_keys=True, ensure_ascii=True)
    return blake2b(text.encode(), digest_size=16).hexdigest()


def _read_key(request: Request) -> str | None:
    key: str | None = request.headers.get(HEADER)
    if key is None:
        return None
    if not 0 < len(key) <= KEY_LENGTH or not all("!" <= letter <= "~" for letter in key):
        message = f"공백 없는 ASCII 글자 1자에서 {KEY_LENGTH}자까지 쓸 수 있습니다. UUID를 권합니다."
        raise Problem(HTTPStatus.BAD_REQUEST, message, field=HEADER)
    return key


def _to_answer(response: Response) -> Answer:
    body = JSONRenderer().render(response.data).decode()
    return Answer(response.status_code, body, response.headers.get("ETag", ""))


def _replay(answer: Answer) -> HttpResponse:
    response = HttpResponse(answer.body, status=answer.status, content_type="application/json")
    response[REPLAYED] = "true"
    if answer.etag:
        response["ETag"] = answer.etag
    return response
