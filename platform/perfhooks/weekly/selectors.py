"""Reading the weeks."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING

from perfhooks.weekly.readings import read_bench_readings, read_run_readings
from perfhooks.weekly.weeks import Series, find_start, group_by_week

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

WEEKS_SHOWN = 8


def read_weeks(*, now: datetime, weeks: int, history: Path | None) -> list[Series]:
    """Return every series that was measured in the last so many weeks, this one included; one query.

    history: the benches' file; None for the stored runs alone. Raises `HistoryError` where that file is of another form.
    """
    since = find_start(now, weeks)
    of_benches = read_bench_readings(history, since) if history else ()
    return group_by_week(chain(of_benches, read_run_readings(since)))
