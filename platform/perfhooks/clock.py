"""The time of record: what packages, tables and pages state as their moment."""

from __future__ import annotations

import os
from datetime import UTC, datetime

from django.utils import timezone

FIXED_TIME_VARIABLE = "SOURCE_DATE_EPOCH"


def business_now() -> datetime:
    """Return the aware time of record: SOURCE_DATE_EPOCH (whole seconds, the reproducible-builds convention) or now.

    Raises ValueError that names the variable when it holds no whole number.
    """
    fixed = os.environ.get(FIXED_TIME_VARIABLE, "").strip()
    if not fixed:
        return timezone.now()
    if not fixed.isdecimal():
        raise ValueError(f"{FIXED_TIME_VARIABLE}={fixed!r}: give whole seconds since 1970-01-01 UTC, or unset it")
    return datetime.fromtimestamp(int(fixed), UTC)
