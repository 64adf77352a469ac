"""The public site: published posts under addresses of their own, with their maps and feeds."""

from django.apps import AppConfig


class SiteConfig(AppConfig):
    """Public pages, kept as they were rendered."""

    name = "operations.site"
    label = "site"
    verbose_name = "공개 사이트"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Register the system checks."""
        from operations.site import checks as checks
