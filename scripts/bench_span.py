"""Cost of one span, beside a bare pair of clock readings.

    python scripts/bench_span.py [--quick] [--json] [--plot FILE.svg] ...

Measured side by side in one process: the clock pair alone, a span whose log line is filtered out, a span whose line is
written (to the null device), and both again with an active recorder. Exits with 1 when a goal is missed.
"""

import os
import sys
from argparse import Namespace
from pathlib import Path
from time import perf_counter

from perfhooks.bench import Goal, Operation, Scenario, main
from perfhooks.logs import configure_logging
from perfhooks.recorder import Recorder
from perfhooks.spans import span
from perfhooks.trace import bind_trace

SPANS_PER_RUN, PAIRS_PER_RUN = 50, 2_000
"""So that a run of either takes some tenths of a millisecond: far below a time slice of the scheduler."""
METRIC = "detail_fetch_seconds"
FILTERED_SECONDS_MAX, WRITTEN_SECONDS_MAX = 20e-6, 60e-6


def time_clock_pairs() -> None:
    """Read the clock twice, as the barest measurement would."""
    for _ in range(PAIRS_PER_RUN):
        perf_counter() - perf_counter()


def time_spans() -> None:
    """Open and leave spans with the plan's common tags."""
    for _ in range(SPANS_PER_RUN):
        with span(METRIC, sku="DEMO-000001", content_id="post-1"):
            pass


def time_recorded_spans() -> None:
    """The same with an active recorder, which keeps every sample."""
    with Recorder():
        time_spans()


def list_scenarios(_options: Namespace) -> list[Scenario]:
    """A scenario for each way that the line may go."""
    sink = Path(os.devnull).open("wb", buffering=0)  # noqa: SIM115
    limits = {
        "WARNING": ("span, line filtered", FILTERED_SECONDS_MAX),
        "INFO": ("span, line written", WRITTEN_SECONDS_MAX),
    }
    return [
        Scenario(
            name=name,
            setup=lambda level=level: configure_logging(level=level, stream=sink),  # type: ignore[misc]
            operation=Operation("span", time_spans, SPANS_PER_RUN),
            yardstick=Operation("clock pair", time_clock_pairs, PAIRS_PER_RUN),
            peers=(Operation("span, recorder active", time_recorded_spans, SPANS_PER_RUN),),
            unit="span",
            repetitions=200,
            goals=(Goal.at_most("unit_seconds", limit),),
        )
        for level, (name, limit) in limits.items()
    ]


if __name__ == "__main__":
    with bind_trace():
        sys.exit(main(list_scenarios, about=__doc__))
