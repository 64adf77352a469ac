"""Comparing operations on a noisy machine: interleaved in one process, so that a busy moment hits all of them."""

from __future__ import annotations

from dataclasses import dataclass
from time import perf_counter, process_time
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table

from perfhooks.figures import format_figure
from perfhooks.percentiles import Percentiles

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


@dataclass(frozen=True, slots=True)
class BenchResult:
    """The wall times of one operation in seconds, and the processor time of this process over all its rounds."""

    samples: tuple[float, ...]
    p50: float
    p95: float
    cpu_seconds: float


def interleave(
    scenarios: Mapping[str, Callable[[], None]], rounds: int, setup: Callable[[], None] | None = None
) -> dict[str, BenchResult]:
    """Run every operation once a round, forwards and backwards by turns (A B, B A), `setup` untimed before each.

    Returns the results by name; raises ValueError unless there is an operation and at least one round.
    """
    if not scenarios or rounds < 1:
        raise ValueError("interleave needs at least one scenario and one round")
    walls: dict[str, list[float]] = {name: [] for name in scenarios}
    cpu = dict.fromkeys(scenarios, 0.0)
    forwards = list(scenarios)
    for number in range(rounds):
        for name in forwards if number % 2 == 0 else reversed(forwards):
            if setup is not None:
                setup()
            wall_seconds, cpu_seconds = _time_once(scenarios[name])
            walls[name].append(wall_seconds)
            cpu[name] += cpu_seconds
    return {name: _result(walls[name], cpu[name]) for name in scenarios}


def print_table(results: Mapping[str, BenchResult], yardstick: str, console: Console | None = None) -> None:
    """Print the results with each median as a multiple of the yardstick's."""
    table = Table("작업", *(("p50", "p95", "CPU", "횟수", f"× {yardstick}")))
    for column in table.columns[1:]:
        column.justify = "right"
    unit = results[yardstick].p50
    for name, result in results.items():
        times = (format_figure(figure, "seconds") for figure in (result.p50, result.p95, result.cpu_seconds))
        table.add_row(name, *times, f"{len(result.samples):,}", f"{result.p50 / unit:.2f}")
    (console or Console()).print(table)


def _time_once(operation: Callable[[], None]) -> tuple[float, float]:
    cpu, wall = process_time(), perf_counter()
    operation()
    return perf_counter() - wall, process_time() - cpu


def _result(walls: list[float], cpu_seconds: float) -> BenchResult:
    figures = Percentiles.of(walls)
    return BenchResult(tuple(walls), figures.p50, figures.p95, cpu_seconds)
