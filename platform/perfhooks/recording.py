"""When django-silk records: which requests, whether at all in this process, and where its tables come from.

Nothing here imports silk: it is a viewer for development, present only where it was installed and switched on.
"""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any

from django.apps import apps
from django.conf import settings
from django.core.management import call_command
from django.db import DEFAULT_DB_ALIAS

from perfhooks.routers import SILK_ALIAS, SILK_APP

if TYPE_CHECKING:
    from django.http import HttpRequest

SILK_MIDDLEWARE = "silk.middleware.SilkyMiddleware"
RECORD_HEADER = "X-Perf-Profile"


class RecordingError(RuntimeError):
    """A figure that is to be held against an SLO was about to be stored while a recorder slowed the process down."""


def is_silk_installed() -> bool:
    """Whether django-silk is among the apps of this process."""
    return apps.is_installed(SILK_APP)


def is_silk_recording() -> bool:
    """Whether requests of this process are recorded; then its times, several times too long, are no SLO figures."""
    return is_silk_installed() and SILK_MIDDLEWARE in settings.MIDDLEWARE and _recorded_percent() > 0


def refuse_slo_run() -> None:
    """Raise `RecordingError` where a run could not be an SLO run."""
    if is_silk_recording():
        raise RecordingError("silk이 기록하는 동안 잰 값은 SLO 측정이 될 수 없습니다. SILK=0으로 다시 실행하세요.")


def is_recorded(request: HttpRequest) -> bool:
    """Whether silk records this request: never machine pages, always on `X-Perf-Profile: 1`, else SILK_PERCENT of all."""
    if request.path_info.startswith(tuple(getattr(settings, "SILK_EXCLUDED_PREFIXES", ()))):
        return False
    if request.headers.get(RECORD_HEADER) == "1":
        return True
    return random.random() * 100 < _recorded_percent()  # noqa: S311 - a sample, not a secret


def create_silk_tables(*, using: str, verbosity: int = 1, **_kwargs: Any) -> None:
    """Migrate silk's own database after the product's (a receiver of post_migrate)."""
    if using == DEFAULT_DB_ALIAS:
        call_command("migrate", SILK_APP, database=SILK_ALIAS, verbosity=verbosity, interactive=False)


def _recorded_percent() -> float:
    return float(getattr(settings, "SILK_PERCENT", 0))
