"""Who may call the API: the rights of the user, and for a token also the scopes that it was given."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any, cast

from rest_framework.exceptions import AuthenticationFailed, NotAuthenticated, Throttled
from rest_framework.permissions import DjangoModelPermissions
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

_SEE = ["%(app_label)s.view_%(model_name)s"]
_WRITE = ["%(app_label)s.add_%(model_name)s", "%(app_label)s.change_%(model_name)s"]


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
METHOD_SCOPES: Mapping[str, Scope] = {"PATCH": Scope.PRIORITY, "POST": Scope.WRITE}
"""Every other method only reads."""


class ProductPermission(DjangoModelPermissions):
    """Reading needs catalog.view_product, a priority catalog.change_product, writing products both of add and change."""

    perms_map = {**DjangoModelPermissions.perms_map, "GET": _SEE, "HEAD": _SEE, "OPTIONS": _SEE, "POST": _WRITE}

    def has_permission(self, request: Request, view: APIView) -> bool:
        """Whether the user has the right, and the token, if one was shown, the scope."""
        if not super().has_permission(request, view):
            return False
        wanted, token = METHOD_SCOPES.get(request.method or "", Scope.READ), cast("Any", request.auth)
        if token is None or wanted in token.scopes:
            return True
        self.message = f"토큰에 {wanted} 범위({SCOPE_WORDS[wanted]})가 없습니다. 그 범위로 새 토큰을 만드세요."
        return False


class ProductView(APIView):
    """Base of the API's addresses."""

    permission_classes = [ProductPermission]

    def handle_exception(self, exc: Exception) -> Response:
        """Count those too who could not say who they are: REST framework asks the throttles only after that."""
        if isinstance(exc, NotAuthenticated | AuthenticationFailed):
            try:
                self.check_throttles(self.request)
            except Throttled as throttled:
                return super().handle_exception(throttled)
        return super().handle_exception(exc)


def name_caller(request: Any) -> str:
    """`token:<id>` for whoever shows a token, else `user:<id>`."""
    return f"user:{request.user.pk}" if request.auth is None else f"token:{request.auth.pk}"
