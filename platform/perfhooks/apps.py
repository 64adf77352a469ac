"""The app of the performance hooks."""

from django.apps import AppConfig


class PerfhooksConfig(AppConfig):
    """Measured runs, locks, and the system checks of this ground floor."""

    name = "perfhooks"
    label = "perfhooks"
    verbose_name = "운영"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Register the system checks and count queries from the first connection on."""
        from perfhooks import checks as checks
        from perfhooks.queries import enable_query_counting

        enable_query_counting()
