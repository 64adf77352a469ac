"""docs/performance.md, written from the measurements in docs/measurements/: no figure in it is typed by hand.

    python scripts/write_performance_doc.py            write it
    python scripts/write_performance_doc.py --check    say by the exit status whether it is current
    python scripts/write_performance_doc.py --collect  first take the newest stored runs over into docs/measurements/

`benches.csv` comes from the benches (`--history docs/measurements/benches.csv`), `sync.csv` in the same way from
scripts/bench_sync.py, `hypotheses.csv` from
scripts/study_hypotheses.py, `pipeline.csv` and `load.csv` from the stored runs, `improvements.csv` is kept by whoever
makes one: what was changed, the figure before and after, and the command that measured both.
"""

import argparse
import csv
import os
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "project.settings.dev")

import django

django.setup()

from perfhooks.budgets import Budget, budgets_of
from perfhooks.figures import NOTHING, format_commit, format_figure
from perfhooks.models import PerfRun

ROOT = Path(__file__).resolve().parents[1]
DATA = ROOT / "docs" / "measurements"
OUT = ROOT / "docs" / "performance.md"
RUN_KINDS = {"pipeline.csv": "pipeline", "load.csv": "load"}
COLUMNS = (
    "date",
    "commit",
    "machine",
    "database",
    "load_average",
    "scenario",
    "metric",
    "unit",
    "count",
    "p50",
    "p95",
    "p99",
    "value",
    "budget_id",
    "verdict",
)
INTRO = """# Performance

Written by `scripts/write_performance_doc.py` from the files in `docs/measurements/`; do not edit. The machine is shared and
noisy: trust the ratios, which compare two things measured side by side in one run, before the absolute times.
"""
Row = dict[str, str]


def collect(kind: str) -> list[dict[str, object]]:
    """The stages of the newest stored runs of a kind, one run per scenario."""
    rows: list[dict[str, object]] = []
    seen: set[str] = set()
    for run in PerfRun.objects.filter(kind=kind).order_by("-started_at").prefetch_related("stages"):
        if run.scenario in seen:
            continue
        seen.add(run.scenario)
        about = (
            f"{run.started_at:%Y-%m-%d %H:%M}",
            format_commit(run.commit),
            run.machine,
            run.database,
            run.load_average,
        )
        own: tuple[object, ...]
        for stage in run.stages.all():
            own = (run.scenario, stage.metric, stage.unit, stage.count, stage.p50, stage.p95, stage.p99, stage.value)
            rows.append(dict(zip(COLUMNS, (*about, *own, stage.budget_id, stage.verdict), strict=True)))
        # Of a load also how much was sent and how much of it failed.
        sent = {"requests_per_second": "per_second", "failures": "count"}
        for name in (name for name in sent if name in run.notes):
            own = (run.scenario, name, sent[name], None, None, None, None, run.notes[name])
            rows.append(dict(zip(COLUMNS, (*about, *own, "", ""), strict=True)))
    return rows


def save(name: str, rows: Iterable[dict[str, object]]) -> None:
    """Write one file of measurements."""
    with (DATA / name).open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS)
        writer.writeheader()
        writer.writerows(rows)


