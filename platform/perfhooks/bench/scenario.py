"""What a bench declares: its scenarios, each with an operation, the yardstick beside it, and the goals."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from perfhooks.budgets import find_budget
from perfhooks.measurements import measurement_port

if TYPE_CHECKING:
    from collections.abc import Callable

Figure = Literal[
    "ratio", "cpu_ratio", "p50", "p95", "p99", "cpu", "unit_seconds", "units_per_second", "queries", "rows_written"
]
"""`ratio` and `cpu_ratio` are the speed as a multiple of the yardstick's; `cpu` and the percentiles are seconds."""

SECONDS_PER_UNIT = {"seconds": 1.0, "ms": 1e-3}


@dataclass(frozen=True, slots=True)
class Operation:
    """One way to do the work: `run` is timed, `prepare` is called untimed before each run.

    `units` is how much one run does (rows, items), so that ways that do more or less of it can be compared.
    """

    name: str
    run: Callable[[], object]
    units: int = 1
    prepare: Callable[[], object] | None = None


@dataclass(frozen=True, slots=True)
class Goal:
    """One figure of the operation must be at most, or at least, a limit; `budget_id` names where the limit stands."""

    figure: Figure
    limit: float
    direction: Literal["max", "min"]
    budget_id: str = ""

    @classmethod
    def at_least(cls, figure: Figure, floor: float) -> Goal:
        """Return the goal that the figure reaches a floor."""
        return cls(figure, floor, "min")

    @classmethod
    def at_most(cls, figure: Figure, ceiling: float) -> Goal:
        """Return the goal that the figure stays within a ceiling."""
        return cls(figure, ceiling, "max")

    @classmethod
    def of_budget(cls, budget_id: str, figure: Figure | None = None) -> Goal:
        """Return the goal that config/budgets.toml sets; times are turned into seconds.

        `figure` names what is held against the limit, by default the budget's own statistic. Raises `BudgetError` for
        an unknown id, ValueError where the statistic is no figure of a bench and none was named.
        """
        budget = find_budget(budget_id)
        named = figure or _FIGURES.get(budget.statistic)
        if named is None:
            raise ValueError(f"budget {budget_id!r}: name the figure that stands for {budget.statistic!r}")
        return cls(named, budget.limit * SECONDS_PER_UNIT.get(budget.unit, 1.0), budget.direction, budget_id)

    @property
    def sign(self) -> str:
        """The goal's relation as it is written."""
        return "≤" if self.direction == "max" else "≥"

    def is_met(self, value: float) -> bool:
        """Whether a measured figure keeps the goal."""
        return value <= self.limit if self.direction == "max" else value >= self.limit

    def record(self, value: float, *, samples: int, source: str, scenario: str) -> None:
        """Hand a measured figure to the release gate, in the unit of the goal's budget; without a budget, nothing."""
        if self.budget_id:
            budget = find_budget(self.budget_id)
            own = value / SECONDS_PER_UNIT.get(budget.unit, 1.0)
            measurement_port.call(metric=budget.metric, value=own, samples=samples, source=source, scenario=scenario)


_FIGURES: dict[str, Figure] = {"ratio": "ratio", "p50": "p50", "p95": "p95", "p99": "p99"}


@dataclass(frozen=True, slots=True)
class Scenario:
    """One comparison of a bench: the operation beside its yardstick, run interleaved in one process.

    The yardstick is the naive way or the physical limit; `peers` are other ways that are shown in between. Choose the
    units so that one run of each takes about as long: on a busy machine a run shorter than a time slice (some 4 ms) is
    seldom interrupted, a longer one always, and their ratio then follows the machine. `setup` is called once, untimed,
    before the first run. `unit` is the word for the operation's units. Raises ValueError when two operations share a
    name.
    """

    name: str
    operation: Operation
    yardstick: Operation
    peers: tuple[Operation, ...] = ()
    setup: Callable[[], object] | None = None
    unit: str = "회"
    repetitions: int = 20
    warmups: int = 2
    goals: tuple[Goal, ...] = ()

    def __post_init__(self) -> None:
        names = [operation.name for operation in self.operations]
        if len(set(names)) < len(names):
            raise ValueError(f"scenario {self.name!r}: two of its operations share a name: {names}")
        if self.repetitions < 1 or self.warmups < 0:
            raise ValueError(f"scenario {self.name!r}: repetitions must be at least 1 and warmups at least 0")

    @property
    def operations(self) -> tuple[Operation, ...]:
        """The yardstick, the peers and the operation, in the order in which they run and are shown."""
        return (self.yardstick, *self.peers, self.operation)

    def shortened(self, repetitions: int, warmups: int) -> Scenario:
        """Return the scenario with at most so many repetitions and warm-up rounds."""
        return replace(self, repetitions=min(self.repetitions, repetitions), warmups=min(self.warmups, warmups))
