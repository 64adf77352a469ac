"""The upsert beside other ways, and beside the quickest that the database can, on the database that DATABASE_URL names.

    python scripts/bench_upsert.py [--rows 10000] [--table-rows 100000] [--row-sample 500] [--scenario NAME] [--quick] ...

All ways run interleaved in one process on a database of its own, each on its own store in one products table of
`--table-rows`. Row mode and Django's bulk ways are timed on a share of the batch; speeds are per row, and a row that is
skipped counts as one. Dead rows are vacuumed away between the rounds, untimed. What an operation includes:

    products table           reading and comparing fingerprints, the store's lock, the rows, references, commit
    upsert_products          the same, with word index, price history, refresh queue, catalogue revision and metrics
    COPY, executemany        the same values in one transaction, nothing read or compared: into a table equal to the
                             products table in rows, indexes, checks and references (the yardstick), into an equal
                             but empty one, into one whose references are unchecked, and into one without any of it
    without the hash skip    the products table with a fingerprint that always differs, so that every row is written

The goals in multiples of row mode and of COPY concern the products table. Exits with 1 when a goal is missed.
"""

import os
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "project.settings.perf")

import django

django.setup()

from django.db import connection, transaction

from perfhooks.bench import Goal, Operation, Scenario, main
from perfhooks.bench.database import own_database
from perfhooks.bench.options import count
from products.catalog.models import Store
from products.catalog.services import get_or_create_store
from products.upsert.rows import ProductRow
from scripts.paired_scenarios import make_rows
from scripts.upsert_ways import (
    Lane,
    Write,
    fill_table,
    list_limits,
    make_limit_tables,
    write_by_pgbulk,
    write_by_service,
    write_in_bulk,
    write_products_table,
    write_row_by_row,
)

BULK_ROWS_MAX = 2_000
ROWS_A_SYNC_BATCH = 500
BATCH_ROWS, LARGE_BATCH_ROWS = 10_000, 100_000
INDEX_SAMPLE = 50
UNCHANGED, HALF, NEW = KINDS = ("unchanged", "half changed", "all new")
TIMES_ROW_MODE = {
    "postgresql": {UNCHANGED: 200.0, HALF: 80.0, NEW: 80.0},
    "sqlite": {UNCHANGED: 40.0, HALF: 40.0, NEW: 40.0},
}
SHARE_OF_LIMIT = {
    "postgresql": {HALF: (0.6, 0.5), NEW: (0.75, 0.6)},
    "sqlite": {HALF: (0.65, 0.55), NEW: (0.65, 0.55)},
}
"""Goals: for batches below, and from LARGE_BATCH_ROWS."""


