"""The product list of the desk beside a stock ModelAdmin of the same columns, page by page, on the same rows.

    python scripts/bench_admin_pages.py [--products 100000] [--quick] [--json] ...

Each page is asked for and rendered in this process as a superuser, in turns with the stock one, on a scratch database on
the server that DATABASE_URL names. The ratio is of the clock, since the database works in a process of its own; it is what
an editor waits for. The limits are those of PostgreSQL; exits with 1 when one is missed there.
"""

import os
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Iterator
from contextlib import contextmanager

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "project.settings.perf")

import django

django.setup()

from django.contrib import admin
from django.contrib.auth.models import User
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
    "sorted by stock": {"o": "-6"},
    "sorted by name": {"o": "0"},
    "searched by SKU": {"q": "JB-0000007"},
    "searched by a common word": {"q": "무선"},
    "searched by two words": {"q": "온담 전기포트"},
    "filtered and searched": {"status__exact": "OUTOFSTOCK", "q": "텐트"},
    "nothing found": {"q": "없는상품"},
}
RATIO_MIN = {
    "middle page": 2,
    "searched by SKU": 5,
    "searched by a common word": 2,
    "searched by two words": 3,
    "filtered and searched": 1.5,
    "nothing found": 5,
}
"""What the indexes are there for, at 100,000 products; the other pages are mostly rendering, which both do alike."""
SEARCHED = ("sku", "seller_code", "origin_product_no", "name")


class StockAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """The list as Django has it, with the desk's columns, filters and search."""

    list_display = ("name", "sku", "category", "status", "price", "discounted_price", "stock", "priority")
    list_editable = ("priority",)
    list_filter = ("status", "category")
    search_fields = SEARCHED
    ordering = ("-priority", "id")
    list_per_page = 50


def make_visit(desk: "admin.ModelAdmin[Product]", user: User, query: dict[str, str]) -> Callable[[], None]:
    """Ask for the page and render it."""
    middle = {"p": str(Product.objects.count() // desk.list_per_page // 2)} if "p" in query else {}

    def visit() -> None:
        request = RequestFactory().get("/admin/catalog/product/", {**query, **middle})
        request.user = user
        response = desk.changelist_view(request)
        response.render()  # type: ignore[attr-defined]
        if response.status_code != 200:
            raise RuntimeError(f"{query}: {response.status_code}")

    return visit


def list_scenarios(options: Namespace) -> list[Scenario]:
    """One for each page."""
    fill_database(options.products)
    put_back()
    user = User.objects.create_superuser("bench_superuser")
    stock, desk = StockAdmin(Product, admin.site), admin.site.get_model_admin(Product)
    has_goals = connection.vendor == "postgresql" and options.products >= 100_000
    return [
        Scenario(
            name=name,
            operation=Operation("desk", make_visit(desk, user, query)),
            yardstick=Operation("stock admin", make_visit(stock, user, query)),
            unit="page",
            goals=(Goal.at_least("ratio", RATIO_MIN[name]),) if has_goals and name in RATIO_MIN else (),
        )
        for name, query in PAGES.items()
    ]


def add_options(parser: ArgumentParser) -> None:
    """How big the catalogue is."""
    parser.add_argument("--products", type=int, default=100_000, help="default 100,000")


@contextmanager
def prepared_database() -> Iterator[None]:
    """A database of its own."""
    with own_database():
        yield


if __name__ == "__main__":
    sys.exit(main(list_scenarios, about=__doc__ or "", add_options=add_options, within=prepared_database))