def load(name: str) -> list[Row]:
    """The rows of one file of measurements; none when it is not there."""
    path = DATA / name
    if not path.exists():
        return []
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def table(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table."""
    lines = ["| " + " | ".join(headings) + " |", "|" + "---|" * len(headings)]
    return "\n".join([*lines, *("| " + " | ".join(row) + " |" for row in rows)])


def figure(text: str, unit: str) -> str:
    """A stored figure for reading."""
    return format_figure(float(text), unit) if text else NOTHING


def find_limit(row: Row) -> Budget | None:
    """The budget of a stored stage: the one that it was held against, else the one that this scenario's figures have made."""
    own = [budget for budget in budgets_of(row["scenario"]) if budget.metric == row["metric"] and not budget.labels]
    named = [budget for budget in own if budget.id == row["budget_id"]]
    return next(iter(named or own), None)


def describe_stage(row: Row) -> tuple[str, ...]:
    """One line: the figures of a stage, its limit, and which share of the limit it takes."""
    budget, value = find_limit(row), row["p95"] or row["value"]
    limit, share = NOTHING, NOTHING
    if budget is not None:
        limit = f"{budget.statistic} {format_figure(budget.limit, budget.unit)}"
        is_comparable = budget.statistic in ("p95", "value") and value and budget.limit
        share = f"{float(value) / budget.limit:.0%}" if is_comparable else NOTHING
    figures = (figure(row["p50"], row["unit"]), figure(value, row["unit"]))
    samples = f"{int(row['count']):,}" if row["count"] else NOTHING
    return (f"`{row['metric']}`", samples, *figures, limit, share, row["verdict"])


def describe_runs(name: str) -> str:
    """Every stage of each scenario's newest stored run with its budget."""
    rows, parts = load(name), []
    newest = {row["scenario"]: row["date"] for row in rows}
    headings = ("metric", "n", "p50", "p95 or value", "limit", "of the limit", "verdict")
    for scenario in dict.fromkeys(row["scenario"] for row in rows):
        own = [row for row in rows if (row["scenario"], row["date"]) == (scenario, newest[scenario])]
        head, busy = own[0], float(own[0]["load_average"])
        about = f"{head['date']} UTC, commit {head['commit']}, {head['machine']}, {head['database']}, load {busy:.1f}"
        parts.append(f"**{scenario}** ({about})\n\n{table(headings, map(describe_stage, own))}")
    return "\n\n".join(parts) or "Not measured yet."


def describe_benches() -> str:
    """The operations of each scenario's newest run, with their ratios to the yardstick."""
    measured = [row for row in load("benches.csv") if row["is_quick"] != "True"]
    dates = {(row["bench"], row["scenario"], row["database"]): row["date"] for row in measured}
    newest: dict[tuple[str, ...], Row] = {}
    for row in measured:
        if row["date"] == dates[row["bench"], row["scenario"], row["database"]]:
            newest[(row["bench"], row["scenario"], row["operation"], row["database"])] = row
    rows = []
    for (bench, scenario, operation, database), row in newest.items():
        interval = f" ({float(row['ratio_low']):.3g} to {float(row['ratio_high']):.3g})" if row["ratio_low"] else ""
        ratio = f"{float(row['ratio']):.3g}{interval}" if row["ratio"] else "yardstick"
        speed = f"{float(row['units_per_second']):,.0f} {row['unit']}/s" if row["units_per_second"] else ""
        goal = f"{row['goals']} {'met' if row['is_met'] == 'True' else 'MISSED'}" if row["goals"] else ""
        times = (figure(row["p50_seconds"], "seconds"), figure(row["p95_seconds"], "seconds"))
        cpu = f"{float(row['cpu_ratio']):.3g}" if row["cpu_ratio"] else ""
        rows.append((f"`{bench}`", scenario, operation, database, speed, *times, ratio, cpu, goal))
    headings = (
        "bench",
        "scenario",
        "operation",
        "database",
        "speed",
        "p50",
        "p95",
        "x yardstick (95 %)",
        "x CPU",
        "goal",
    )
    return table(headings, rows) if rows else "Not measured yet."


def describe_sync() -> str:
    """The newest row of each run of the sync's bench, beside what the store's bucket allows."""
    newest: dict[tuple[str, ...], Row] = {}
    for row in load("sync.csv"):
        key = tuple(
            row[name] for name in ("name", "skus", "workers", "is_cached", "is_incremental", "speed", "database")
        )
        newest[key] = row
    rows = []
    for row in newest.values():
        seconds, limit = float(row["seconds"]), float(row["limit_seconds"])
        switches = " ".join(
            word
            for word, is_on in (("cache", row["is_cached"]), ("incremental", row["is_incremental"]))
            if is_on == "True"
        )
        sizes = (f"{int(row['skus']):,}", row["workers"], switches or NOTHING, f"{int(row['details']):,}")
        times = (f"{seconds:,.1f}", f"{limit:,.1f}", f"{seconds / limit:.3f}" if limit else NOTHING)
        rates = (f"{float(row['rows_per_second']):,.1f}", figure(row["p95_seconds"], "seconds"))
        own = (figure(row["overhead_seconds"], "seconds"), f"{int(row['rate_limited']) / int(row['calls']):.2%}")
        goal = "met" if row["is_kept"] == "True" else "MISSED"
        rows.append((row["name"], row["database"], row["speed"], *sizes, *times, *rates, *own, goal))
    headings = ("run", "database", "speed", "SKUs", "workers", "switches", "details", "seconds", "limit s", "x limit")
    return (
        table((*headings, "rows/s", "detail p95", "our overhead p95", "429", "goals"), rows)
        if rows
        else "Not measured yet."
    )


def describe_list(name: str, columns: dict[str, str]) -> str:
    """A file of words and figures as it is; {column: heading}."""
    rows = load(name)
    return table(list(columns.values()), ([row[column] for column in columns] for row in rows)) if rows else "None yet."


def write() -> str:
    """The whole document."""
    sections = {
        "The pipeline": "`manage.py pipeline`: the baseline of each stage beside its limit, the plan's or that of `config/baselines.toml`.\n\n"
        + describe_runs("pipeline.csv"),
        "The admin and the API under load": "`scripts/bench_admin_api.py`: Locust against the production server.\n\n"
        + describe_runs("load.csv"),
        "The sync beside its store's limit": "`scripts/bench_sync.py [--limit [--processes 2]]`: the simulated store at 2 requests a second, 4 at once.\n\n"
        + describe_sync(),
        "Benches": "Each operation beside its yardstick, interleaved in one process.\n\n" + describe_benches(),
        "The plan's hypotheses": "`python scripts/study_hypotheses.py [--only ID]` on PostgreSQL.\n\n"
        + describe_list("hypotheses.csv", {"id": "", "hypothesis": "가설", "verdict": "판정", "figure": "측정"}),
        "Improvements": describe_list(
            "improvements.csv", {"what": "what", "before": "before", "after": "after", "command": "measured by"}
        ),
    }
    parts = [INTRO, *(f"## {title}\n\n{text}\n" for title, text in sections.items())]
    return "\n".join(parts)


def main() -> int:
    """Write, or check."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--collect", action="store_true")
    options = parser.parse_args()
    if options.collect:
        for name, kind in RUN_KINDS.items():
            if rows := collect(kind):
                save(name, rows)
    text = write()
    if options.check:
        return 0 if OUT.read_text("utf-8") == text else 1
    OUT.write_text(text, "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
