"""Under which conditions a bench ran: date, commit, machine, load and how quick the machine was."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from perfhooks.bench.calibration import time_calibration_loop
from perfhooks.machine import current_commit, describe_machine, load_average

_ROOT = Path(__file__).resolve().parents[3]


@dataclass(frozen=True, slots=True)
class Conditions:
    """What a figure must be read with; loads are one-minute averages, calibrations seconds of the fixed loop."""

    date: datetime
    commit: str
    is_dirty: bool
    machine: str
    load_before: float
    calibration_before: float
    load_after: float = 0.0
    calibration_after: float = 0.0

    def finished(self) -> Conditions:
        """Return the conditions with load and calibration as they are now, after the bench."""
        return replace(self, load_after=load_average(), calibration_after=time_calibration_loop())


def note_conditions() -> Conditions:
    """Return the conditions at the start of a bench."""
    return Conditions(
        date=datetime.now(UTC),
        commit=current_commit(),
        is_dirty=is_dirty(),
        machine=describe_machine(),
        load_before=load_average(),
        calibration_before=time_calibration_loop(),
    )


def is_dirty(root: Path = _ROOT) -> bool:
    """Whether tracked files of the checkout differ from its commit; false where there is no checkout."""
    command = ["git", "status", "--porcelain", "--untracked-files=no"]
    try:
        answer = subprocess.run(command, cwd=root, capture_output=True, text=True, timeout=20)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return answer.returncode == 0 and bool(answer.stdout.strip())
