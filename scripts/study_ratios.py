"""Whether the benches' ratios hold on a busy machine: each bench as the machine is, and again beside busy loops.

    python scripts/study_ratios.py record     # runs the benches twice -> docs/studies/ratios.csv
    python scripts/study_ratios.py analyse    # -> docs/studies/ratios.md; exit 1 when a ratio moved

A ratio holds when it moves by less than 15 % or its two intervals overlap. Times may move as they like.
"""

import csv
import json
import subprocess
import sys
from argparse import ArgumentParser, RawDescriptionHelpFormatter
from collections.abc import Iterator
from pathlib import Path
from statistics import fmean
from typing import Any

from perfhooks.bench.resampling import Interval
from perfhooks.bench.table import format_ratio
from perfhooks.figures import format_figure
from scripts.study_compare import FOLDER, ROOT, keep_cores_busy, now

BENCHES = ("bench_span", "bench_upsert")
BESIDE = ("nothing of ours", "busy loops")
MOVED_MAX = 0.15
FIGURES = ("p50", "p95", "cpu")


def record(folder: Path) -> None:
    """Run every bench in both conditions and keep the figures that have a ratio."""
    rows = []
    for bench in BENCHES:
        for beside in BESIDE:
            with keep_cores_busy(beside == "busy loops"):
                document = run_bench(bench)
            rows += [make_row(document, result, beside) for result in document["results"] if result["ratio"]]
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "ratios.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def run_bench(bench: str) -> dict[str, Any]:
    """What a bench says of itself; a missed goal is no hindrance here."""
    command = [sys.executable, f"scripts/{bench}.py", "--json", "--no-history"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    if not done.stdout:
        raise SystemExit(done.stderr)
    document: dict[str, Any] = json.loads(done.stdout)
    return document


def make_row(document: dict[str, Any], result: dict[str, Any], beside: str) -> dict[str, object]:
    """One operation in one condition."""
    conditions = document["conditions"]
    place = {"commit": conditions["commit"], "machine": conditions["machine"], "database": document["database"]}
    facts = {"bench": document["bench"], "scenario": result["scenario"], "operation": result["operation"]}
    ratio = {f"ratio_{bound}": value for bound, value in result["ratio"].items()}
    figures = {**{name: result[name] for name in FIGURES}, "mean": fmean(result["walls"])}
    return {**facts, "beside": beside, "date": now(), **place, "load": conditions["load_after"], **figures, **ratio}


def analyse(folder: Path) -> bool:
    """Write the page from the recordings, print it, and return whether every ratio held."""
    with (folder / "ratios.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    pairs = list(pair_rows(rows))
    page = "\n".join([*describe(rows, pairs), ""])
    (folder / "ratios.md").write_text(page, encoding="utf-8")
    print(page)
    return all(is_held(*pair) for pair in pairs)


def pair_rows(rows: list[dict[str, str]]) -> Iterator[tuple[dict[str, str], dict[str, str]]]:
    """Each operation as the machine is, with the same beside busy loops."""
    busy = {identify(row): row for row in rows if row["beside"] == BESIDE[1]}
    return ((row, busy[identify(row)]) for row in rows if row["beside"] == BESIDE[0])


def identify(row: dict[str, str]) -> tuple[str, ...]:
    """What was measured."""
    return row["bench"], row["scenario"], row["operation"]


def read_ratio(row: dict[str, str]) -> Interval:
    """The ratio to the yardstick with its bounds."""
    return Interval(*(float(row[f"ratio_{bound}"]) for bound in ("median", "low", "high")))


def measure_move(idle: dict[str, str], busy: dict[str, str]) -> float:
    """By how much the ratio moved, as a share of the smaller one."""
    medians = sorted((read_ratio(idle).median, read_ratio(busy).median))
    return medians[1] / medians[0] - 1


def is_held(idle: dict[str, str], busy: dict[str, str]) -> bool:
    """Whether the ratio moved little, or within its own uncertainty."""
    return measure_move(idle, busy) < MOVED_MAX or read_ratio(idle).overlaps(read_ratio(busy))


def describe(rows: list[dict[str, str]], pairs: list[tuple[dict[str, str], dict[str, str]]]) -> Iterator[str]:
    """The page."""
    first, engines = rows[0], sorted({row["database"] for row in rows} - {""})
    yield "# Ratios on a busy machine"
    yield ""
    yield "Written by `python scripts/study_ratios.py analyse` from ratios.csv beside this page: commit"
    yield f"{first['commit'][:11]}, {first['machine']}, database {', '.join(engines)}. Busy: one endless loop per core beside."
    yield f"A ratio holds when it moves by less than {MOVED_MAX:.0%} or its two 95 % intervals overlap."
    yield ""
    yield "| bench | scenario | operation | load | p50 | mean | mean, busy | ratio (95 %) | ratio, busy (95 %) | mean moved | ratio moved | holds |"
    yield "|---|---|---|---|---|---|---|---|---|---|---|---|"
    for idle, busy in pairs:
        times = [format_figure(float(value), "seconds") for value in (idle["p50"], idle["mean"], busy["mean"])]
        ratios = [describe_ratio(read_ratio(row)) for row in (idle, busy)]
        slower = float(busy["mean"]) / float(idle["mean"]) - 1
        moves = f"{slower:+.0%} | {measure_move(idle, busy):.0%} | {'yes' if is_held(idle, busy) else 'NO'}"
        loads = " and ".join(f"{float(row['load']):.1f}" for row in (idle, busy))
        yield f"| {' | '.join(identify(idle))} | {loads} | {' | '.join((*times, *ratios))} | {moves} |"


def describe_ratio(ratio: Interval) -> str:
    """A ratio and its bounds, for reading."""
    return f"{format_ratio(ratio.median)} ({format_ratio(ratio.low)} to {format_ratio(ratio.high)})"


def main() -> int:
    """Do what was asked; 1 when a ratio moved."""
    parser = ArgumentParser(description=__doc__, formatter_class=RawDescriptionHelpFormatter)
    parser.add_argument("step", choices=("record", "analyse"))
    parser.add_argument("--folder", type=Path, default=FOLDER, help="docs/studies가 아닌 다른 폴더")
    options = parser.parse_args()
    if options.step == "analyse":
        return 0 if analyse(options.folder) else 1
    record(options.folder)
    return 0


if __name__ == "__main__":
    sys.exit(main())
