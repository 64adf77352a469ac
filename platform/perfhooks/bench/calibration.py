"""How quick this machine is at this moment: the time of a fixed loop of plain Python."""

from __future__ import annotations

from statistics import median
from time import perf_counter

TURNS = 150_000
PASSES = 3


def time_calibration_loop() -> float:
    """Return the wall time in seconds of the fixed loop, the middle one of `PASSES` (about 10 ms each)."""
    return median(_time_loop() for _ in range(PASSES))


def _time_loop() -> float:
    started = perf_counter()
    total = 0
    for turn in range(TURNS):
        total = (total * 31 + turn) & 0xFFFFFF
    return perf_counter() - started
