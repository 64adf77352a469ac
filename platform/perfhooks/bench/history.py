"""The history of benches: one CSV row per scenario and operation, appended so that no row of another run is lost."""

from __future__ import annotations

import csv
import fcntl
import io
import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from perfhooks.bench.outcome import Outcome
    from perfhooks.bench.results import Result

COLUMNS = (
    "date",
    "commit",
    "is_dirty",
    "machine",
    "database",
    "load_before",
    "load_after",
    "calibration_before",
    "calibration_after",
    "bench",
    "scenario",
    "operation",
    "is_quick",
    "repetitions",
    "unit",
    "units",
    "p50_seconds",
    "p95_seconds",
    "p99_seconds",
    "cpu_seconds",
    "units_per_second",
    "queries",
    "rows_written",
    "peak_growth_bytes",
    "yardstick",
    "ratio",
    "ratio_low",
    "ratio_high",
    "cpu_ratio",
    "goals",
    "is_met",
)
Row = dict[str, object]


class HistoryError(ValueError):
    """The history file holds other columns than those of today; the message says what to do."""


def check_history(path: Path) -> None:
    """Raise `HistoryError` where a file of that name exists and its columns are not `COLUMNS`."""
    if not path.exists() or not path.stat().st_size:
        return
    with path.open(encoding="utf-8", newline="") as file:
        if tuple(next(csv.reader(file), ())) != COLUMNS:
            raise HistoryError(f"{path}: 열이 지금 형식과 다릅니다. 파일을 다른 이름으로 옮긴 뒤 다시 실행하세요.")


def make_rows(outcome: Outcome) -> list[Row]:
    """Return one row per result, in the order of `COLUMNS`; times in seconds, `goals` as texts like `ratio≥50`."""
    return [_make_row(outcome, result) for result in outcome.results]


def append_rows(path: Path, rows: Iterable[Row]) -> None:
    """Append rows under a lock of the file, its heading first where it is new; raises `HistoryError`."""
    check_history(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a+", encoding="utf-8", newline="") as file:
        # Two benches may end at once: the lock covers the look at the end of the file as well as the one write.
        fcntl.flock(file, fcntl.LOCK_EX)
        text = io.StringIO(newline="")
        writer = csv.DictWriter(text, COLUMNS, lineterminator="\n")
        size = os.fstat(file.fileno()).st_size
        if not size:
            writer.writeheader()
        elif os.pread(file.fileno(), 1, size - 1) != b"\n":
            text.write("\n")
        writer.writerows(rows)
        file.write(text.getvalue())
        file.flush()


def read_history(path: Path) -> Iterator[dict[str, str]]:
    """Yield the rows of a history file, none where there is no file; a torn line is left out. Raises `HistoryError`."""
    check_history(path)
    if not path.exists():
        return
    with path.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            if None not in row.values() and None not in row:
                yield row


def _make_row(outcome: Outcome, result: Result) -> Row:
    conditions, ratio = outcome.conditions, result.ratio
    figures = (
        conditions.date.isoformat(timespec="seconds"),
        conditions.commit,
        conditions.is_dirty,
        conditions.machine,
        outcome.database,
        round(conditions.load_before, 2),
        round(conditions.load_after, 2),
        conditions.calibration_before,
        conditions.calibration_after,
        outcome.bench,
        result.scenario,
        result.operation,
        outcome.is_quick,
        len(result.walls),
        result.unit,
        result.units,
        result.p50,
        result.p95,
        result.p99,
        result.cpu,
        result.units_per_second,
        result.queries,
        result.rows_written,
        result.peak_growth_bytes,
        result.yardstick,
        ratio and ratio.median,
        ratio and ratio.low,
        ratio and ratio.high,
        result.cpu_ratio and result.cpu_ratio.median,
        "; ".join(f"{judged.goal.figure}{judged.goal.sign}{judged.goal.limit:g}" for judged in result.goals),
        result.is_met if result.goals else None,
    )
    return dict(zip(COLUMNS, figures, strict=True))
