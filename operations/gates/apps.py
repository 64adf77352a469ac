"""The release gates: budgets judged by stored measurements (plan 5, 6.5, 8.5)."""

from django.apps import AppConfig


class GatesConfig(AppConfig):
    """Measurements, decisions, and the board that shows them."""

    name = "operations.gates"
    label = "gates"
    verbose_name = "릴리즈 게이트"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Register the system checks, and take the figures that benches and comparisons measure."""
        from operations.gates import checks as checks
        from operations.gates.services import record_measurement
        from perfhooks.measurements import measurement_port

        measurement_port.fill(record_measurement)
