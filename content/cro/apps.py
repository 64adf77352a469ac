"""CRO templates: posts rendered to lead to a purchase (plan 6.4)."""

from django.apps import AppConfig


class CroConfig(AppConfig):
    """Templates, their rendering, and the variants of their blocks."""

    name = "content.cro"
    label = "cro"
    verbose_name = "CRO 템플릿"

    def ready(self) -> None:
        """Register the system checks."""
        from content.cro import checks as checks
