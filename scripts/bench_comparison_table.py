"""Comparison tables after a sync: find what changed among all rows, and write it, on the database that DATABASE_URL names.

    python scripts/bench_comparison_table.py [--skus 20000] [--variants 4] [--quick] [--json] ...

Every SKU has a table of its variants. The products are those of chorus_icecat below SHARED_DATA, each repeated once a
variant (19,406 of them, so 77,624 rows), else generated ones; the printed names say which. Before each round some prices
change, as a sync writes them; 2.1 % of the rows. What is timed:

    renewal         all rows of all tables compared with the catalogue, the changed tables drafted with their winners, new
                    rows and versions, links and notes written, posts looked for
    SQL join        the same comparison of the shown columns as one statement over a copy of the rows: counts, writes nothing
    revision join   the renewal's own first step alone
    N+1             row by row through the ORM as first written, compared and not written; timed on a sample, per row

Then every cell of every table is compared with one that was written anew from the product, by code of this file alone: a
wrong one ends the bench. Goals are those of PostgreSQL; exits with 1 when one is missed there.
"""

import gc
import gzip
import json
import os
import random
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "project.settings.perf")

import django

django.setup()

import msgspec
from django.db import connection, transaction
from django.db.models import F

from content.comparison.desk import render_draft
from content.comparison.models import ComparisonTable, TableLink, TableRowContent, TableVersion
from content.comparison.renewal import plan_tables
from content.comparison.selectors import list_overtaken, read_versions
from content.comparison.services import renew_many, renew_tables
from content.comparison.spec import TableSpec
from perfhooks.bench import Goal, Operation, Scenario, main
from perfhooks.bench.database import own_database
from perfhooks.bench.options import count
from products.catalog.models import Product
from products.catalog.services import get_or_create_store
from products.upsert.rows import ProductRow
from scripts.paired_scenarios import make_rows
from scripts.upsert_ways import batch_rows, write_products_table

COLUMNS = ("name", "brand", "price", "discount", "benefits", "stock", "attr:type")
SHOWN = ("name", "brand", "price", "discounted_price", "benefits", "stock", "status", "attributes")
CHANGED_SHARE = 1_650 / 77_624
SAMPLE_TABLES = 250
NAIVE_MIN, JOIN_MIN = 80, 1 / 2.5
ROUNDS = 7


