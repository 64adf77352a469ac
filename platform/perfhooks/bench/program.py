"""The body of every bench script: parse the options, measure the scenarios, show and keep the figures."""

from __future__ import annotations

import json
import random
import re
import sys
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import connection
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from perfhooks.bench.conditions import note_conditions
from perfhooks.bench.history import HistoryError, append_rows, check_history, make_rows
from perfhooks.bench.measure import measure
from perfhooks.bench.options import make_parser
from perfhooks.bench.outcome import Outcome
from perfhooks.bench.places import default_history
from perfhooks.bench.plot import draw_plot
from perfhooks.bench.profiling import ProfileError, default_profile_path, find_py_spy, profile_block
from perfhooks.bench.results import Result, describe_results
from perfhooks.bench.system import watch_system
from perfhooks.bench.table import print_outcome

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace
    from collections.abc import Callable, Iterator, Sequence
    from contextlib import AbstractContextManager

    from perfhooks.bench.scenario import Operation, Scenario

QUICK_REPETITIONS, QUICK_WARMUPS = 5, 1
PROFILED_SECONDS = 2.0
WIDTH_WHEN_PIPED = 160


def main(
    scenarios: Callable[[Namespace], Sequence[Scenario]],
    *,
    about: str,
    add_options: Callable[[ArgumentParser], object] | None = None,
    within: Callable[[], AbstractContextManager[object]] = nullcontext,
    argv: Sequence[str] | None = None,
) -> int:
    """Run a bench script and return its exit status: 0 when every goal is met (or `--quick`), 1 when one is missed.

    `scenarios` is called with the parsed options inside of `within` (a database of its own, a server ...); `about` is
    the script's docstring, `add_options` adds the script's own options. Wrong options end the process with status 2.
    """
    parser = make_parser(about)
    if add_options is not None:
        add_options(parser)
    options = parser.parse_args(argv)
    if options.record and (options.quick or not settings.configured):
        parser.error("--record: --quick 없이, 데이터베이스를 쓰는 벤치에서만 저장할 수 있습니다")
    if options.plot and not options.plot.parent.is_dir():
        parser.error(f"--plot {options.plot}: 폴더 {options.plot.parent}이(가) 없습니다")
    history = None if options.no_history else options.history or default_history()
    try:
        _check_early(history, options)
        outcome = _run(scenarios, options, parser, within)
    except (HistoryError, ProfileError) as error:
        parser.exit(2, f"{error}\n")
    _keep(outcome, history, options)
    if options.json:
        print(json.dumps(outcome.as_json(), ensure_ascii=False))
    else:
        print_outcome(outcome, Console(width=None if sys.stdout.isatty() else WIDTH_WHEN_PIPED))
    return 0 if options.quick or outcome.is_met else 1


def _check_early(history: Path | None, options: Namespace) -> None:
    """Find out before the measuring what would spoil the end of it."""
    if history is not None:
        check_history(history)
    if options.profile == "pyspy":
        find_py_spy()


def _keep(outcome: Outcome, history: Path | None, options: Namespace) -> None:
    if history is not None:
        append_rows(history, make_rows(outcome))
    if options.plot:
        options.plot.write_text(draw_plot(outcome.bench, outcome.results), encoding="utf-8")
    if options.record:
        record_goals(outcome)


def record_goals(outcome: Outcome) -> None:
    """Hand every figure that has a budget to the release gate, under the name of the bench and the scenario."""
    for result in outcome.results:
        for judged in result.goals:
            judged.goal.record(judged.value, samples=len(result.walls), source=outcome.bench, scenario=result.scenario)


def _run(
    scenarios: Callable[[Namespace], Sequence[Scenario]],
    options: Namespace,
    parser: ArgumentParser,
    within: Callable[[], AbstractContextManager[object]],
) -> Outcome:
    bench, conditions = Path(sys.argv[0]).stem, note_conditions()
    with within():
        chosen = _choose(scenarios(options), options, parser)
        with watch_system() if options.system else nullcontext() as watch:
            results = _measure_all(bench, chosen, options)
        profiles = _profile_all(bench, chosen, options)
        database = connection.vendor if settings.configured else ""
    use = watch.use if watch else None
    return Outcome(bench, tuple(results), conditions.finished(), database, options.quick, use, tuple(profiles))


def _choose(given: Sequence[Scenario], options: Namespace, parser: ArgumentParser) -> list[Scenario]:
    names = [scenario.name for scenario in given]
    if unknown := set(options.scenario) - set(names):
        parser.error(f"--scenario {sorted(unknown)[0]}: 있는 것은 {', '.join(names)}")
    chosen = [scenario for scenario in given if not options.scenario or scenario.name in options.scenario]
    if options.quick:
        chosen = [scenario.shortened(QUICK_REPETITIONS, QUICK_WARMUPS) for scenario in chosen]
    if options.repetitions:
        chosen = [replace(scenario, repetitions=options.repetitions) for scenario in chosen]
    return chosen


def _measure_all(bench: str, scenarios: Sequence[Scenario], options: Namespace) -> list[Result]:
    results = []
    with _bar(bench, sum(scenario.warmups + scenario.repetitions for scenario in scenarios), options) as advance:
        for scenario in scenarios:
            random.seed(options.seed)
            results += describe_results(scenario, measure(scenario, advance))
    return results


@contextmanager
def _bar(bench: str, rounds: int, options: Namespace) -> Iterator[Callable[[], object]]:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True, disable=options.json) as progress:
        task = progress.add_task(bench, total=rounds)
        yield lambda: progress.advance(task)


def _profile_all(bench: str, scenarios: Sequence[Scenario], options: Namespace) -> list[Path]:
    if not options.profile:
        return []
    paths = []
    for scenario in scenarios:
        name = f"{bench}-{re.sub('[^0-9A-Za-z가-힣]+', '-', scenario.name)}"
        paths.append(default_profile_path(options.profile_dir, name, options.profile))
        with profile_block(options.profile, paths[-1]):
            _repeat(scenario.operation)
    return paths


def _repeat(operation: Operation) -> None:
    end = perf_counter() + PROFILED_SECONDS
    while perf_counter() < end:
        if operation.prepare is not None:
            operation.prepare()
        operation.run()
