"""The product list of the desk beside a stock ModelAdmin of the same columns, page by page, on the same rows.

    python scripts/bench_admin_pages.py [--products 100000] [--beside 0] [--quick] [--json] ...
    python scripts/bench_admin_pages.py --products 1000000 --beside 100000      a million products (15 minutes)

Each page is asked for and rendered in this process as a superuser, in turns with the stock one, on a scratch database on
the server that DATABASE_URL names. Processor time is that of this process and of the database's processes behind it, with
those of parallel queries. On PostgreSQL the stock page reads a copy of the products with the indexes that Django makes for
their fields (key, unique, foreign keys), and besides, for what the indexes alone are worth, the table as it is. It has no
readiness, and no price checks behind it. The limits are those of PostgreSQL; exits with 1 when one is missed there.
"""

import os
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "project.settings.perf")

import django

django.setup()

from django.contrib import admin
from django.contrib.auth.models import User
from django.core.cache import caches
from django.core.management import call_command
from django.db import connection
from django.test import RequestFactory

from perfhooks.bench import Goal, Operation, Scenario, main
from perfhooks.bench.database import own_database
from products.catalog.models import Product
from scripts.bench_database import fill_database, put_back

PAGES = {
    "first page": {},
    "deep page": {"p": "middle"},
    "filtered": {"status__exact": "OUTOFSTOCK"},
    "filtered, deep": {"status__exact": "SALE", "p": "middle"},
    "sorted by stock": {"o": "-6"},
    "sorted by name": {"o": "1"},
    "searched by SKU": {"q": "JB-0000007"},
    "searched by a rare word": {"q": "커피"},
    "searched by a common word": {"q": "무선"},
    "searched by two words": {"q": "온담 전기포트"},
    "filtered and searched": {"status__exact": "OUTOFSTOCK", "q": "텐트"},
    "nothing found": {"q": "없는상품"},
}
HUGE, BIG = 1_000_000, 100_000
CPU_RATIO_MIN = {HUGE: 10, BIG: 1.2}
"""How many times less processor time than the stock page, at so many products; on small tables rendering is most of it."""
P95_SECONDS_MAX = 0.150
SLOWER_MAX = 1.5
"""A page of a million products takes at most so many times what it takes among a hundred thousand (medians)."""
REPETITIONS = 10
SEARCHED = ("sku", "seller_code", "origin_product_no", "name")


class StockAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """The list as Django has it, with the desk's columns, filters and search."""

    list_display = ("name", "sku", "category", "status", "discounted_price", "stock", "priority", "hold")
    list_editable = ("priority", "hold")
    list_filter = ("status", "hold", "store", "category")
    search_fields = SEARCHED
    ordering = ("-priority", "id")
    list_per_page = 50


