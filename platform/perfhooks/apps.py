"""The app of the performance hooks."""

from django.apps import AppConfig


class PerfhooksConfig(AppConfig):
    """Measured runs, locks, and the system checks of this ground floor."""

    name = "perfhooks"
    label = "perfhooks"
    verbose_name = "운영"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Register the checks, settle the collector, open the metrics, count queries, start what settings ask."""
        from django.conf import settings
        from django.db.models.signals import post_migrate

        from perfhooks import checks as checks
        from perfhooks import metrics, otel, recording, slow_statements
        from perfhooks.collector import settle
        from perfhooks.queries import enable_query_counting

        settle()
        enable_query_counting()
        if recording.is_silk_installed():
            post_migrate.connect(recording.create_silk_tables, sender=self)
        metrics.export_zeroes()
        metrics.is_exemplar_kept = getattr(settings, "METRICS_EXEMPLARS", False)
        if size := getattr(settings, "SLOW_STATEMENTS", 0):
            slow_statements.watch_statements(size=size, folder=settings.DATA_DIR / "slow")
        if address := getattr(settings, "OTEL_EXPORTER_OTLP_ENDPOINT", ""):
            otel.start_export(address)
