"""What a token of the API may be used for, and how a caller is named."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any


class Scope(StrEnum):
    """What a token may be used for."""

    READ = "products:read"
    PRIORITY = "products:priority"
    WRITE = "products:write"


SCOPE_WORDS: Mapping[str, str] = {
    Scope.READ: "상품 읽기",
    Scope.PRIORITY: "우선순위 고치기",
    Scope.WRITE: "상품 한꺼번에 쓰기",
}


def describe_caller(request: Any) -> str:
    """Who asks, for people: the user's name, and the token's where one was shown."""
    name = str(request.user.get_username())
    return name if request.auth is None else f"{name} · 토큰 {request.auth.name}"


def name_caller(request: Any) -> str:
    """`token:<id>` for whoever shows a token, else `user:<id>`."""
    return f"user:{request.user.pk}" if request.auth is None else f"token:{request.auth.pk}"
