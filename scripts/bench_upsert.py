"""The upsert beside row-by-row `update_or_create` and Django's bulk_create, on the database that DATABASE_URL names.

    python scripts/bench_upsert.py [--rows 10000] [--rounds 5] [--row-sample 500]

All run interleaved in one process on a database of its own, each on its own store of `--rows` products. Row mode is
timed on a sample, so that the run stays short; every figure is rows per second of the median round. The upsert's time
includes the fingerprints, the price observations and the refresh queue. Exits with 1 when a goal is missed.
"""

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "project.settings.perf")

import django

django.setup()

import msgspec
from django.db import connection
from rich.console import Console
from rich.progress import track
from rich.table import Table

from perfhooks.bench import BenchResult, interleave
from products.catalog.models import Product
from products.catalog.services import allocate_revision, ensure_categories, get_or_create_store
from products.upsert.columns import COPIED, ENCODED
from products.upsert.rows import CategoryRef, ProductRow, hash_row
from products.upsert.services import upsert_products

if TYPE_CHECKING:
    from products.catalog.models import Store

OBSERVED_AT = datetime(2026, 11, 1, tzinfo=UTC)
FIELDS = (*COPIED, *ENCODED)
ROW_MODE, BULK_MODE, OURS = "update_or_create", "bulk_create 1000", "upsert_products"
GOALS = {"unchanged": 50.0, "half changed": 20.0}
"""How many times the rows per second of row mode, on PostgreSQL."""
Write = Callable[["Store", Sequence[ProductRow]], None]


@dataclass
class Lane:
    """One method with its own store: what it writes next, and how."""

    store: "Store"
    write: Write
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


def make_rows(number: int) -> list[ProductRow]:
    """Rows as wide as real ones."""
    category = CategoryRef("50000001", "청소기", "디지털/가전>생활가전>청소기")
    return [
        ProductRow(
            origin_product_no=10_000_000_000 + at,
            channel_product_nos=[11_000_000_000 + at],
            sku=f"JB-{at:06}",
            seller_code=f"JB-{at:06}",
            barcode=f"880{at:010}",
            name=f"온담 무선 스틱 청소기 V{at} 초경량 1.3kg 저소음 거치대 포함",
            brand="온담",
            manufacturer="온담전자",
            model_name=f"OD-{at}",
            category=category,
            status="SALE",
            price=129_000,
            discounted_price=99_000,
            discount_starts_at=OBSERVED_AT,
            discount_ends_at=None,
            benefits={"purchase_point": 990, "review_point": 500},
            stock=at % 1_000,
            image_url=f"https://shop.invalid/images/{at}.jpg",
            description="가볍고 조용합니다. 한 번 충전으로 60분을 씁니다. " * 3,
            attributes={"흡입력": "230AW", "무게": "1.3kg", "소음": "62dB"},
            summary_hash=f"{at:032x}",
            source_modified_at=OBSERVED_AT,
        )
        for at in range(number)
    ]


def with_hashes(rows: Sequence[ProductRow]) -> list[ProductRow]:
    """The rows with the fingerprint of what they hold now."""
    return [msgspec.structs.replace(row, content_hash=hash_row(row)) for row in rows]


def write_by_service(store: "Store", rows: Sequence[ProductRow]) -> None:
    """The product's own way."""
    upsert_products(
        store_id=store.pk,
        rows=with_hashes(rows),
        revision=lambda: allocate_revision(store_id=store.pk),
        observed_at=OBSERVED_AT,
    )


def values_of(row: ProductRow, category_id: int) -> dict[str, object]:
    """Column values for Django's own ways, which keep no revision."""
    stamps = {"category_id": category_id, "revision": 0, "updated_at": OBSERVED_AT}
    return {**{name: getattr(row, name) for name in FIELDS}, **stamps}


def write_row_by_row(store: "Store", rows: Sequence[ProductRow]) -> None:
    """What most code does first."""
    category_id = ensure_categories([rows[0].category])[rows[0].category.source_id]
    for row in rows:
        Product.objects.update_or_create(
            store=store, origin_product_no=row.origin_product_no, defaults=values_of(row, category_id)
        )


