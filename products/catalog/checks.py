"""System checks of the catalogue."""

from collections.abc import Sequence
from typing import Any

from django.apps import AppConfig
from django.core.checks import CheckMessage, Error, register

from products.catalog.ports import posts_port


@register()
def check_posts_port(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """catalog.E001: a held product would stay in the posts that show it."""
    if posts_port.is_filled:
        return []
    return [
        Error(
            "No app answers products.catalog.ports.posts_port.",
            hint="Add content.refresh.apps.RefreshConfig to INSTALLED_APPS.",
            id="catalog.E001",
        )
    ]
