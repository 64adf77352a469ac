"""Packages: a post as one zip that an editor pastes and uploads in order (plan 2C)."""

from django.apps import AppConfig


class PackagesConfig(AppConfig):
    """Packages and the product pictures that they hold."""

    name = "content.packages"
    label = "packages"
    verbose_name = "패키지"

    def ready(self) -> None:
        """Register the checks of the settings."""
        from content.packages import checks  # noqa: F401
