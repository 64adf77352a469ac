"""The product list's filters and readiness: what is found, and that the list, the filter and the page agree."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from perfhooks.queries import count_queries
from products.catalog.models import CatalogueScan, Category, Placement, Product, ScanException, Store
from products.catalog.readiness import REQUIREMENTS, is_ready, list_missing
from products.catalog.selectors import with_price_check
from tests.products.catalog.rows import make_category, make_product, make_scan, make_store

pytestmark = pytest.mark.django_db
LIST = "/admin/catalog/product/"
IMAGE = "https://example.com/picture.jpg"


def read_numbers(desk: Client, query: str) -> list[int]:
    """The numbers of the products that the list shows under this query."""
    response = desk.get(f"{LIST}?{query}")
    assert response.status_code == 200
    return sorted(product.origin_product_no - 9_000_000_000 for product in response.context["cl"].result_list)


def show_in_posts(product: Product, *, live: int, taken_down: int = 0) -> None:
    """The product stands in so many posts."""
    first = product.pk * 100
    for at in range(live + taken_down):
        Placement.objects.create(product=product, content_id=first + at, revision_shown=1, is_live=at < live)


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("posts=0", [0, 7]),
        ("posts=1", [1]),
        ("posts=2-5", [2, 5]),
        ("posts=6", [6, 9]),
        ("posts=7", []),
    ],
)
def test_posts_filter_counts_live_posts_only(admin_client: Client, query: str, found: list[int]) -> None:
    for number, live in {0: 0, 1: 1, 2: 2, 5: 5, 6: 6, 9: 9}.items():
        show_in_posts(make_product(number), live=live, taken_down=2)
    show_in_posts(make_product(7), live=0, taken_down=8)
    assert read_numbers(admin_client, query) == found


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("stock=out", [2, 3]),
        ("stock=in", [1, 4, 5]),
        ("hold=yes", [4]),
        ("hold=no", [1, 2, 3, 5]),
        ("hold=maybe", []),
        ("store={other}", [5]),
        ("store=abc", []),
        ("store=" + "9" * 23, []),
        ("ready=yes", [1]),
        ("ready=no", [2, 3, 4, 5]),
        ("ready=no&hold=no&stock=in", [5]),
    ],
)
def test_filters_find(admin_client: Client, query: str, found: list[int]) -> None:
    make_scan()
    other = make_store("dasan")
    make_product(1, image_url=IMAGE)
    make_product(2, image_url=IMAGE, stock=0)
    make_product(3, image_url=IMAGE, status="OUTOFSTOCK")
    make_product(4, image_url=IMAGE, hold=True)
    make_product(5, image_url=IMAGE, store=other)  # nobody has read that store yet
    assert read_numbers(admin_client, query.format(other=other.pk)) == found


def make_odd_products() -> None:
    """Products of two stores that lack something or nothing, in many ways."""
    fresh, old = make_store(), make_store("dasan")
    unnamed = Category.objects.create(source_id="50009999", name="50009999", path="50009999")
    scan = make_scan()
    CatalogueScan.objects.create(store=old, scanned_at=timezone.now() - timedelta(hours=30), is_complete=True)
    shapes: list[dict[str, Any]] = [
        {},
        {"image_url": ""},
        {"category": unnamed},
        {"status": "SUSPENSION"},
        {"stock": 0},
        {"hold": True},
        {"hold": True, "stock": 0, "image_url": ""},
        {"status": "DELETE"},
    ]
    for store in (fresh, old):
        for number, shape in enumerate(shapes):
            make_product(store.pk * 100 + number, **{"store": store, "image_url": IMAGE, **shape})
    refused = make_product(99, image_url=IMAGE)
    ScanException.objects.create(scan=scan, product=refused, reason="refused")


def test_what_a_product_lacks_and_the_filter_agree() -> None:
    make_odd_products()
    products = with_price_check(Product.objects.select_related("category"))
    complete = {product.pk for product in products if not list_missing(product)}
    assert set(Product.objects.filter(is_ready()).values_list("pk", flat=True)) == complete
    assert len(complete) == 1
    assert set(Product.objects.exclude(pk__in=complete)) == set(Product.objects.filter(~is_ready()))


def test_every_lack_is_named() -> None:
    make_scan(hours_ago=25)
    bare = Category(source_id="1", name="1", path="1")
    product = make_product(hold=True, stock=0)
    product = with_price_check(Product.objects.select_related("category")).get(pk=product.pk)
    product.name, product.category, product.price = "", bare, 0
    assert [each.code for each in list_missing(product)] == [each.code for each in REQUIREMENTS]


def test_list_says_what_is_missing(admin_client: Client) -> None:
    make_scan()
    make_product(1, image_url=IMAGE)
    make_product(2, hold=True)
    html = admin_client.get(LIST).content.decode()
    assert '<span class="pill pill-ok">준비됨</span>' in html
    assert '<span class="pill pill-grey">이미지, 보류</span>' in html


def test_list_takes_the_same_eight_queries_with_no_one_and_fifty_rows(admin_client: Client) -> None:
    admin_client.get(LIST)
    spent = []
    for rows in (0, 1, 50):
        for number in range(Product.objects.count() + 1, rows + 1):
            category, store = make_category(f"{number}", f"분류 {number}"), make_store(f"store-{number}")
            show_in_posts(make_product(number, category=category, store=store, hold=number % 2 == 0), live=2)
        with count_queries() as counted:
            assert admin_client.get(f"{LIST}?posts=2-5&ready=no&stock=in").status_code == 200
        spent.append(counted.queries)
    assert Store.objects.count() == 50
    assert spent[0] <= spent[1] == spent[2] <= 8
