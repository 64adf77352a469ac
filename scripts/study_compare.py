"""How far `manage.py perf_compare` can be trusted: recorded runs drawn again and again, and live runs.

    python scripts/study_compare.py record    # 60 runs of each cheap scenario, also beside busy loops -> docs/studies/compare_runs.csv
    python scripts/study_compare.py live      # three live comparisons of each kind -> docs/studies/compare_live.csv
    python scripts/study_compare.py analyse   # both files -> docs/studies/compare.md; exit 1 when a goal is missed

`analyse` measures nothing: the same files give the same page.
"""

import csv
import json
import os
import subprocess
import sys
from argparse import ArgumentParser, RawDescriptionHelpFormatter
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from itertools import product
from pathlib import Path
from statistics import median
from typing import Any

from rich.console import Console
from rich.progress import track

from perfhooks.budgets import find_budget
from perfhooks.comparison.pairing import PAIRS, PAIRS_MAX, QUICK_PAIRS, QUICK_PAIRS_MAX
from perfhooks.comparison.sides import Bench, open_sides
from perfhooks.comparison.study import DRAWINGS, Tally, Trial, simulate
from perfhooks.comparison.verdicts import Run, measure_spread
from perfhooks.machine import current_commit, describe_machine, load_average

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "docs" / "studies"
CHEAP = Path("scripts/paired_scenarios.py")
PLANTED = Path("tests/support/planted_scenarios.py")
RUNS, TRIALS, SECONDS = 60, 1_000, 0.5
BESIDE = ("nothing of ours", "busy loops")
SLOWDOWN = 0.30
SLOWDOWNS = (0.0, 0.20, SLOWDOWN)
FALSE_ALARMS_MAX, FOUND_MIN = 0.005, 0.98
LIVE_KINDS = {
    "same commit": (CHEAP, 0.0, False),
    "planted +30 %": (PLANTED, SLOWDOWN, False),
    "same commit, busy loops beside": (CHEAP, 0.0, True),
}
LIVE_RUNS = 3
BUSY_LOOP = "while True: sum(range(1000))"
Row = Mapping[str, object]


def record(folder: Path) -> None:
    """Run each cheap scenario 60 times in new processes, as the machine is and beside busy loops, in order."""
    rows: list[Row] = []
    bench = Bench(ROOT, CHEAP, SECONDS)
    with open_sides(ROOT, "HEAD", "HEAD") as (_base, side):
        for beside, scenario in product(BESIDE, bench.list_scenarios(side)):
            bench.run(side, side, scenario)
            with keep_cores_busy(beside == BESIDE[1]):
                for number in track(range(RUNS), f"{scenario}, {beside}", console=Console(stderr=True)):
                    facts = {"scenario": scenario, "beside": beside, "number": number, "date": now()}
                    place = {"load": round(load_average(), 2), "commit": side.commit, "machine": describe_machine()}
                    rows.append({**facts, **place, **asdict(bench.run(side, side, scenario))})
    write_rows(folder / "compare_runs.csv", rows)


def compare_live(folder: Path) -> None:
    """Compare the present commit with itself: as it is, with a slowdown planted, and beside busy loops."""
    rows: list[Row] = []
    for kind, (file, slowdown, is_busy) in LIVE_KINDS.items():
        for number in track(range(1, LIVE_RUNS + 1), kind, console=Console(stderr=True)):
            with keep_cores_busy(is_busy):
                facts = {"kind": kind, "number": number, "date": now(), "load": round(load_average(), 2)}
                document = run_comparison(file, slowdown)
            rows += [{**facts, "commit": document["head"], **flatten(each)} for each in document["scenarios"]]
    write_rows(folder / "compare_live.csv", rows)


def run_comparison(file: Path, slowdown: float) -> dict[str, Any]:
    """What `perf_compare --json` says of the present commit against itself."""
    commit = current_commit()
    command = ["manage.py", "perf_compare", f"--base={commit}", f"--head={commit}", f"--file={file}", "--json"]
    environment = {**os.environ, "PLANTED_SLOWDOWN": str(slowdown)}
    done = subprocess.run([sys.executable, *command], cwd=ROOT, env=environment, capture_output=True, text=True)
    if not done.stdout:
        raise SystemExit(done.stderr)
    document: dict[str, Any] = json.loads(done.stdout)
    return document


