"""System checks of clusters and links."""

from collections.abc import Sequence
from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Error, register

RANGES = {
    "LINK_WORDS_PER_LINK": (20, 10_000),
    "LINK_PAGE_MOST": (0, 50),
    "LINK_FIRST_SENTENCES": (0, 50),
    "LINK_CROSS_MOST": (0, 50),
    "LINK_NEAR_MOST": (0, 50),
    "LINK_DEPTH_MOST": (1, 10),
    "LINK_ANCHOR_PERCENT": (1, 100),
    "LINK_ANCHOR_FREE": (1, 50),
    "CLUSTER_ALIKE_PERCENT": (1, 100),
    "CLUSTER_SPOKES_MOST": (1, 200),
    "CLUSTER_SPOKES_LEAST": (1, 200),
}


@register()
def check_limits(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """clusters.E001: a limit that no plan can keep to."""
    found: list[CheckMessage] = []
    for name, (least, most) in RANGES.items():
        value = getattr(settings, name)
        if not least <= value <= most:
            found.append(
                Error(
                    f"{name}: '{value}'은(는) {least}에서 {most} 사이여야 합니다.",
                    hint=f"{name}={least}",
                    id="clusters.E001",
                )
            )
    if settings.CLUSTER_SPOKES_LEAST > settings.CLUSTER_SPOKES_MOST:
        found.append(
            Error(
                "CLUSTER_SPOKES_LEAST가 CLUSTER_SPOKES_MOST보다 큽니다.",
                hint="CLUSTER_SPOKES_LEAST를 낮추세요.",
                id="clusters.E001",
            )
        )
    return found
