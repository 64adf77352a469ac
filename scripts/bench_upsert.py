"""The upsert beside row-by-row `update_or_create` and Django's bulk_create, on the database that DATABASE_URL names.

    python scripts/bench_upsert.py [--rows 10000] [--row-sample 500] [--quick] [--json] [--plot FILE.svg] ...

All run interleaved in one process on a database of its own, each on its own store of `--rows` products. Row mode is
timed on a sample, so that the run stays short; speeds are per row. The upsert's time includes the fingerprints, the
price observations and the refresh queue. Exits with 1 when a goal is missed.
"""

import os
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Sequence
from dataclasses import dataclass

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "project.settings.perf")

import django

django.setup()

import msgspec
from django.db import connection

from perfhooks.bench import Goal, Operation, Scenario, main
from perfhooks.bench.database import own_database
from perfhooks.bench.options import count
from products.catalog.models import Product, Store
from products.catalog.services import ensure_categories, get_or_create_store
from products.upsert.columns import COPIED, ENCODED, TIMES
from products.upsert.rows import ProductRow, hash_row
from scripts.paired_scenarios import OBSERVED_AT, make_rows, upsert

FIELDS = (*COPIED, *TIMES, *ENCODED)
BULK_ROWS_MAX = 5_000
TIMES_ROW_MODE = {"unchanged": 50.0, "half changed": 20.0}
"""Goals on PostgreSQL; the plan's own floor holds on both databases."""


@dataclass
class Lane:
    """One method with its own store: what it writes next, and how."""

    store: Store
    write: Callable[[Store, Sequence[ProductRow]], object]
    rows: list[ProductRow]

    def change_half(self) -> None:
        """Every second row gets another price and stock, as between two syncs."""
        self.rows = [self._change(row) if at % 2 else row for at, row in enumerate(self.rows)]

    def _change(self, row: ProductRow) -> ProductRow:
        price = 10_000 + (row.discounted_price + 310) % 80_000
        return msgspec.structs.replace(row, discounted_price=price, stock=(row.stock + 1) % 1_000)

    def run(self) -> None:
        """Write the rows once."""
        self.write(self.store, self.rows)


def write_by_service(store: Store, rows: Sequence[ProductRow]) -> None:
    """The product's own way: fingerprint, then upsert."""
    upsert(store, [msgspec.structs.replace(row, content_hash=hash_row(row)) for row in rows])


def values_of(row: ProductRow, category_id: int) -> dict[str, object]:
    """Column values for Django's own ways, which keep no revision."""
    stamps = {"category_id": category_id, "revision": 0, "updated_at": OBSERVED_AT}
    return {**{name: getattr(row, name) for name in FIELDS}, **stamps}


def write_row_by_row(store: Store, rows: Sequence[ProductRow]) -> None:
    """What most code does first."""
    category_id = ensure_categories([rows[0].category])[rows[0].category.source_id]
    for row in rows:
        Product.objects.update_or_create(
            store=store, origin_product_no=row.origin_product_no, defaults=values_of(row, category_id)
        )


def write_in_bulk(store: Store, rows: Sequence[ProductRow]) -> None:
    """Django's batch way, without skipping what is unchanged."""
    category_id = ensure_categories([rows[0].category])[rows[0].category.source_id]
    Product.objects.bulk_create(
        [Product(store=store, origin_product_no=row.origin_product_no, **values_of(row, category_id)) for row in rows],
        batch_size=1_000,
        update_conflicts=True,
        unique_fields=["store", "origin_product_no"],
        update_fields=[*FIELDS, "category_id", "revision", "updated_at"],
    )


def list_scenarios(options: Namespace) -> list[Scenario]:
    """Nothing changed, and every second row changed, for the three methods."""
    size = min(options.rows, 1_000) if options.quick else options.rows
    plan = {
        "update_or_create": (write_row_by_row, min(size, options.row_sample)),
        "bulk_create 1000": (write_in_bulk, min(size, BULK_ROWS_MAX)),
        "upsert_products": (write_by_service, size),
    }
    rows, lanes = make_rows(size), {}
    for number, (name, (write, share)) in enumerate(plan.items()):
        store = get_or_create_store(code=f"bench-{number}", name=name)
        upsert(store, rows)
        lanes[name] = Lane(store, write, rows[:share])
    return [make_scenario(name, lanes) for name in TIMES_ROW_MODE]


def make_scenario(name: str, lanes: dict[str, Lane]) -> Scenario:
    """One scenario over all methods; row mode is the yardstick."""
    is_changing = name == "half changed"
    row_mode, bulk, ours = (
        Operation(method, lane.run, len(lane.rows), prepare=lane.change_half if is_changing else None)
        for method, lane in lanes.items()
    )
    goals = [Goal.of_budget("upsert-batch-over-row")]
    if connection.vendor == "postgresql":
        goals.append(Goal.at_least("ratio", TIMES_ROW_MODE[name]))
    return Scenario(
        name, operation=ours, yardstick=row_mode, peers=(bulk,), unit="행", repetitions=9, warmups=1, goals=tuple(goals)
    )


def add_options(parser: ArgumentParser) -> None:
    """How much is written."""
    parser.add_argument("--rows", type=count, default=10_000, help="한 번에 쓸 상품 수 (기본 10,000)")
    parser.add_argument("--row-sample", type=count, default=500, help="행 단위 방식으로 잴 상품 수 (기본 500)")


if __name__ == "__main__":
    sys.exit(main(list_scenarios, about=__doc__, add_options=add_options, within=own_database))
