"""What the upsert writes, how its writers get along, and where its time goes, on the database that DATABASE_URL names.

    python scripts/study_upsert.py [--rows 10000] [--writers 4]     # -> docs/studies/upsert_<database>.md

Written log and dead rows per row of a batch (PostgreSQL); one and several processes at once over the same products,
whose codes change hands, with the plan's metrics; and the functions in which py-spy met the upsert most often. Exits
with 1 when an unchanged row leaves a dead one or 20 bytes of log, or when the writers have lost an edit.
"""

import json
import os
import sys
import tempfile
import time
from argparse import ArgumentParser, RawDescriptionHelpFormatter
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from datetime import timedelta
from multiprocessing import get_context
from pathlib import Path
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "project.settings.perf")

import django

django.setup()

import msgspec
from django.db import connection, connections

from perfhooks.bench.conditions import note_conditions
from perfhooks.bench.database import own_database
from perfhooks.bench.options import count
from perfhooks.bench.profiling import profile_block
from perfhooks.figures import format_figure
from perfhooks.percentiles import percentile
from perfhooks.recorder import Recorder
from products.catalog.models import Product, Store
from products.catalog.services import get_or_create_store
from products.upsert.rows import ProductRow, hash_row
from scripts.paired_scenarios import OBSERVED_AT, make_rows, upsert
from scripts.study_compare import FOLDER
from scripts.upsert_ways import Lane, Write, vacuum, write_by_service, write_in_bulk, write_products_table

WAL_BYTES_MAX = 20
ROUNDS = 5
WAYS: dict[str, Write] = {
    "bulk_create 1000": write_in_bulk,
    "products table": write_products_table,
    "upsert_products": write_by_service,
}
TIMES = ("db_lock_wait_seconds", "db_txn_seconds", "db_upsert_seconds")
COUNTS = ("db_upsert_rows_total", "db_conflict_total", "no_change_skip_total")
PROFILED_SECONDS = 5.0
FUNCTIONS_SHOWN = 15


