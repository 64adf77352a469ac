"""Benches: operations beside a yardstick, interleaved in one process, so that the ratio does not depend on the machine.

A bench script is a list of scenarios and a call of `main`; see `scripts/bench_span.py` for a small one.
"""

from perfhooks.bench.program import main
from perfhooks.bench.scenario import Goal, Operation, Scenario

__all__ = ["Goal", "Operation", "Scenario", "main"]
