"""What a release gate says: each budget judged by its readings, and one verdict over all of them.

A budget passes or fails only by a reading of the code that is to be released, fresh enough and of enough samples;
without one it cannot be judged, which is never a pass.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Literal

from perfhooks.budgets import Budget, judge, samples_needed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from datetime import datetime

    from perfhooks.budgets import Entry

Answer = Literal["block", "cannot judge", "warn", "pass", "not built"]

SEVERITY: tuple[Answer, ...] = ("block", "cannot judge", "warn", "pass", "not built")
EXIT_STATUS: dict[Answer, int] = {"pass": 0, "block": 1, "warn": 2, "cannot judge": 3}

_ANSWERS: dict[str, Answer] = {"ok": "pass", "warn": "warn", "breach": "block"}


@dataclass(frozen=True, slots=True)
class Reading:
    """One stored figure that may speak for a budget, in the budget's unit.

    `group` tells readings apart that do not replace each other (another source, another scenario). A figure that was
    recorded on purpose `is_final`: when it says nothing, an older one must not speak in its place. `doubt` says why it
    does not count, if so. `base` is the commit that a comparison was made with. `samples` is the work done where the budget is promised for an amount of work.
    """

    value: float | None
    samples: int
    measured_at: datetime
    commit: str
    scenario: str
    source: str
    link: str = ""
    group: str = ""
    is_final: bool = False
    doubt: str = ""
    base: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """The verdict on one budget, the reason in words, and the reading that it rests on (None without one)."""

    entry: Entry
    verdict: Answer
    reason: str = ""
    reading: Reading | None = None


def judge_entry(
    entry: Entry, readings: Sequence[Reading], *, now: datetime, has_same_code: Callable[[str], bool]
) -> Line:
    """Judge one budget by its readings, the newest first. `has_same_code` says whether a commit is what is released."""
    if not entry.built:
        return Line(entry, "not built", "아직 만들지 않은 부분이라 판정하지 않습니다.")
    wanted = [reading for reading in readings if entry.scenario in ("", reading.scenario)]
    obstacles = [_find_obstacle(entry, reading, now, has_same_code) for reading in wanted]
    usable = [reading for reading, obstacle in zip(wanted, obstacles, strict=True) if not obstacle]
    if not isinstance(entry, Budget):
        missing = "한도가 없습니다. manage.py set_baselines가 첫 측정에서 정합니다."
        return Line(entry, "cannot judge", missing, next(iter(usable), None))
    if not usable:
        return _explain_absence(entry, wanted, obstacles)
    return _judge_usable(entry, usable)


def combine(lines: Iterable[Line]) -> Answer:
    """Return the verdict over all lines: block before cannot judge before warn before pass.

    Only a budget that blocks can withhold the verdict; a warning without data is shown and changes nothing.
    """
    lines = tuple(lines)
    blocking = [line.verdict for line in lines if line.entry.level == "block" and line.verdict != "not built"]
    if "block" in blocking:
        return "block"
    if not blocking or "cannot judge" in blocking:
        return "cannot judge"
    return "warn" if any(line.verdict == "warn" for line in lines) else "pass"


def _find_obstacle(entry: Entry, reading: Reading, now: datetime, has_same_code: Callable[[str], bool]) -> str:
    """Return why a reading does not speak for what is released now, in words; empty when it does."""
    age = now - reading.measured_at
    if reading.doubt:
        return reading.doubt
    if age > timedelta(hours=entry.max_age_hours):
        return f"{_in_words(age)} 전에 잰 값입니다. {_in_words(timedelta(hours=entry.max_age_hours))}까지만 믿습니다."
    if not reading.commit:
        return "어느 커밋에서 쟀는지 남아 있지 않습니다."
    if not has_same_code(reading.commit):
        return f"다른 커밋({reading.commit[:10]})에서 잰 값입니다."
    if entry.against_commit and (not reading.base or has_same_code(reading.base)):
        return "다른 커밋과 비교한 값이 아닙니다. --base에 앞선 릴리즈의 커밋을 주고 다시 재세요."
    return ""


def _explain_absence(entry: Entry, readings: Sequence[Reading], obstacles: Sequence[str]) -> Line:
    if not readings:
        return Line(entry, "cannot judge", "측정한 적이 없습니다.")
    return Line(entry, "cannot judge", obstacles[0], readings[0])


def _judge_usable(budget: Budget, readings: Sequence[Reading]) -> Line:
    worst = min(_judge_groups(budget, readings), key=_rank)
    missing = sorted(set(budget.needs) - {reading.scenario for reading in readings})
    if missing and worst.verdict in ("pass", "warn"):
        return Line(budget, "cannot judge", f"시나리오 {', '.join(missing)}의 측정이 없습니다.", worst.reading)
    return worst


def _judge_groups(budget: Budget, readings: Sequence[Reading]) -> list[Line]:
    """Return a line for each group of readings that settles something; if none does, one that says what is missing.

    Within a group the newest reading with enough samples speaks. A group of runs without one proves nothing and is
    left out beside others that do; a group of recorded figures is an open question and stays.
    """
    groups: dict[str, list[Reading]] = {}
    for reading in readings:
        groups.setdefault(reading.group, []).append(reading)
    lines = [_judge_group(budget, group) for group in groups.values()]
    settled = [line for line in lines if line.verdict != "cannot judge" or (line.reading and line.reading.is_final)]
    return settled or lines


def _judge_group(budget: Budget, readings: Sequence[Reading]) -> Line:
    for reading in readings[:1] if readings[0].is_final else readings:
        verdict = judge(budget, reading.value, reading.samples)
        if verdict in _ANSWERS:
            missed = "한도를 넘었습니다." if budget.direction == "max" else "한도에 못 미칩니다."
            return Line(budget, _ANSWERS[verdict], "" if verdict == "ok" else missed, reading)
    return Line(budget, "cannot judge", _describe_lack(budget, readings[0]), readings[0])


def _describe_lack(budget: Budget, reading: Reading) -> str:
    if reading.value is None:
        return "재었지만 값을 얻지 못했습니다."
    return f"표본이 {reading.samples:,}개뿐입니다. {samples_needed(budget):,}개부터 판정합니다."


def _rank(line: Line) -> tuple[int, float]:
    """Order lines of one budget: the worst verdict first, within one the figure that is farthest on the wrong side."""
    value = line.reading.value if line.reading and line.reading.value is not None else 0.0
    return SEVERITY.index(line.verdict), -value if line.entry.direction == "max" else value


def _in_words(length: timedelta) -> str:
    hours = round(length.total_seconds() / 3_600)
    return f"{hours // 24}일" if hours >= 48 else f"{hours}시간"