@dataclass
class Stage:
    """All tables on the scratch database, and the next round of changes."""

    rows: list[ProductRow]
    variants: int
    source: str
    dice: random.Random
    ids: list[int] = field(default_factory=list)
    revision: int = 1
    is_changed: bool = False

    def fill(self) -> None:
        """Products, a table a SKU, and their first versions."""
        store = get_or_create_store(code="bench", name="bench")
        for batch in batch_rows(self.rows, 10_000):
            write_products_table(store, batch)
        skus = [row.sku for row in self.rows]
        specs = [
            TableSpec(skus=tuple(skus[at : at + self.variants]), columns=COLUMNS)
            for at in range(0, len(skus), self.variants)
        ]
        made = [ComparisonTable(name=f"t-{at}", spec=spec.as_json()) for at, spec in enumerate(specs)]
        renew_many([table.pk for table in ComparisonTable.objects.bulk_create(made, batch_size=1_000)])
        self.ids = list(Product.objects.order_by("id").values_list("id", flat=True))
        analyze()

    def change(self) -> None:
        """Keep a copy of what is shown, then let a sync write other prices; nothing where such changes wait already."""
        if self.is_changed:
            return
        self.is_changed = True
        self.revision += 1
        chosen = self.dice.sample(self.ids, max(1, round(len(self.ids) * CHANGED_SHARE)))
        columns = ", ".join(("id", *SHOWN))
        with connection.cursor() as cursor:
            cursor.execute("DROP TABLE IF EXISTS bench_snapshot")
            cursor.execute(f"CREATE TABLE bench_snapshot AS SELECT {columns} FROM catalog_product")  # noqa: S608
            cursor.execute("CREATE UNIQUE INDEX bench_snapshot_id ON bench_snapshot (id)")
        with transaction.atomic():
            Product.objects.filter(id__in=chosen).update(
                discounted_price=F("discounted_price") - 10, price=F("price") + 10, revision=self.revision
            )
        analyze()

    def join(self) -> None:
        """Count the rows that differ, comparing what is shown."""
        differs = " OR ".join(f"old.{name} IS {DISTINCT} new.{name}" for name in SHOWN)
        sql = f"SELECT COUNT(*) FROM bench_snapshot old {JOIN} JOIN catalog_product new ON new.id = old.id WHERE {differs}"  # noqa: S608
        with connection.cursor() as cursor:
            cursor.execute(sql)
            (found,) = cursor.fetchone()
        self.check(found)

    def check(self, found: int) -> None:
        """Whoever finds another number of changes has not done the work."""
        wanted = max(1, round(len(self.ids) * CHANGED_SHARE))
        if found != wanted:
            raise RuntimeError(f"{found} changes found instead of {wanted}")

    def renew(self) -> None:
        """The product's own way."""
        self.check(renew_tables().rows)
        self.is_changed = False

    def walk(self, tables: list[int]) -> int:
        """Row by row, as first written; returns how many differ."""
        differing = 0
        for table in ComparisonTable.objects.filter(id__in=tables):
            version = TableVersion.objects.get(table=table, number=table.number)
            for key in version.row_hashes:
                row = TableRowContent.objects.get(hash=key)
                product = Product.objects.get(store__code=row.store_code, origin_product_no=row.origin_product_no)
                differing += list(write_cells(product)) != row.cells
        return differing


IS_SERVER = connection.vendor == "postgresql"
DISTINCT, JOIN = ("DISTINCT FROM", "FULL") if IS_SERVER else ("NOT", "LEFT")


def analyze() -> None:
    """Let the planner know the tables, and clear away dead rows, as the server does by itself."""
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE" if IS_SERVER else "ANALYZE")


