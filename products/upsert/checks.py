"""System checks of the upsert."""

from collections.abc import Sequence
from typing import Any

from django.apps import AppConfig
from django.core.checks import CheckMessage, Error, register

from products.upsert.ports import refresh_port


@register()
def check_refresh_port(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """upsert.E001: a changed product would not reach the posts that show it."""
    if refresh_port.is_filled:
        return []
    return [
        Error(
            "No app answers products.upsert.ports.refresh_port.",
            hint="Add content.refresh.apps.RefreshConfig to INSTALLED_APPS.",
            id="upsert.E001",
        )
    ]
