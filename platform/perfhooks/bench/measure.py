"""Running the operations of a scenario interleaved, so that a busy moment of the machine hits all of them alike."""

from __future__ import annotations

import resource
import sys
from contextlib import nullcontext
from dataclasses import dataclass, field
from time import perf_counter
from typing import TYPE_CHECKING

from django.conf import settings

from perfhooks.bench.processor import read_processor_time
from perfhooks.queries import QueryCount, count_queries

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from contextlib import AbstractContextManager

    from perfhooks.bench.scenario import Operation, Scenario

BYTES_PER_MAXRSS = 1 if sys.platform == "darwin" else 1_024


@dataclass(slots=True)
class Samples:
    """What the runs of one operation took: seconds of the clock and of the processor for each run, in order.

    The processor's are those of this process and of the near database process that served it.

    `queries` and `rows_written` are sums over all runs, None without a configured Django. `peak_growth_bytes` is by how
    much its runs, warm-ups included, raised the process's highest resident memory (getrusage): memory that an earlier
    operation had taken already is not seen, and tracemalloc, which would see it, slows Python code several times.
    """

    walls: list[float] = field(default_factory=list)
    cpus: list[float] = field(default_factory=list)
    queries: int | None = None
    rows_written: int | None = None
    peak_growth_bytes: int = 0


def measure(scenario: Scenario, on_round: Callable[[], object] | None = None) -> dict[str, Samples]:
    """Set a scenario up, warm it up and run it; return the samples by the operation's name.

    `on_round` is called after each round, warm-ups included: `scenario.warmups + scenario.repetitions` times.
    """
    if scenario.setup is not None:
        scenario.setup()
    warm = interleave(scenario.operations, rounds=scenario.warmups, on_round=on_round)
    samples = interleave(scenario.operations, rounds=scenario.repetitions, on_round=on_round)
    for name, figures in samples.items():
        figures.peak_growth_bytes += warm[name].peak_growth_bytes
    return samples


def interleave(
    operations: Sequence[Operation], rounds: int, on_round: Callable[[], object] | None = None
) -> dict[str, Samples]:
    """Run every operation once a round, forwards and backwards by turns (A B, B A), and return its samples by name."""
    samples = {operation.name: Samples() for operation in operations}
    for number in range(rounds):
        for operation in operations if number % 2 == 0 else reversed(operations):
            _run_once(operation, samples[operation.name])
        if on_round is not None:
            on_round()
    return samples


def peak_memory_bytes() -> int:
    """Return the highest resident memory of this process so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * BYTES_PER_MAXRSS


def _run_once(operation: Operation, samples: Samples) -> None:
    if operation.prepare is not None:
        operation.prepare()
    with _count_statements() as counted:
        peak = peak_memory_bytes()
        cpu, wall = read_processor_time(), perf_counter()
        operation.run()
        samples.walls.append(perf_counter() - wall)
        samples.cpus.append(read_processor_time().since(cpu))
        samples.peak_growth_bytes += peak_memory_bytes() - peak
    if counted is not None:
        samples.queries = (samples.queries or 0) + counted.queries
        samples.rows_written = (samples.rows_written or 0) + counted.rows_written


def _count_statements() -> AbstractContextManager[QueryCount | None]:
    return count_queries() if settings.configured else nullcontext()