def flatten(each: Mapping[str, Any]) -> dict[str, object]:
    """One scenario's verdict with its ratios, as columns."""
    found: dict[str, object] = {name: each[name] for name in ("scenario", "verdict", "pairs", "calibration_spread")}
    for figure in ("wall", "cpu"):
        ratio = each[figure]["ratio"]
        found |= {f"{figure}_{bound}": round(value, 4) for bound, value in ratio.items()}
    return found


@contextmanager
def keep_cores_busy(is_busy: bool) -> Iterator[None]:
    """One endless loop per core beside the block."""
    loops = [subprocess.Popen([sys.executable, "-c", BUSY_LOOP]) for _ in range(os.cpu_count() or 1) if is_busy]
    try:
        yield
    finally:
        for loop in loops:
            loop.kill()
            loop.wait()


@dataclass(frozen=True, slots=True)
class Outcome:
    """What was drawn from which recording, and the verdicts."""

    scenario: str
    beside: str
    trial: Trial
    tally: Tally

    @property
    def goal(self) -> str:
        """How the goal stands: `met`, `MISSED`, or empty where there is none."""
        trial, found = self.trial, self.tally.share("regress")
        if trial.drawing != "neighbours":
            return ""
        if not trial.slowdown:
            return "met" if found <= FALSE_ALARMS_MAX else "MISSED"
        if trial.slowdown != SLOWDOWN or trial.pairs != PAIRS or self.beside != BESIDE[0]:
            return ""
        return "met" if found >= FOUND_MIN else "MISSED"


def list_trials() -> Iterator[Trial]:
    """All ways to draw, the full plan first, then the reduced one of bench_quick."""
    for drawing, slowdown in product(DRAWINGS, SLOWDOWNS):
        yield Trial(drawing, slowdown, limit())
    for slowdown in SLOWDOWNS:
        yield Trial("neighbours", slowdown, limit(), QUICK_PAIRS, QUICK_PAIRS_MAX)


def analyse(folder: Path) -> bool:
    """Write the page from the recordings, print it, and return whether the goals are met."""
    runs, live = read_rows(folder / "compare_runs.csv"), read_rows(folder / "compare_live.csv")
    recorded = {key: read_runs(runs, *key) for key in dict.fromkeys((row["scenario"], row["beside"]) for row in runs)}
    outcomes = [
        Outcome(*key, trial, simulate(own, trial, trials=TRIALS))
        for (key, own), trial in product(recorded.items(), list_trials())
    ]
    page = "\n".join([*describe_recordings(runs, recorded), *describe_outcomes(outcomes), *describe_live(live), ""])
    (folder / "compare.md").write_text(page, encoding="utf-8")
    print(page)
    return all(outcome.goal != "MISSED" for outcome in outcomes)


def describe_recordings(runs: list[dict[str, str]], recorded: Mapping[tuple[str, str], list[Run]]) -> Iterator[str]:
    """What was recorded, and how unsteady the machine was."""
    yield "# How far `perf_compare` can be trusted"
    yield ""
    yield "Written by `python scripts/study_compare.py analyse` from the CSV files beside this page."
    yield ""
    yield "## Recorded runs"
    yield ""
    yield f"Each run is a new process of commit {runs[0]['commit'][:11]}, one after the other, on {runs[0]['machine']}."
    yield "A spread is from the p10 to the p90, as a share of the median."
    yield ""
    yield "| scenario | beside | runs | p50 ms, median | p50 spread | CPU spread | calibration spread | load |"
    yield "|---|---|---|---|---|---|---|---|"
    for (scenario, beside), own in recorded.items():
        spreads = (measure_spread([getattr(run, name) for run in own]) for name in ("wall", "cpu", "calibration"))
        loads = [float(row["load"]) for row in runs if (row["scenario"], row["beside"]) == (scenario, beside)]
        figures = " | ".join(f"{spread:.1%}" for spread in spreads)
        middle = median(run.wall for run in own) * 1e3
        facts = f"{scenario} | {beside} | {len(own)} | {middle:.2f}"
        yield f"| {facts} | {figures} | {min(loads):.1f} to {max(loads):.1f} |"
    yield ""


