"""Figures by week: what was measured in one calendar week (Monday to Sunday, Korean time), beside the weeks before."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from statistics import median
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

KOREA = ZoneInfo("Asia/Seoul")


@dataclass(frozen=True, slots=True)
class Reading:
    """One measurement of one thing. `ratio` is its speed against a yardstick, None where it has none.

    `source` says who measured on what, `name` what was measured; p50 and p95 are in `unit`. `calibration` is the time in
    seconds of the fixed loop around it, None where nobody took it.
    """

    source: str
    name: str
    unit: str
    measured_at: datetime
    p50: float
    p95: float
    ratio: float | None = None
    calibration: float | None = None


@dataclass(frozen=True, slots=True)
class Week:
    """The medians over all measurements of a week that begins on `monday`."""

    monday: date
    runs: int
    p50: float
    p95: float
    ratio: float | None
    calibration: float | None


@dataclass(frozen=True, slots=True)
class Series:
    """One thing over the weeks in which it was measured, the oldest first."""

    source: str
    name: str
    unit: str
    weeks: tuple[Week, ...]

    @property
    def key(self) -> str:
        """Tells the series from all others."""
        return f"{self.source}/{self.name}"

    @property
    def now(self) -> Week:
        """The newest week."""
        return self.weeks[-1]

    @property
    def before(self) -> Week | None:
        """The week with measurements before that."""
        return self.weeks[-2] if len(self.weeks) > 1 else None

    @property
    def change(self) -> float | None:
        """How many times slower than the week before: by the ratio to the yardstick where both weeks have one.

        Else by the p95, which follows the machine as well. None without a week before.
        """
        if self.before is None:
            return None
        if self.now.ratio and self.before.ratio:
            return self.before.ratio / self.now.ratio
        return self.now.p95 / self.before.p95 if self.before.p95 else None


def group_by_week(readings: Iterable[Reading]) -> list[Series]:
    """Return one series per source and name, in alphabetical order."""
    grouped: dict[tuple[str, str, str], dict[date, list[Reading]]] = defaultdict(lambda: defaultdict(list))
    for reading in readings:
        grouped[reading.source, reading.name, reading.unit][find_monday(reading.measured_at)].append(reading)
    return [
        Series(*key, tuple(_summarise(monday, weeks[monday]) for monday in sorted(weeks)))
        for key, weeks in sorted(grouped.items())
    ]


def find_monday(moment: datetime) -> date:
    """Return the Monday of the Korean calendar week in which an aware moment lies."""
    day = moment.astimezone(KOREA).date()
    return day - timedelta(days=day.weekday())


def find_start(now: datetime, weeks: int) -> datetime:
    """Return when the oldest of so many weeks began, this one included."""
    monday = find_monday(now) - timedelta(weeks=weeks - 1)
    return datetime.combine(monday, datetime.min.time(), KOREA)


def _summarise(monday: date, readings: Sequence[Reading]) -> Week:
    return Week(
        monday=monday,
        runs=len(readings),
        p50=median(reading.p50 for reading in readings),
        p95=median(reading.p95 for reading in readings),
        ratio=_median_of_known([reading.ratio for reading in readings]),
        calibration=_median_of_known([reading.calibration for reading in readings]),
    )


def _median_of_known(values: Iterable[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return median(known) if known else None
