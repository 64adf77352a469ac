"""One price changes in the store: one sync and one round later, all that shows it is renewed and nothing else is touched."""

import json
import os
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from products.storesync.simulator.process import SimulatorProcess
from tests.support.ledger import Ledger, open_ledger, write_small_catalogue

pytestmark = [pytest.mark.slow, pytest.mark.promise]

POSTS = int(os.environ.get("ONE_PRICE_POSTS", "200"))
"""ONE_PRICE_POSTS=2000 takes some four minutes on PostgreSQL, and says the same."""
WRITE_POSTS = """
import django, json, sys
django.setup()
from content.comparison.services import save_table
from content.comparison.spec import TableSpec
from content.posts.services import save_post
from products.catalog.models import Product
posts = int(sys.argv[1])
skus = list(Product.objects.filter(status="SALE", stock__gt=0).order_by("origin_product_no").values_list("sku", flat=True))
for at in range(0, len(skus) - 3, 3):
    spec = TableSpec(skus=tuple(skus[at : at + 3]), columns=("name", "price", "unit_price", "discount"))
    save_table(table_id=None, name=f"table-{at // 3}", title="", spec=spec)
tables = (len(skus) - 3) // 3
for number in range(posts):
    own = skus[number % len(skus)]
    body = f"{{{{ cta:{own} }}}}\\n\\n"
    body += f"{{{{ price:{own} }}}}에 삽니다." if number % 2 else f"{{{{ table:table-{number // 2 % tables} }}}}"
    save_post(slug=f"post-{number:04d}", title=f"이야기 {number}", body=body, relationship="own_product", status="ready")
print(json.dumps(skus))
"""
READ = """
import django, json
django.setup()
from content.comparison.models import ComparisonTable, TableTouch, TableVersion
from content.packages.models import Package
from content.refresh.models import RefreshEntry
from products.catalog.models import Placement, Product
print(json.dumps({
    "packages": {slug: [key, str(as_of), path] for slug, key, as_of, path in Package.objects.filter(is_current=True)
        .values_list("post__slug", "recipe_hash", "as_of", "storage_path")},
    "versions": dict(ComparisonTable.objects.values_list("name", "number")),
    "as_of": {name: str(as_of) for name, as_of in TableVersion.objects.order_by("number").values_list("table__name", "as_of")},
    "shown": [list(row) for row in Placement.objects.values_list("content_id", "product__sku")],
    "slugs": {str(key): slug for key, slug in Package.objects.values_list("post_id", "post__slug")},
    "holders": {row["name"]: row["spec"].get("skus", []) for row in ComparisonTable.objects.values("name", "spec")},
    "worked": sorted(RefreshEntry.objects.filter(trace_id=TRACE).values_list("post__slug", "reason", "outcome")),
    "touches": TableTouch.objects.count(),
    "numbers": {str(number): sku for number, sku in Product.objects.values_list("origin_product_no", "sku")},
}))
"""


@pytest.fixture
def wide(tmp_path: Path, migrated: Ledger) -> Iterator[tuple[Ledger, SimulatorProcess]]:
    """A ledger with a few products and many posts about them."""
    catalogue = write_small_catalogue(tmp_path / "small.jsonl")
    with (
        SimulatorProcess(catalogue) as simulator,
        open_ledger(tmp_path / "own", like=migrated, STORE_API_URL=simulator.url) as ledger,
    ):
        ledger.pipeline()
        done = ledger.run("-c", WRITE_POSTS, str(POSTS))
        assert done.returncode == 0, done.stderr
        yield ledger, simulator


def read(ledger: Ledger, trace_id: str = "") -> dict[str, Any]:
    done = ledger.run("-c", READ.replace("TRACE", repr(trace_id)))
    assert done.returncode == 0, done.stderr
    state: dict[str, Any] = json.loads(done.stdout)
    return state


def test_one_price_renews_all_that_shows_it_and_nothing_else(wide: tuple[Ledger, SimulatorProcess]) -> None:
    ledger, simulator = wide
    built = ledger.pipeline()["counts"]["packages_built"]
    before = read(ledger)
    assert built == len(before["packages"]) == POSTS
    sku = next(skus[1] for name, skus in sorted(before["holders"].items()) if skus)
    number = next(int(number) for number, held in before["numbers"].items() if held == sku)
    showing = sorted({before["slugs"][str(post)] for post, shown in before["shown"] if shown == sku})
    tables = {name for name, skus in before["holders"].items() if sku in skus}
    assert POSTS / 50 < len(showing) < POSTS / 4
    simulator.mutate([{"originProductNo": number, "set": {"salePrice": 777_770, "discountedPrice": 777_770}}])
    report = ledger.pipeline(SOURCE_DATE_EPOCH="1795323600")  # 14:00 in Korea, five hours after the first
    after = read(ledger, report["trace_id"])
    assert (report["counts"]["products_written"], report["counts"]["posts_worked"]) == (1, len(showing))
    assert after["worked"] == [[slug, "product_changed", "built"] for slug in showing]
    renewed = {slug for slug in after["packages"] if after["packages"][slug] != before["packages"][slug]}
    assert renewed == set(showing)
    assert {name for name in tables if after["versions"][name] == before["versions"][name] + 1} == tables
    untouched = {name: version for name, version in before["versions"].items() if name not in tables}
    assert {name: after["versions"][name] for name in untouched} == untouched
    assert after["touches"] == 0
    check_times(ledger, after, showing, tables)
    again = ledger.pipeline(SOURCE_DATE_EPOCH="1795323600")
    assert again["counts"]["posts_worked"] == 0


def check_times(ledger: Ledger, after: dict[str, Any], showing: list[str], tables: set[str]) -> None:
    """Whatever was renewed says the new price and when it was right."""
    assert {after["as_of"][name] for name in tables} == {"2026-11-22 05:00:00+00:00"}
    assert {after["packages"][slug][1] for slug in showing} == {"2026-11-22 05:00:00+00:00"}
    for slug in showing:
        path = next((ledger.folder / "jangbu-test" / "packages").rglob(Path(after["packages"][slug][2]).name))
        with zipfile.ZipFile(path) as package:
            html = package.read("post.html").decode()
        assert "777,770원" in html
        assert "2026-11-22 14:00 기준" in html
        assert "09:00 기준" not in html
