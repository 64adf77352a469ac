"""The token's entry in the OpenAPI document."""

from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension


class TokenScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """Bearer tokens."""

    target_class = "operations.apitokens.authentication.TokenAuthentication"
    name = "tokenAuth"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        """The entry."""
        words = "데스크의 'API 토큰'이나 manage.py create_api_token으로 만든 토큰. 범위: products:read, products:priority, products:write"
        return {"type": "http", "scheme": "bearer", "bearerFormat": "jb_…", "description": words}
