"""Cost of one span, beside a bare pair of clock readings, in microseconds.

    python scripts/bench_span.py [--rounds 40]

Measured side by side in one process: the clock pair alone, a span whose log line is filtered out, a span whose line is
written (to the null device), and both again with an active recorder. Exits with 1 when a goal is missed.
"""

from __future__ import annotations

import argparse
import os
import sys
from functools import partial
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table

from perfhooks.bench import BenchResult, interleave
from perfhooks.logs import configure_logging
from perfhooks.recorder import Recorder
from perfhooks.spans import span
from perfhooks.trace import bind_trace

if TYPE_CHECKING:
    from collections.abc import Callable

SPANS_PER_SAMPLE = 500
METRIC = "detail_fetch_seconds"
YARDSTICK = "clock pair"
GOALS_MICROSECONDS = {"span, line filtered": 20.0, "span, line written": 60.0}


def time_clock_pairs() -> None:
    """Read the clock twice, as the barest measurement would."""
    for _ in range(SPANS_PER_SAMPLE):
        perf_counter() - perf_counter()


def time_spans() -> None:
    """Open and leave spans with the plan's common tags."""
    for _ in range(SPANS_PER_SAMPLE):
        with span(METRIC, sku="DEMO-000001", content_id="post-1"):
            pass


def logged_at(level: str, operation: Callable[[], None], sink: Path) -> Callable[[], None]:
    """Return the operation as it runs at that log level, writing to `sink`."""
    stream = sink.open("wb", buffering=0)

    def run() -> None:
        configure_logging(level=level, stream=stream)
        operation()

    return run


def recorded(operation: Callable[[], None]) -> Callable[[], None]:
    """Return the operation as it runs with an active recorder."""

    def run() -> None:
        with Recorder():
            operation()

    return run


def measure(rounds: int) -> dict[str, BenchResult]:
    """Run all variants interleaved; a sample is the time of `SPANS_PER_SAMPLE` spans in seconds."""
    sink = Path(os.devnull)
    at_warning, at_info = (partial(logged_at, level, sink=sink) for level in ("WARNING", "INFO"))
    scenarios = {
        YARDSTICK: time_clock_pairs,
        "span, line filtered": at_warning(operation=time_spans),
        "span, line written": at_info(operation=time_spans),
        "filtered, recorder active": recorded(at_warning(operation=time_spans)),
        "written, recorder active": recorded(at_info(operation=time_spans)),
    }
    interleave(scenarios, rounds=2)
    with bind_trace():
        return interleave(scenarios, rounds=rounds)


def microseconds(seconds: float) -> float:
    """Return the cost of one span of a sample."""
    return seconds / SPANS_PER_SAMPLE * 1e6


def report(results: dict[str, BenchResult]) -> bool:
    """Print the table and return whether every goal is met by its median."""
    table = Table("variant", "p50 µs", "p95 µs", "CPU µs", f"x {YARDSTICK}", "goal µs", "verdict")
    is_met = True
    for name, result in results.items():
        p50, goal = microseconds(result.p50), GOALS_MICROSECONDS.get(name)
        is_met = is_met and (goal is None or p50 <= goal)
        verdict = "" if goal is None else "pass" if p50 <= goal else "FAIL"
        cpu = microseconds(result.cpu_seconds / len(result.samples))
        ratio = result.p50 / results[YARDSTICK].p50
        figures = (f"{value:.2f}" for value in (p50, microseconds(result.p95), cpu, ratio))
        table.add_row(name, *figures, f"{goal:.0f}" if goal else "", verdict)
    Console().print(table)
    return is_met


def main() -> int:
    """Measure, print, and say by the exit status whether the goals are met."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=40, help="samples per variant (default 40)")
    return 0 if report(measure(parser.parse_args().rounds)) else 1


if __name__ == "__main__":
    sys.exit(main())
