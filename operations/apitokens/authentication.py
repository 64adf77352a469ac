"""`Authorization: Bearer jb_...`, for REST framework."""

from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from operations.apitokens.models import ApiToken
from operations.apitokens.services import TokenRefused, use_token

SCHEME = "bearer"


class TokenAuthentication(BaseAuthentication):
    """A token of its user. Named first among the kinds, so that who shows nothing is answered 401."""

    def authenticate(self, request: Request) -> tuple[object, ApiToken] | None:
        """(user, token); None for another scheme. AuthenticationFailed for a token that opens nothing."""
        scheme, _, given = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != SCHEME:
            return None
        try:
            token = use_token(given.strip())
        except TokenRefused as refusal:
            raise AuthenticationFailed(str(refusal)) from refusal
        return token.user, token

    def authenticate_header(self, request: Request) -> str:
        """What a 401 asks for."""
        return 'Bearer realm="api"'
