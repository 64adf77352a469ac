"""What one run of a bench script gave: the results, the conditions, and what else was looked at."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

    from perfhooks.bench.conditions import Conditions
    from perfhooks.bench.results import Result
    from perfhooks.bench.system import SystemUse


@dataclass(frozen=True, slots=True)
class Outcome:
    """The results of all scenarios of a bench; `database` is the engine's name, empty without a database.

    `use` is there when the machine was watched, `profiles` are the files of `--profile`.
    """

    bench: str
    results: tuple[Result, ...]
    conditions: Conditions
    database: str = ""
    is_quick: bool = False
    use: SystemUse | None = None
    profiles: tuple[Path, ...] = ()

    @property
    def is_met(self) -> bool:
        """Whether every goal is met."""
        return all(result.is_met for result in self.results)

    def as_json(self) -> dict[str, Any]:
        """Return everything as JSON can hold it; times in seconds."""
        return {
            "bench": self.bench,
            "is_quick": self.is_quick,
            "is_met": self.is_met,
            "database": self.database,
            "conditions": {**asdict(self.conditions), "date": self.conditions.date.isoformat()},
            "results": [_describe(result) for result in self.results],
            "system": {**asdict(self.use), "bottleneck": self.use.bottleneck} if self.use else None,
            "profiles": [str(path) for path in self.profiles],
        }


def _describe(result: Result) -> dict[str, Any]:
    derived = {"unit_seconds": result.unit_seconds, "units_per_second": result.units_per_second}
    return {**asdict(result), **derived, "is_met": result.is_met}