def describe_outcomes(outcomes: Iterable[Outcome]) -> Iterator[str]:
    """The verdicts over all trials."""
    yield f"## {TRIALS:,} comparisons drawn from each of them"
    yield ""
    yield f"Each trial draws pairs with replacement and applies the command's own rule: {PAIRS} pairs, {PAIRS_MAX} in doubt (for"
    yield f"`bench_quick.py` {QUICK_PAIRS} and {QUICK_PAIRS_MAX}). Pairs of neighbours are what the command makes; pairs of any two"
    yield "runs, with minutes between them, show what the interleaving is worth. Goals, for neighbours: `regress` at most"
    yield f"{FALSE_ALARMS_MAX:.1%} as recorded, also beside busy loops and with few pairs; at least {FOUND_MIN:.0%} with"
    yield f"+{SLOWDOWN:.0%} planted."
    yield ""
    yield "| scenario | beside | pairs of | pairs | head | ok | suspect | too noisy | regress | goal |"
    yield "|---|---|---|---|---|---|---|---|---|---|"
    for each in outcomes:
        trial = each.trial
        shares = " | ".join(f"{each.tally.share(verdict):.1%}" for verdict in ("ok", "suspect", "too noisy", "regress"))
        head = f"+{trial.slowdown:.0%}" if trial.slowdown else "as recorded"
        plan = f"{trial.drawing} | {trial.pairs} to {trial.pairs_max}"
        yield f"| {each.scenario} | {each.beside} | {plan} | {head} | {shares} | {each.goal} |"
    yield ""


def describe_live(live: list[dict[str, str]]) -> Iterator[str]:
    """Every live comparison, in order."""
    yield "## Live comparisons"
    yield ""
    if not live:
        yield "None recorded yet."
        return
    counts = Counter((row["kind"], row["verdict"]) for row in live)
    yield "; ".join(f"{kind}: {number} x {verdict}" for (kind, verdict), number in counts.items()) + "."
    yield ""
    yield "| kind | run | scenario | pairs | p50 ratio (95 %) | CPU ratio (95 %) | calibration spread | load | verdict |"
    yield "|---|---|---|---|---|---|---|---|---|"
    for row in live:
        ratios = " | ".join(
            f"{float(row[f'{name}_median']):.3f} ({float(row[f'{name}_low']):.3f} to {float(row[f'{name}_high']):.3f})"
            for name in ("wall", "cpu")
        )
        spread = f"{float(row['calibration_spread']):.0%}"
        facts = f"{row['kind']} | {row['number']} | {row['scenario']} | {row['pairs']}"
        yield f"| {facts} | {ratios} | {spread} | {row['load']} | {row['verdict']} |"


def limit() -> float:
    """The largest ratio that the plan allows."""
    return find_budget("no-regression").limit


def now() -> str:
    """The moment, to the second."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def read_runs(rows: Iterable[Mapping[str, str]], scenario: str, beside: str) -> list[Run]:
    """The recorded runs of a scenario, in order."""
    return [
        Run(
            **{name: float(row[name]) for name in ("wall", "wall_p95", "cpu", "calibration")},
            units=int(row["units"]),
            repetitions=int(row["repetitions"]),
        )
        for row in rows
        if (row["scenario"], row["beside"]) == (scenario, beside)
    ]


def write_rows(path: Path, rows: list[Row]) -> None:
    """Replace the file by these rows."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def read_rows(path: Path) -> list[dict[str, str]]:
    """The rows of a file, none where there is no file."""
    if not path.exists():
        return []
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def main() -> int:
    """Do what was asked; 1 when the analysis misses a goal."""
    parser = ArgumentParser(description=__doc__, formatter_class=RawDescriptionHelpFormatter)
    parser.add_argument("step", choices=("record", "live", "analyse"))
    parser.add_argument("--folder", type=Path, default=FOLDER, help="docs/studies가 아닌 다른 폴더")
    options = parser.parse_args()
    if options.step == "analyse":
        return 0 if analyse(options.folder) else 1
    {"record": record, "live": compare_live}[options.step](options.folder)
    return 0


if __name__ == "__main__":
    sys.exit(main())
