"""The public site: published posts under addresses of their own, with their maps and feeds."""

from django.apps import AppConfig


class SiteConfig(AppConfig):
    """Public pages, kept as they were rendered."""

    name = "operations.site"
    label = "site"
    verbose_name = "공개 사이트"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Register the system checks, and say where readers find a post."""
        from content.cro.ports import post_address_port
        from operations.site import checks as checks
        from operations.site.addresses import get_post_url

        post_address_port.fill(get_post_url)
