"""Where benches leave their files when nobody says."""

from __future__ import annotations

import os
from pathlib import Path

from django.conf import settings

_ROOT = Path(__file__).resolve().parents[3]


def bench_folder() -> Path:
    """Return `bench/` in the data folder: that of the settings, or of JANGBU_DATA_DIR where Django is not set up."""
    if settings.configured:
        return Path(settings.DATA_DIR) / "bench"
    return Path(os.environ.get("JANGBU_DATA_DIR") or _ROOT / "var") / "bench"


def default_history() -> Path:
    """Return the history file."""
    return bench_folder() / "history.csv"