@dataclass(frozen=True)
class Plan:
    """The rows of a batch, how many of them row mode gets, and how many the products table holds."""

    rows: Sequence[ProductRow]
    row_sample: int
    table_rows: int

    def list_scenarios(self) -> Iterator[Scenario]:
        """Each kind of change beside row mode, then beside the limit; then what the unique index is worth."""
        yield from map(self.compare_with_row_mode, KINDS)
        yield from map(self.compare_with_limit, KINDS[1:])
        yield self.measure_index()

    def compare_with_row_mode(self, kind: str) -> Scenario:
        """The upsert beside Django's ways."""
        whole = len(self.rows)
        ways: dict[str, tuple[Write, int]] = {
            "update_or_create": (write_row_by_row, self.row_sample),
            **{f"bulk_create {n}": (partial(write_in_bulk, batch_size=n), BULK_ROWS_MAX) for n in (100, 500, 1_000)},
            "django-pgbulk 1000": (write_by_pgbulk, BULK_ROWS_MAX),
            "without the hash skip": (write_products_table, whole),
            f"upsert_products {ROWS_A_SYNC_BATCH}": (write_in_batches, whole),
            "products table": (write_products_table, whole),
            "upsert_products": (write_by_service, whole),
        }
        if connection.vendor == "sqlite":
            del ways["django-pgbulk 1000"]
        if kind != UNCHANGED:
            del ways["without the hash skip"]
            # The goal is the table's; of what has not changed the whole service does no more than compare either.
            ways["products table"] = ways.pop("products table")
        lanes = self._open_lanes(ways)
        row_mode, *peers, ours = (_operate(name, lane, kind) for name, lane in lanes.items())
        goal = Goal.at_least("ratio", TIMES_ROW_MODE[connection.vendor][kind])
        goals = (Goal.of_budget("upsert-batch-over-row"), goal)
        return self._make_scenario(kind, lanes, (row_mode, *peers, ours), kind, goals)

    def compare_with_limit(self, kind: str) -> Scenario:
        """The upsert beside the quickest way into tables of the same columns."""
        means = "COPY" if connection.vendor == "postgresql" else "executemany"
        limits = [
            Operation(f"{means}, {limit.about}", limit.write, len(self.rows), prepare=limit.take_back)
            for limit in list_limits(self.rows)
        ]
        whole = len(self.rows)
        ways = {"upsert_products": (write_by_service, whole), "products table": (write_products_table, whole)}
        lanes = self._open_lanes(ways)
        service, ours = (_operate(name, lane, kind) for name, lane in lanes.items())
        share = SHARE_OF_LIMIT[connection.vendor][kind][whole >= LARGE_BATCH_ROWS]
        operations = (*limits, service, ours)
        goals = (Goal.at_least("ratio", share),)
        return self._make_scenario(f"{kind}, beside {means}", lanes, operations, kind, goals)

    def measure_index(self) -> Scenario:
        """The same keyed updates on copies of the table, with and without the unique index on the key."""
        sample = self.rows[:INDEX_SAMPLE]
        lanes = self._open_lanes({"index": (write_products_table, len(self.rows))})

        def copy_table() -> None:
            fill_table(lanes.values(), self.table_rows, are_new=False)
            with connection.cursor() as cursor:
                for table in ("keyless", "keyed"):
                    cursor.execute(f"CREATE TABLE {table} AS SELECT * FROM catalog_product")  # noqa: S608
                cursor.execute("CREATE UNIQUE INDEX keyed_key ON keyed (store_id, origin_product_no)")

        def update(table: str, rows: Sequence[ProductRow]) -> None:
            statement = f"UPDATE {table} SET stock = stock + 1 WHERE store_id = %s AND origin_product_no = %s"  # noqa: S608
            keys = [(lanes["index"].store.pk, row.origin_product_no) for row in rows]
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.executemany(statement, keys)

        return Scenario(
            "keyed updates",
            operation=Operation("with the unique index", partial(update, "keyed", self.rows), len(self.rows)),
            yardstick=Operation("without it", partial(update, "keyless", sample), len(sample)),
            setup=copy_table,
            unit="행",
            repetitions=5,
            warmups=1,
        )

    def _fill_tables(self, lanes: Mapping[str, Lane], kind: str) -> None:
        fill_table(lanes.values(), self.table_rows, are_new=kind == NEW)
        make_limit_tables()

    def _open_lanes(self, ways: Mapping[str, tuple[Write, int]]) -> dict[str, Lane]:
        stores = (get_or_create_store(code=f"lane-{at}", name=f"lane-{at}") for at in range(len(ways)))
        return {
            name: Lane(store, write, self.rows[:share])
            for store, (name, (write, share)) in zip(stores, ways.items(), strict=True)
        }

    def _make_scenario(
        self, name: str, lanes: dict[str, Lane], operations: Sequence[Operation], kind: str, goals: tuple[Goal, ...]
    ) -> Scenario:
        yardstick, *peers, ours = operations
        size = len(self.rows)
        return Scenario(
            name if size < LARGE_BATCH_ROWS else f"{name}, {size:,} rows",
            operation=ours,
            yardstick=yardstick,
            peers=tuple(peers),
            setup=partial(self._fill_tables, lanes, kind),
            unit="행",
            repetitions=9,
            warmups=1,
            goals=goals,
        )


def write_in_batches(store: Store, rows: Sequence[ProductRow]) -> None:
    """The whole service, in batches as a sync brings them."""
    for start in range(0, len(rows), ROWS_A_SYNC_BATCH):
        write_by_service(store, rows[start : start + ROWS_A_SYNC_BATCH])


def _operate(name: str, lane: Lane, kind: str) -> Operation:
    prepares: dict[str, Callable[[], None]] = {HALF: partial(lane.change, 2), NEW: lane.forget}
    prepare = prepares.get(kind)
    if name == "without the hash skip":
        prepare = partial(lane.change, 1)
    return Operation(name, lane.run, len(lane.rows), prepare=prepare)


def list_scenarios(options: Namespace) -> list[Scenario]:
    """The scenarios on rows of this size."""
    size = min(options.rows, 1_000) if options.quick else options.rows
    return list(Plan(make_rows(size), min(size, options.row_sample), options.table_rows or 10 * size).list_scenarios())


def add_options(parser: ArgumentParser) -> None:
    """How much is written."""
    parser.add_argument("--rows", type=count, default=BATCH_ROWS, help="한 번에 쓸 상품 수 (기본 10,000)")
    parser.add_argument("--table-rows", type=count, help="상품 테이블의 행 수 (기본: 한 번에 쓸 수의 10배)")
    parser.add_argument("--row-sample", type=count, default=500, help="행 단위 방식으로 잴 상품 수 (기본 500)")


if __name__ == "__main__":
    sys.exit(main(list_scenarios, about=__doc__, add_options=add_options, within=own_database))
