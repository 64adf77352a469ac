"""Who may call the API: the rights of the user, and for a token also the scopes that it was given."""

import math
from collections.abc import Mapping
from typing import Any, NoReturn, cast

from rest_framework.exceptions import AuthenticationFailed, ErrorDetail, NotAuthenticated, Throttled
from rest_framework.permissions import DjangoModelPermissions
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from products.catalog.scopes import SCOPE_WORDS, Scope

_SEE = ["%(app_label)s.view_%(model_name)s"]
_WRITE = ["%(app_label)s.add_%(model_name)s", "%(app_label)s.change_%(model_name)s"]


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

    def throttled(self, request: Request, wait: float) -> NoReturn:
        """Say in which time to come back."""
        refusal = Throttled(wait)
        refusal.detail = ErrorDetail(f"요청이 너무 잦습니다. {math.ceil(wait)}초 뒤에 다시 보내세요.", "throttled")
        raise refusal