def make_visit(
    desk: "admin.ModelAdmin[Product]", user: User, query: dict[str, str], products: int
) -> Callable[[], None]:
    """Ask for the page and render it; the middle page is the one that holds the row in the middle of all."""
    middle = {"p": str(products // desk.list_per_page // 2)} if "p" in query else {}

    def visit() -> None:
        request = RequestFactory().get("/admin/catalog/product/", {**query, **middle})
        request.user = user
        response = desk.changelist_view(request)
        response.render()  # type: ignore[attr-defined]
        if response.status_code != 200:
            raise RuntimeError(f"{query}: {response.status_code}")

    return visit


def use_ours() -> None:
    """Work on the tables as the product has them."""
    use_schema("public")


def use_schema(name: str) -> None:
    """Work on the tables of this schema (of several: of the first that has them) of the bench's database from now on."""
    if connection.vendor != "postgresql":
        return
    with connection.cursor() as cursor:
        cursor.execute(f"SET search_path TO {name}")
    caches["default"].key_prefix = name.partition(",")[0]


def make_stock_table() -> None:
    """A copy of the products with no more indexes than Django makes by itself, found before the real ones in `stock`."""
    table = Product._meta.db_table
    with connection.cursor() as cursor:
        cursor.execute("CREATE SCHEMA stock")
        cursor.execute(f"CREATE TABLE stock.{table} AS SELECT * FROM public.{table}")  # noqa: S608 - names of our models
        cursor.execute(f"ALTER TABLE stock.{table} ADD PRIMARY KEY (id), ADD UNIQUE (store_id, origin_product_no)")
        for column in ("store_id", "category_id"):
            cursor.execute(f"CREATE INDEX ON stock.{table} ({column})")
        cursor.execute(f"VACUUM ANALYZE stock.{table}")


def fill_schema(name: str, products: int) -> None:
    """Make the tables and the products in a schema of its own, beside the ones that are there."""
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE SCHEMA {name}")
    use_schema(name)
    call_command("migrate", verbosity=0, interactive=False)
    fill_database(products)
    put_back()
    User.objects.create_superuser("bench_superuser")


def list_goals(products: int) -> tuple[Goal, ...]:
    """What a page must reach among so many products."""
    if connection.vendor != "postgresql" or products < BIG:
        return ()
    floor = CPU_RATIO_MIN[HUGE if products >= HUGE else BIG]
    return (Goal.at_least("cpu_ratio", floor), Goal.at_most("p95", P95_SECONDS_MAX))


def list_scenarios(options: Namespace) -> list[Scenario]:
    """Each page beside the stock one; on PostgreSQL with `--beside`, also beside itself in the smaller catalogue."""
    fill_database(options.products)
    put_back()
    user = User.objects.create_superuser("bench_superuser")
    stock, desk = StockAdmin(Product, admin.site), admin.site.get_model_admin(Product)
    is_server = connection.vendor == "postgresql"
    if is_server:
        make_stock_table()
    scenarios = []
    for name, query in PAGES.items():
        visit = make_visit(stock, user, query, options.products)
        on_our_indexes = Operation("stock admin, our indexes", visit, prepare=use_ours)
        yardstick = Operation("stock admin", visit, prepare=partial(use_schema, "stock, public"))
        scenario = Scenario(
            name=name if options.products == BIG else f"{name} of {options.products:,}",
            operation=Operation("desk", make_visit(desk, user, query, options.products), prepare=use_ours),
            yardstick=yardstick if is_server else Operation("stock admin", visit),
            peers=(on_our_indexes,) if is_server else (),
            unit="page",
            repetitions=REPETITIONS,
            goals=list_goals(options.products),
        )
        scenarios.append(scenario)
    if options.beside and connection.vendor == "postgresql":
        fill_schema("smaller", options.beside)
        use_schema("public")
        scenarios += [compare_sizes(name, query, desk, user, options) for name, query in PAGES.items()]
    return scenarios


def compare_sizes(
    name: str, query: dict[str, str], desk: "admin.ModelAdmin[Product]", user: User, options: Namespace
) -> Scenario:
    """The same page of the same desk in both catalogues, by turns."""

    def visit(label: str, schema: str, products: int) -> Operation:
        page = make_visit(desk, user, query, products)

        def prepare() -> None:
            use_schema(schema)
            page()  # what the connection keeps of the tables is of the other schema

        return Operation(label, page, prepare=prepare)

    return Scenario(
        name=f"{name}, sizes",
        operation=visit(f"{options.products:,}", "public", options.products),
        yardstick=visit(f"{options.beside:,}", "smaller", options.beside),
        unit="page",
        repetitions=REPETITIONS,
        goals=(Goal.at_least("ratio", 1 / SLOWER_MAX),) if options.products >= HUGE else (),
    )


def add_options(parser: ArgumentParser) -> None:
    """How big the catalogues are."""
    parser.add_argument("--products", type=int, default=BIG, help="default 100,000")
    parser.add_argument("--beside", type=int, default=0, help="PostgreSQL: compare with a catalogue of this size too")


@contextmanager
def prepared_database() -> Iterator[None]:
    """A database of its own."""
    with own_database():
        yield


if __name__ == "__main__":
    sys.exit(main(list_scenarios, about=__doc__ or "", add_options=add_options, within=prepared_database))
