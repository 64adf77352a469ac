"""System checks of rendering."""

from collections.abc import Sequence
from typing import Any

from django.apps import AppConfig
from django.core.checks import CheckMessage, Error, register

from content.cro.ports import post_address_port


@register()
def check_post_address_port(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """cro.E001: no link between posts could be written."""
    if post_address_port.is_filled:
        return []
    return [
        Error(
            "No app answers content.cro.ports.post_address_port.",
            hint="Add operations.site.apps.SiteConfig to INSTALLED_APPS.",
            id="cro.E001",
        )
    ]
