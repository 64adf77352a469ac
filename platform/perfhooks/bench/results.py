"""From samples to figures: percentiles, throughput, the ratio to the yardstick with its interval, and the goals."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from perfhooks.bench.resampling import Interval, median_interval
from perfhooks.percentiles import Percentiles, percentile

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from perfhooks.bench.measure import Samples
    from perfhooks.bench.scenario import Figure, Goal, Operation, Scenario

TICK_SECONDS = 1e-9


@dataclass(frozen=True, slots=True)
class JudgedGoal:
    """A goal beside what was measured."""

    goal: Goal
    value: float
    is_met: bool


@dataclass(frozen=True, slots=True)
class Result:
    """The figures of one operation of a scenario.

    Times are seconds of one run, of which each does `units`; `cpu` is the median. `queries` and `rows_written` are per
    run, None where nothing was counted. `ratio` is the speed per unit as a multiple of the yardstick's, the median over
    the rounds; `cpu_ratio` is the same by the processor time of this process and of the near database process that served it,
    which a busy machine moves less. Both are None for the yardstick itself.
    """

    scenario: str
    operation: str
    yardstick: str
    unit: str
    units: int
    walls: tuple[float, ...]
    p50: float
    p95: float
    p99: float
    cpu: float
    queries: float | None
    rows_written: float | None
    peak_growth_bytes: int
    ratio: Interval | None
    cpu_ratio: Interval | None
    goals: tuple[JudgedGoal, ...] = ()

    @property
    def unit_seconds(self) -> float:
        """The median time of one unit, in seconds."""
        return self.p50 / self.units

    @property
    def units_per_second(self) -> float:
        """The throughput of the median run."""
        return self.units / self.p50

    @property
    def is_met(self) -> bool:
        """Whether every goal is met; true without goals."""
        return all(judged.is_met for judged in self.goals)

    def figure(self, name: Figure) -> float:
        """Return one figure by its name; raises ValueError where it was not measured."""
        value: float | Interval | None = getattr(self, name)
        if value is None:
            raise ValueError(f"scenario {self.scenario!r}: {name!r} was not measured for {self.operation!r}")
        return value.median if isinstance(value, Interval) else value


def describe_results(scenario: Scenario, samples: Mapping[str, Samples]) -> list[Result]:
    """Return the figures of every operation of a measured scenario, the yardstick first, the operation last."""
    results = [_describe(scenario, operation, samples) for operation in scenario.operations]
    own = results.pop()
    judged = tuple(_judge(goal, own.figure(goal.figure)) for goal in scenario.goals)
    return [*results, replace(own, goals=judged)]


def _describe(scenario: Scenario, operation: Operation, samples: Mapping[str, Samples]) -> Result:
    own, yardstick = samples[operation.name], samples[scenario.yardstick.name]
    figures, runs = Percentiles.of(own.walls), len(own.walls)
    share, is_yardstick = operation.units / scenario.yardstick.units, operation is scenario.yardstick
    return Result(
        scenario=scenario.name,
        operation=operation.name,
        yardstick=scenario.yardstick.name,
        unit=scenario.unit,
        units=operation.units,
        walls=tuple(own.walls),
        p50=figures.p50,
        p95=figures.p95,
        p99=figures.p99,
        cpu=percentile(own.cpus, 50),
        queries=None if own.queries is None else own.queries / runs,
        rows_written=None if own.rows_written is None else own.rows_written / runs,
        peak_growth_bytes=own.peak_growth_bytes,
        ratio=None if is_yardstick else _compare(own.walls, yardstick.walls, share),
        cpu_ratio=None if is_yardstick else _compare(own.cpus, yardstick.cpus, share),
    )


def _compare(own: Sequence[float], yardstick: Sequence[float], share: float) -> Interval:
    """Return how many times quicker per unit, paired by round; an operation that took no time at all took a tick."""
    pairs = zip(own, yardstick, strict=True)
    return median_interval([max(other, TICK_SECONDS) / max(mine, TICK_SECONDS) * share for mine, other in pairs])


def _judge(goal: Goal, value: float) -> JudgedGoal:
    return JudgedGoal(goal, value, goal.is_met(value))