def table(headings: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A Markdown table."""
    lines = ["| " + " | ".join(headings) + " |", "|" + "---|" * len(headings)]
    return "\n".join([*lines, *("| " + " | ".join(map(str, row)) + " |" for row in rows)])


def study_log(rows: Sequence[ProductRow]) -> tuple[str, bool]:
    """Bytes of log and dead rows per row of a batch: the least of the rounds, as others write to the same log."""
    lines, is_met = [], True
    for kind in ("unchanged", "half changed", "all new"):
        for name, write in WAYS.items():
            lane = Lane(get_or_create_store(code="log", name="log"), write, rows)
            lane.forget()
            write_by_service(lane.store, rows)
            used = [_measure_log(lane, kind) for _ in range(ROUNDS)]
            log, dead = (min(figures) / len(rows) for figures in zip(*used, strict=True))
            lines.append((kind, name, f"{log:,.1f}", f"{dead:.2f}"))
            if kind == "unchanged" and name != "bulk_create 1000":
                is_met = is_met and dead == 0 and log < WAL_BYTES_MAX
    return table(("batch", "way", "bytes of log a row", "dead rows a row"), lines), is_met


def _measure_log(lane: Lane, kind: str) -> tuple[int, int]:
    {"half changed": lambda: lane.change(2), "all new": lane.forget}.get(kind, vacuum)()
    before = _read_log()
    lane.run()
    after = _read_log()
    return after[0] - before[0], after[1] - before[1]


def _read_log() -> tuple[int, int]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_stat_force_next_flush()")
        cursor.execute(
            "SELECT pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0')::bigint, n_dead_tup"
            " FROM pg_stat_user_tables WHERE relname = 'catalog_product'"
        )
        log, dead = cursor.fetchone()
    return log, dead


def make_edits(rows: Sequence[ProductRow], serial: int) -> list[ProductRow]:
    """The rows as an edit at minute `serial` left them: each with the code that another one had before."""
    edits = []
    for at, row in enumerate(rows):
        code = f"C{(at + serial) % len(rows)}"
        edited_at = OBSERVED_AT + timedelta(minutes=serial)
        edit = msgspec.structs.replace(row, sku=code, seller_code=code, name=f"{serial}", source_modified_at=edited_at)
        edits.append(msgspec.structs.replace(edit, content_hash=hash_row(edit)))
    return edits


def _write_edits(store: Store, rows: Sequence[ProductRow], serials: Sequence[int]) -> dict[str, Any]:
    with Recorder() as recorder:
        for serial in serials:
            upsert(store, make_edits(rows, serial))
    return recorder.export()


def _open_connection(_number: int) -> None:
    connection.ensure_connection()
    time.sleep(0.2)  # so that each process of the pool takes one


def study_writers(rows: Sequence[ProductRow], writers: int) -> tuple[str, bool]:
    """The plan's metrics of one writer and of several at once over the same products, each with edits of its own."""
    lines, is_met = [], True
    for number in (1, writers):
        store = get_or_create_store(code=f"writers-{number}", name="writers")
        write_by_service(store, rows)
        plans = [range(1 + writer, 1 + number * ROUNDS, number) for writer in range(number)]
        connections.close_all()  # the processes are forked, and must not share a connection
        with ProcessPoolExecutor(number, mp_context=get_context("fork")) as pool:
            list(pool.map(_open_connection, range(number)))
            started = time.perf_counter()
            done = [pool.submit(_write_edits, store, rows, list(plan)) for plan in plans]
            recorder = Recorder()
            for each in done:
                recorder.absorb(each.result())
            seconds = time.perf_counter() - started
        times = [format_figure(percentile(recorder.samples(name), 95), "seconds") for name in TIMES]
        totals = [f"{recorder.totals().get(name, 0):,.0f}" for name in COUNTS]
        latest = Product.objects.filter(store=store, name=f"{number * ROUNDS}").count()
        is_met = is_met and latest == len(rows)
        speed = f"{number * ROUNDS * len(rows) / seconds:,.0f}"
        lines.append((number, speed, *times, *totals, f"{latest:,} of {len(rows):,}"))
    headings = ("writers", "rows/s", *(f"`{name}` p95" for name in TIMES), *(f"`{name}`" for name in COUNTS))
    return table((*headings, "have the latest edit"), lines), is_met


def study_time(rows: Sequence[ProductRow]) -> str:
    """The functions that were at work in most samples of half-changed batches, with their callees left out."""
    lane = Lane(get_or_create_store(code="time", name="time"), write_by_service, rows)
    write_by_service(lane.store, rows)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "profile.json"
        with profile_block("pyspy", path):
            end = time.perf_counter() + PROFILED_SECONDS
            while time.perf_counter() < end:
                lane.rows = make_edits(rows, int(time.perf_counter()))
                lane.run()
        shares = read_shares(json.loads(path.read_text(encoding="utf-8")), within="upsert_products")
    return table(("share", "function"), [(f"{share:.1%}", f"`{name}`") for name, share in shares[:FUNCTIONS_SHOWN]])


def read_shares(profile: dict[str, Any], *, within: str) -> list[tuple[str, float]]:
    """Which share of a speedscope profile's samples beneath a function each function was at work in itself."""
    frames = [f"{frame['name']} ({Path(frame['file']).name})" for frame in profile["shared"]["frames"]]
    met: Counter[str] = Counter()
    for thread in profile["profiles"]:
        for stack in thread["samples"]:
            names = [frames[at] for at in stack]
            if any(name.startswith(f"{within} ") for name in names):
                met[names[-1]] += 1
    return [(name, number / met.total()) for name, number in met.most_common()]


def describe(options: Any) -> Iterator[tuple[str, bool]]:
    """The page's parts, each with whether its goal was met."""
    rows, conditions = make_rows(options.rows), note_conditions().finished()
    yield "# What the upsert writes, who waits, and where the time goes", True
    about = (
        f"commit {conditions.commit[:11]}, {conditions.machine}, {connection.vendor}, load {conditions.load_before:.1f}"
    )
    yield f"Written by `python scripts/study_upsert.py --rows {options.rows}`: {about}.", True
    if connection.vendor == "postgresql":
        part, is_met = study_log(rows)
        yield f"## Written log and dead rows\n\nThe least of {ROUNDS} rounds.\n\n{part}", is_met
    part, is_met = study_writers(rows[: options.rows // 5], options.writers)
    note = (
        f"Batches of {options.rows // 5:,} products, {ROUNDS} by each writer, all of the same products, whose codes change"
        " hands from batch to batch. A conflict is a row that gave way to a later edit. Who waits, waits for the store's lock."
    )
    yield f"## Several writers at once\n\n{note}\n\n{part}", is_met
    note = "Half-changed batches, sampled by py-spy; waiting for the server counts as `wait`."
    yield f"## Where the time goes\n\n{note}\n\n{study_time(rows)}", True


def main() -> int:
    """Measure and write the page; 1 when a goal was missed."""
    parser = ArgumentParser(description=__doc__, formatter_class=RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=count, default=10_000, help="products of a batch (default 10,000)")
    parser.add_argument("--writers", type=count, default=4, help="processes at once (default 4)")
    parser.add_argument("--folder", type=Path, default=FOLDER, help="where the page goes (default docs/studies)")
    options = parser.parse_args()
    with own_database():
        parts = list(describe(options))
    page = "\n\n".join(text for text, _is_met in parts) + "\n"
    (options.folder / f"upsert_{connection.vendor}.md").write_text(page, encoding="utf-8")
    print(page)
    return 0 if all(is_met for _text, is_met in parts) else 1


if __name__ == "__main__":
    sys.exit(main())