def write_in_bulk(store: "Store", rows: Sequence[ProductRow]) -> None:
    """Django's batch way, without skipping what is unchanged."""
    category_id = ensure_categories([rows[0].category])[rows[0].category.source_id]
    Product.objects.bulk_create(
        [Product(store=store, origin_product_no=row.origin_product_no, **values_of(row, category_id)) for row in rows],
        batch_size=1_000,
        update_conflicts=True,
        unique_fields=["store", "origin_product_no"],
        update_fields=[*FIELDS, "category_id", "revision", "updated_at"],
    )


def make_lanes(rows: int, row_sample: int) -> dict[str, Lane]:
    """The three methods, each with its store filled; row mode with its sample only."""
    plan: dict[str, tuple[Write, int]] = {
        ROW_MODE: (write_row_by_row, row_sample),
        BULK_MODE: (write_in_bulk, min(rows, 5_000)),
        OURS: (write_by_service, rows),
    }
    lanes = {}
    for number, (name, (write, size)) in enumerate(plan.items()):
        store = get_or_create_store(code=f"bench-{number}", name=name)
        write_by_service(store, make_rows(rows))
        lanes[name] = Lane(store, write, make_rows(size))
    return lanes


def measure(lanes: dict[str, Lane], rounds: int) -> dict[str, dict[str, BenchResult]]:
    """Both scenarios, all methods interleaved within each round."""
    results: dict[str, dict[str, list[BenchResult]]] = {name: {} for name in GOALS}
    for _round in track(range(rounds), "bench_upsert", console=Console(stderr=True)):
        for scenario in GOALS:
            if scenario == "half changed":
                for lane in lanes.values():
                    lane.change_half()
            for name, result in interleave({name: lane.run for name, lane in lanes.items()}, rounds=1).items():
                results[scenario].setdefault(name, []).append(result)
    return {scenario: {name: _merge(runs) for name, runs in methods.items()} for scenario, methods in results.items()}


def _merge(runs: list[BenchResult]) -> BenchResult:
    samples = sorted(run.p50 for run in runs)
    return BenchResult(tuple(samples), samples[len(samples) // 2], samples[-1], sum(run.cpu_seconds for run in runs))


def report(results: dict[str, dict[str, BenchResult]], lanes: dict[str, Lane]) -> bool:
    """Print rows per second and the ratio to row mode; return whether the goals are met."""
    table = Table("scenario", "method", "rows", "rows/s", "p50 ms", f"x {ROW_MODE}", "goal", "verdict")
    is_met = True
    for scenario, methods in results.items():
        speeds = {name: len(lanes[name].rows) / result.p50 for name, result in methods.items()}
        for name, result in methods.items():
            ratio = speeds[name] / speeds[ROW_MODE]
            goal = GOALS[scenario] if name == OURS and connection.vendor == "postgresql" else None
            is_met = is_met and (goal is None or ratio >= goal)
            verdict = "" if goal is None else "pass" if ratio >= goal else "FAIL"
            figures = (
                f"{len(lanes[name].rows):,}",
                f"{speeds[name]:,.0f}",
                f"{result.p50 * 1_000:,.1f}",
                f"{ratio:.1f}",
            )
            table.add_row(scenario, name, *figures, f"{goal:.0f}" if goal else "", verdict)
    Console().print(f"database: {connection.vendor}, load {os.getloadavg()[0]:.1f}", table)
    return is_met


def main() -> int:
    """Measure on a database of its own, print, and say by the exit status whether the goals are met."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=10_000, help="products per batch (default 10,000)")
    parser.add_argument("--rounds", type=int, default=5, help="rounds per scenario (default 5)")
    parser.add_argument("--row-sample", type=int, default=500, help="rows that row mode is timed on (default 500)")
    options = parser.parse_args()
    given = connection.settings_dict["NAME"]
    connection.creation.create_test_db(verbosity=0, autoclobber=True)
    try:
        lanes = make_lanes(options.rows, min(options.row_sample, options.rows))
        return 0 if report(measure(lanes, options.rounds), lanes) else 1
    finally:
        connection.creation.destroy_test_db(given, verbosity=0)


if __name__ == "__main__":
    sys.exit(main())
