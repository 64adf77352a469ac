"""The words and figures of a gate line, as the board and the shell show them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from perfhooks.checkout import DIRTY_MARK, is_dirty_name
from perfhooks.figures import NOTHING, format_figure

if TYPE_CHECKING:
    from operations.gates.verdicts import Answer
    from perfhooks.desk import Tone

VERDICT_WORDS: dict[Answer, str] = {
    "block": "차단",
    "cannot judge": "판정 불가",
    "warn": "주의",
    "pass": "통과",
    "not built": "미구현",
}
TONES: dict[str, Tone] = {"block": "bad", "cannot judge": "grey", "warn": "warn", "pass": "ok", "not built": "grey"}
RELEASE_WORDS = {
    "block": "릴리즈를 막습니다",
    "cannot judge": "자료가 모자라 판정할 수 없습니다",
    "warn": "내보낼 수 있지만 주의할 것이 있습니다",
    "pass": "내보내도 됩니다",
}

_STATISTICS = {"max": "최대 ", "total": "합계 ", "ratio": "", "value": ""}
_COMMIT_LENGTH = 10


def show_limit(*, limit: float | None, statistic: str, direction: str, unit: str) -> str:
    """Return a promise for reading: p95 ≤ 4초. A ratio of two measurements is a multiple: ≤ ×1.5."""
    if limit is None:
        return NOTHING
    sign = "≤" if direction == "max" else "≥"
    return f"{_STATISTICS.get(statistic, f'{statistic} ')}{sign} {show_value(limit, statistic=statistic, unit=unit)}"


def show_value(value: float | None, *, statistic: str, unit: str) -> str:
    """Return a figure for reading, in the unit of its metric or as a multiple."""
    if value is not None and statistic == "ratio":
        return f"×{value:.3g}"
    return format_figure(value, unit)


def show_commit(commit: str) -> str:
    """Return a commit as short as people write it, and whether files beside it were changed."""
    short = commit.removesuffix(DIRTY_MARK)[:_COMMIT_LENGTH] or NOTHING
    return f"{short} (수정됨)" if is_dirty_name(commit) else short


def show_tone(verdict: str) -> Tone:
    """Return the colour of a verdict; grey for one that is not known any more."""
    return TONES.get(verdict, "grey")
