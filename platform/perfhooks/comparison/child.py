"""The process of one run: load a scenario from its side's tree, repeat it, print its figures as one line of JSON.

Started by path, never imported by the product, and plain standard library: the same file measures both sides, however
old the measured commit is.
"""

import importlib.util
import json
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Callable
from pathlib import Path
from statistics import median, quantiles
from time import perf_counter, process_time
from types import ModuleType

CALIBRATION_FILE = Path(__file__).resolve().parents[1] / "bench" / "calibration.py"
WARMUPS = 3
REPETITIONS_MIN, REPETITIONS_MAX = 15, 1_000


def main() -> None:
    """Measure one scenario; ends with status 1 and the reason on stderr where it cannot."""
    options = read_options()
    scenarios = load_module("paired_scenarios", options.file).SCENARIOS
    if options.list:
        print(json.dumps(sorted(scenarios)))
        return
    if options.scenario not in scenarios:
        sys.exit(f"scenario {options.scenario!r} is not among {sorted(scenarios)}")
    options.scratch.mkdir(parents=True, exist_ok=True)
    calibration = load_module("calibration", CALIBRATION_FILE)
    before = calibration.time_calibration_loop()
    with scenarios[options.scenario](options.scratch) as run:
        figures = measure(run, options.seconds)
    figures["calibration"] = (before + calibration.time_calibration_loop()) / 2
    refuse_foreign_modules(options)
    print(json.dumps(figures))


def read_options() -> Namespace:
    """What is measured, where it lies, and for how long."""
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("--file", type=Path, required=True, help="holds SCENARIOS")
    parser.add_argument("--list", action="store_true", help="print the names of the scenarios instead")
    parser.add_argument("--scenario", default="")
    parser.add_argument("--scratch", type=Path, default=Path())
    parser.add_argument("--seconds", type=float, default=0.5, help="repeat for so long")
    parser.add_argument("--tree", type=Path, default=Path(), help="the tree that is measured")
    parser.add_argument("--checkout", type=Path, help="the checkout that nothing may come from")
    return parser.parse_args()


def load_module(name: str, file: Path) -> ModuleType:
    """The module in a file, whatever lies on the search path."""
    spec = importlib.util.spec_from_file_location(name, file)
    if spec is None or spec.loader is None:
        sys.exit(f"{file} is no Python file")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


def measure(run: Callable[[], int], seconds: float) -> dict[str, float]:
    """Repeat for so many seconds, at least `REPETITIONS_MIN` times; times are those of one call."""
    for _ in range(WARMUPS):
        units = run()
    walls: list[float] = []
    cpus: list[float] = []
    end = perf_counter() + seconds
    while len(walls) < REPETITIONS_MIN or (perf_counter() < end and len(walls) < REPETITIONS_MAX):
        cpu, wall = process_time(), perf_counter()
        run()
        walls.append(perf_counter() - wall)
        cpus.append(process_time() - cpu)
    return {
        "wall": median(walls),
        "wall_p95": quantiles(walls, n=20, method="inclusive")[18],
        "cpu": median(cpus),
        "units": units,
        "repetitions": len(walls),
    }


def refuse_foreign_modules(options: Namespace) -> None:
    """End with the name of a module that came from the checkout instead of the tree that is measured."""
    if options.checkout is None or options.tree.resolve() == options.checkout.resolve():
        return
    own, environment = options.tree.resolve(), Path(sys.prefix).resolve()
    given = {Path(__file__).resolve(), CALIBRATION_FILE, options.file.resolve()}
    for name, module in sys.modules.items():
        path = Path(getattr(module, "__file__", None) or sys.executable).resolve()
        is_foreign = path.is_relative_to(options.checkout.resolve()) and path not in given
        if is_foreign and not path.is_relative_to(own) and not path.is_relative_to(environment):
            sys.exit(f"{name} came from {path}, not from the tree that is measured")


if __name__ == "__main__":
    main()
