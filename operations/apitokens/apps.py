"""Tokens by which machines call the API (plan 6.1)."""

from django.apps import AppConfig


class ApiTokensConfig(AppConfig):
    """Scoped tokens, kept as hashes; who calls the API, and how often."""

    name = "operations.apitokens"
    label = "apitokens"
    verbose_name = "API 토큰"

    def ready(self) -> None:
        """Register the system checks."""
        from operations.apitokens import checks  # noqa: F401