def make_products(skus: int, variants: int) -> tuple[list[ProductRow], str]:
    """Rows of so many SKUs in so many variants, and where they come from."""
    file = Path(os.environ.get("SHARED_DATA", "")) / "chorus_icecat" / "products.jsonl.gz"
    if not os.environ.get("SHARED_DATA") or not file.exists():
        return make_rows(skus * variants), "generated"
    with gzip.open(file, "rt", encoding="utf-8") as lines:
        real = [json.loads(line) for line in islice(lines, skus)]
    plain = make_rows(len(real) * variants)
    return [_dress(row, real[at // variants], at % variants) for at, row in enumerate(plain)], "Icecat"


def _dress(row: ProductRow, real: dict[str, object], variant: int) -> ProductRow:
    price = max(int(str(real.get("price") or 0)), 1_000) + variant * 500
    words = {"name": f"{real['title']} {variant + 1}"[:300], "brand": str(real.get("supplier") or "")[:120]}
    attributes = {str(key): str(value) for key, value in dict(real.get("attrs") or {}).items()}  # type: ignore[call-overload]
    values = {
        **words,
        "price": price * 2,
        "discounted_price": price,
        "attributes": attributes,
        "model_name": str(real["name"])[:120],
    }
    return msgspec.structs.replace(row, **values)


def count_wrong_cells(variants: int) -> int:
    """How many cells say something else than the product does, over every table."""
    products = {row.origin_product_no: row for row in Product.objects.iterator(chunk_size=5_000)}
    newest = TableVersion.objects.filter(number=F("table__number")).select_related("table")
    wrong = seen = 0
    for table in read_versions(newest):
        for row in table.rows:
            seen += 1
            wrong += sum(
                said != is_so
                for said, is_so in zip(row.cells, write_cells(products[row.origin_product_no]), strict=True)
            )
    if seen != len(products):
        raise RuntimeError(f"{seen} rows in the tables, {len(products)} products")
    return wrong


def write_cells(product: Product) -> tuple[str, ...]:
    """What the cells must say, in the plainest way."""
    saved = (product.price - product.discounted_price) * 100 // product.price
    left = f"{product.stock}개 남음" if product.stock <= 5 else "있음"
    return (
        product.name[:200],
        product.brand or "-",
        f"{product.discounted_price:,}원",
        f"{saved}%" if saved else "-",
        f"구매 적립 {product.benefits['purchase_point']:,}원",
        left if product.status == "SALE" and product.stock else "품절",
        str(product.attributes.get("type") or "-")[:200],
    )


def make_render(stage: Stage) -> tuple[Callable[[], object], Callable[[], object]]:
    """A table from its plan to cleaned HTML, and its draft alone."""
    table = ComparisonTable.objects.order_by("id").first()
    if table is None:
        raise RuntimeError("no table")
    return lambda: render_draft(plan_tables([table])[0].draft), lambda: plan_tables([table])


def list_scenarios(options: Namespace) -> Iterator[Scenario]:
    """The renewal beside both yardsticks, and the rendering of one table."""
    rows, source = make_products(500 if options.quick else options.skus, options.variants)
    sellable = [msgspec.structs.replace(row, stock=row.stock or 7) for row in rows]
    stage = Stage(sellable, options.variants, source, random.Random(options.seed))  # noqa: S311
    stage.fill()
    gc.collect()
    gc.freeze()  # the rows made above are nobody's burden in use
    total = len(stage.ids)
    size = f"{total:,} rows, {source}"
    sample = list(ComparisonTable.objects.order_by("id").values_list("id", flat=True)[:SAMPLE_TABLES])
    sampled = TableLink.objects.filter(table__in=sample).count()
    renewal = Operation("renewal", stage.renew, units=total, prepare=stage.change)
    revisions = Operation("revision join", list_overtaken, units=total, prepare=stage.change)
    yield Scenario(
        name=f"beside the SQL join: {size}",
        operation=renewal,
        yardstick=Operation("SQL join, counted", stage.join, units=total, prepare=stage.change),
        peers=(revisions,),
        unit="row",
        repetitions=ROUNDS,
        goals=(Goal.at_least("ratio", JOIN_MIN),) if IS_SERVER else (),
    )
    yield Scenario(
        name=f"beside N+1 (on a sample of {sampled:,} rows): {size}",
        operation=renewal,
        yardstick=Operation("N+1", lambda: stage.walk(sample), units=sampled, prepare=stage.change),
        unit="row",
        repetitions=ROUNDS,
        goals=(Goal.at_least("ratio", NAIVE_MIN),) if IS_SERVER else (),
    )
    render, draft = make_render(stage)
    yield Scenario(
        name=f"one table of {options.variants} rows",
        operation=Operation("plan to HTML", render),
        yardstick=Operation("plan to draft", draft),
        setup=lambda: refuse_wrong_cells(options.variants),
        unit="table",
        repetitions=60,
    )


def refuse_wrong_cells(variants: int) -> None:
    """End the bench unless every cell is right."""
    wrong = count_wrong_cells(variants)
    print(f"wrong cells: {wrong}", file=sys.stderr)
    if wrong:
        raise RuntimeError(f"{wrong} cells differ from the brute-force render")


def add_options(parser: ArgumentParser) -> None:
    """How many rows."""
    parser.add_argument("--skus", type=count, default=20_000, help="SKU의 수 (기본 20,000)")
    parser.add_argument("--variants", type=count, default=4, help="SKU마다 옵션의 수 (기본 4)")


if __name__ == "__main__":
    sys.exit(
        main(lambda options: list(list_scenarios(options)), about=__doc__, add_options=add_options, within=own_database)
    )
