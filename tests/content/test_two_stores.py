"""Two stores that use the same SKUs and numbers: each row shows its own product, and the queue comes to an end."""

from typing import Any

import pytest

from content.comparison.models import TableRowContent, TableVersion
from content.comparison.services import build_table
from content.cro.services import compose_post
from content.matching.services import match_post
from content.packages.services import build_package
from content.posts.models import Post
from content.refresh.models import RefreshEntry
from content.refresh.services import claim_entries, count_open, finish_entry
from products.catalog.models import Placement, Product
from products.catalog.selectors import get_facts_by_sku
from products.catalog.services import complete_scan, start_scan
from tests.content.factories import CHECKED_AT, change_products, make_post, make_shop, process
from tests.products.factories import make_store

pytestmark = pytest.mark.django_db

ROUNDS = 6


def make_second_store(*products: dict[str, Any]) -> None:
    store = make_store("second")
    change_products(store, *products)
    scan_id = start_scan(store_id=store.pk, scanned_at=CHECKED_AT)
    complete_scan(scan_id=scan_id, listed=len(products), is_complete=True, unconfirmed={})


def drain() -> int:
    """Work the queue as the pipeline does; returns how many rounds that took."""
    for done in range(ROUNDS):
        entries = claim_entries(limit=100)
        if not entries:
            return done
        for entry in entries:
            finish_entry(entry_id=entry.id, outcome=process(Post.objects.get(pk=entry.post_id)).status)
    return ROUNDS


def test_the_queue_ends_and_each_row_shows_its_own_stores_product() -> None:
    make_shop({"number": 1}, {"number": 2})
    make_second_store({"number": 1, "discounted_price": 50_000}, {"number": 2, "discounted_price": 51_000})
    post = make_post("{{ price:JB-1 }}\n\n{{ table }}", title="무선 청소기 비교")
    assert drain() == 1
    assert count_open() == 0
    assert RefreshEntry.objects.get().outcome == "built"
    html = compose_post(post_id=post.pk).html
    first, second = (f"https://smartstore.naver.com/{code}/products/1000000001" for code in ("my-store", "second"))
    assert f'<td><a href="{first}">온담 무선 청소기 1</a></td><td>온담</td><td>99,000원</td>' in html.replace("\n", "")
    assert (
        f'<td><a href="{second}">온담 무선 청소기 1</a></td><td>온담</td><td>50,000원 <strong>(가장 낮은 가격)</strong></td>'
        in html.replace("\n", "")
    )
    shown = set(Placement.objects.filter(content_id=post.pk).values_list("product_id", flat=True))
    assert shown == set(Product.objects.values_list("pk", flat=True))


def test_a_shared_sku_means_the_same_product_everywhere() -> None:
    make_shop({"number": 7, "sku": "JB-1", "seller_code": "JB-1"})
    make_second_store({"number": 1, "discounted_price": 50_000})
    post = make_post("{{ price:JB-1 }}")
    meant = get_facts_by_sku(["JB-1"])["JB-1"]
    assert meant.store_code == "my-store"
    assert match_post(post_id=post.pk).product_id == meant.id
    assert "99,000원" in compose_post(post_id=post.pk).html


def test_what_is_overtaken_by_nothing_is_not_queued_for_ever() -> None:
    store = make_shop({"number": 1})
    make_post("{{ table }}", title="무선 청소기 비교")
    drain()
    change_products(store, {"number": 1, "discounted_price": 50_000})
    [entry] = claim_entries(limit=1)
    process(Post.objects.get())
    [key] = TableVersion.objects.get(number=2).row_hashes
    row = TableRowContent.objects.get(hash=key)
    row.cells[2] = "1원"
    row.save()
    build_package(post_id=entry.post_id)
    assert finish_entry(entry_id=entry.id)
    assert count_open() == 0


def test_a_row_kept_before_stores_were_noted_is_still_read() -> None:
    make_shop({"number": 1})
    post = make_post("{{ table }}", title="무선 청소기 비교")
    process(post)
    before = compose_post(post_id=post.pk)
    hashes = TableVersion.objects.get().row_hashes
    TableRowContent.objects.filter(hash__in=hashes).update(store_code="")
    after = compose_post(post_id=post.pk)
    assert (after.html, after.products) == (before.html, before.products)
    TableVersion.objects.update(content_hash="0" * 64)
    assert build_table(post_id=post.pk).is_new
    assert TableVersion.objects.latest("number").row_hashes == hashes
