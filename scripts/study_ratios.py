"""Whether the benches' ratios hold on a busy machine: each bench as the machine is, and again beside busy loops.

    python scripts/study_ratios.py record     # runs the benches twice -> docs/studies/ratios.csv
    python scripts/study_ratios.py analyse    # -> docs/studies/ratios.md; exit 1 when a ratio moved that should hold

A ratio holds when it moves by less than 15 % or its two intervals overlap: by the clock, or else by the processor time of
the bench and of the database process that served it. Times may move as they like. PostgreSQL is measured too, where
DATABASE_URL names one on this machine.
"""

import csv
import json
import os
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

BENCHES = (("bench_span", False), ("bench_upsert", False), ("bench_upsert", True))
"""Each with whether it runs on the database of DATABASE_URL, instead of SQLite within its own process."""
SCENARIOS = {"bench_upsert": ("--scenario", "unchanged", "--scenario", "half changed")}
"""Where not all of a bench's scenarios are asked."""
BESIDE = ("nothing of ours", "busy loops")
MOVED_MAX = 0.15
FIGURES, RATIOS = ("p50", "p95", "cpu"), ("ratio", "cpu_ratio")


def record(folder: Path) -> None:
    """Run every bench in both conditions and keep the figures that have a ratio."""
    rows = []
    for bench, has_server in BENCHES:
        for beside in BESIDE:
            with keep_cores_busy(beside == BESIDE[1]):
                document = run_bench(bench, os.environ.get("DATABASE_URL", "") if has_server else "")
            rows += [make_row(document, result, beside) for result in document["results"] if result["ratio"]]
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "ratios.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def run_bench(bench: str, database: str) -> dict[str, Any]:
    """What a bench says of itself; a missed goal is no hindrance here. database: a URL, or empty for SQLite."""
    environment = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}
    environment |= {"DATABASE_URL": database} if database else {}
    command = [sys.executable, f"scripts/{bench}.py", "--json", "--no-history", *SCENARIOS.get(bench, ())]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
    if not done.stdout:
        raise SystemExit(done.stderr)
    document: dict[str, Any] = json.loads(done.stdout)
    return document


def make_row(document: dict[str, Any], result: dict[str, Any], beside: str) -> dict[str, object]:
    """One operation in one condition."""
    conditions = document["conditions"]
    place = {"commit": conditions["commit"], "machine": conditions["machine"], "database": document["database"]}
    facts = {"bench": document["bench"], "scenario": result["scenario"], "operation": result["operation"]}
    ratio = {f"{name}_{bound}": value for name in RATIOS for bound, value in result[name].items()}
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
    return all(describe_verdict(*pair) != "NO" for pair in pairs)


def pair_rows(rows: list[dict[str, str]]) -> Iterator[tuple[dict[str, str], dict[str, str]]]:
    """Each operation as the machine is, with the same beside busy loops."""
    busy = {identify(row): row for row in rows if row["beside"] == BESIDE[1]}
    return ((row, busy[identify(row)]) for row in rows if row["beside"] == BESIDE[0])


def identify(row: dict[str, str]) -> tuple[str, ...]:
    """What was measured."""
    return row["bench"], row["database"] or "-", row["scenario"], row["operation"]


def read_ratio(row: dict[str, str], name: str) -> Interval:
    """The ratio to the yardstick with its bounds."""
    return Interval(*(float(row[f"{name}_{bound}"]) for bound in ("median", "low", "high")))


def measure_move(idle: dict[str, str], busy: dict[str, str], name: str) -> float:
    """By how much a ratio moved, as a share of the smaller one."""
    medians = sorted((read_ratio(idle, name).median, read_ratio(busy, name).median))
    return medians[1] / medians[0] - 1


def describe_verdict(idle: dict[str, str], busy: dict[str, str]) -> str:
    """By what the ratio held; `NO` where it did not."""
    for name, word in (("ratio", "by the clock"), ("cpu_ratio", "by processor time")):
        is_near = measure_move(idle, busy, name) < MOVED_MAX
        if is_near or read_ratio(idle, name).overlaps(read_ratio(busy, name)):
            return word
    return "NO"


def describe(rows: list[dict[str, str]], pairs: list[tuple[dict[str, str], dict[str, str]]]) -> Iterator[str]:
    """The page."""
    first = rows[0]
    yield "# Ratios on a busy machine"
    yield ""
    yield "Written by `python scripts/study_ratios.py analyse` from ratios.csv beside this page: commit"
    yield f"{first['commit'][:11]}, {first['machine']}. Busy: one endless loop per core beside."
    yield ""
    yield f"A ratio holds when it moves by less than {MOVED_MAX:.0%} or its two 95 % intervals overlap: by the clock, or else by the"
    yield "processor time of the bench and of the database process that served it. Work that waits often, for the disk at every"
    yield "commit or for the server at every query, waits for a core as well each time that it wakes: beside busy loops it loses"
    yield "more than work that runs through. Its ratio by the clock counts only on a quiet machine."
    yield ""
    yield (
        "| bench | database | scenario | operation | load | p50 | mean | mean, busy | mean moved "
        "| ratio (95 %) | ratio, busy (95 %) | ratio moved | CPU ratio moved | holds |"
    )
    yield "|---" * 14 + "|"
    for idle, busy in pairs:
        loads = " and ".join(f"{float(row['load']):.1f}" for row in (idle, busy))
        times = [format_figure(float(value), "seconds") for value in (idle["p50"], idle["mean"], busy["mean"])]
        slower = f"{float(busy['mean']) / float(idle['mean']) - 1:+.0%}"
        ratios = [describe_ratio(read_ratio(row, "ratio")) for row in (idle, busy)]
        moves = [f"{measure_move(idle, busy, name):.0%}" for name in RATIOS]
        cells = (*identify(idle), loads, *times, slower, *ratios, *moves, describe_verdict(idle, busy))
        yield f"| {' | '.join(cells)} |"


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
