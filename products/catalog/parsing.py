"""Bodies of API requests: JSON in UTF-8 (RFC 8259), bounded in size and depth, without what no database keeps."""

import json
import math
from http import HTTPStatus
from typing import Any

from django.conf import settings
from rest_framework.exceptions import ParseError, ValidationError
from rest_framework.parsers import BaseParser

from products.catalog.errors import Problem

DEPTH_LIMIT = 8
NAME_LENGTH = 60
TOO_DEEP = f"본문이 너무 깊습니다. {DEPTH_LIMIT}단계까지 겹칠 수 있습니다."


class StrictJSONParser(BaseParser):
    """JSON without repeated names, NaN, NUL, halves of characters or bottomless nesting.

    No descendant of REST framework's JSONParser, to which the framework hands a body that it has read whole.
    """

    media_type = "application/json"

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Any = None) -> Any:
        """The decoded body. ParseError for what is no JSON, ValidationError with the place of what is refused."""
        try:
            value = json.loads(
                _read(stream).decode(), object_pairs_hook=_make_object, parse_constant=_refuse, parse_float=_read_float
            )
        except RecursionError as error:
            raise ValidationError({"": TOO_DEEP}) from error
        except ValueError as error:
            message = f"본문이 UTF-8로 된 올바른 JSON이 아닙니다: {str(error)[:200]}"
            raise ParseError(message) from error
        _check(value, "", 0)
        return value


def _read(stream: Any) -> bytes:
    limit = settings.API_BODY_LIMIT_BYTES
    body: bytes = stream.read(limit + 1)
    if len(body) > limit:
        message = f"본문은 {limit:,}바이트까지 받습니다. 여러 요청으로 나누어 보내세요."
        raise Problem(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, message)
    return body


def _make_object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) < len(pairs):
        seen: set[str] = set()
        repeated = next(name for name, _value in pairs if name in seen or seen.add(name))  # type: ignore[func-returns-value]
        raise ValidationError({show_name(repeated): "같은 이름이 두 번 나옵니다. 하나만 보내세요."})
    return made


def _refuse(name: str) -> Any:
    raise ValueError(f"{name}은(는) JSON의 수가 아닙니다.")


def _read_float(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError("수가 너무 큽니다.")
    return number


def _check(value: Any, place: str, depth: int) -> None:
    """Refuse texts that PostgreSQL does not take, by their place (`rows.3.name`)."""
    if isinstance(value, str):
        _check_text(value, place)
    elif isinstance(value, dict | list):
        if depth >= DEPTH_LIMIT:
            raise ValidationError({place: TOO_DEEP})
        for name, inner in value.items() if isinstance(value, dict) else enumerate(value):
            below = f"{place}.{show_name(str(name))}".lstrip(".")
            _check_text(str(name), below)
            _check(inner, below, depth + 1)


def _check_text(text: str, place: str) -> None:
    if "\x00" in text:
        raise ValidationError({place: "NUL 문자(\\u0000)는 쓸 수 없습니다. 빼고 보내세요."})
    try:
        text.encode()
    except UnicodeEncodeError as error:
        half = f"\\u{ord(text[error.start]):04x}"
        raise ValidationError({place: f"반쪽짜리 문자({half})가 있습니다. 올바른 글자로 고쳐 보내세요."}) from error


def show_name(name: str) -> str:
    """A name of the caller's, fit to be named in an error: short and without what cannot be written."""
    return name[:NAME_LENGTH].replace("\x00", "\\u0000").encode(errors="backslashreplace").decode()
