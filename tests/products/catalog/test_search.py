"""Words within names: the same answers from both databases, and an index that can give them."""

import re
import unicodedata
from collections.abc import Iterable
from io import StringIO
from itertools import chain

import pytest
from django.contrib.admin.sites import site
from django.contrib.auth.models import User
from django.core.cache import cache
from django.core.management import call_command
from django.db import connection
from django.test import Client, RequestFactory

from perfhooks import keypages
from perfhooks.changelist import FastChangeList
from perfhooks.listchecks import has_index
from perfhooks.queries import count_queries
from products.catalog import search
from products.catalog.indexing import index_products, read_search_rows
from products.catalog.models import Product, ProductSearch
from products.catalog.productadmin import ProductAdmin
from products.catalog.search import search_products
from products.catalog.wordindex import normalise
from tests.products.catalog.rows import make_product

pytestmark = pytest.mark.django_db
NAMES = [
    "온담 무선 청소기 A1",
    "무선청소기거치대",
    "한빛 유선 이어폰",
    "USB-C 케이블 usb 3.0",
    "쌀",
    "컵 쌀통 100%",
    "Ünder_score 잔",
]
WORDS = [
    "무선",
    "청소기",
    "선청",
    "무선 A1",
    "usb",
    "USB-C",
    "쌀",
    "컵 쌀",
    "100%",
    "_",
    "r_s",
    "ünder",
    "없는말",
    "소기 거치",
    "' OR 1=1",
]


def make_named() -> None:
    for number, name in enumerate(NAMES, start=1):
        make_product(number, name=name)


@pytest.fixture(params=["few", "many"])
def amount(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Both ways to the same answer: matches that are sorted, and matches that are met on the way."""
    if request.param == "many":
        monkeypatch.setattr(search, "FEW", 0)
    return str(request.param)


@pytest.mark.parametrize("text", WORDS)
def test_every_word_is_looked_for_within_texts_in_any_spelling(text: str, amount: str) -> None:
    make_named()
    wanted = [normalise(word) for word in text.split()]
    expected = [name for name in NAMES if all(word in normalise(name) for word in wanted)]
    found = search_products(Product.objects.order_by("origin_product_no"), text)
    assert list(found.values_list("name", flat=True)) == expected


HALF_WIDTH = "ﾱￓﾵￆﾤ ﾺￆﾷﾵￌﾡￜ"


@pytest.mark.parametrize(
    "typed", ["무선청소기", "무선 청소기", "무선  청소기".replace(" ", "\u3000"), "ABC 무선", HALF_WIDTH]
)
def test_blanks_widths_and_decomposed_letters_do_not_hide_a_product(typed: str) -> None:
    make_product(1, name="무선 청소기 ＡＢＣ")
    found = search_products(Product.objects.all(), unicodedata.normalize("NFD", typed))
    assert found.count() == 1


def test_brand_and_model_are_searched_and_no_word_reaches_across_them() -> None:
    make_product(1, name="전기포트", brand="온담", model_name="KT-100")
    assert search_products(Product.objects.all(), "온담 kt-100").count() == 1
    assert search_products(Product.objects.all(), "포트온담").count() == 0


def test_a_code_is_found_beside_the_texts_that_hold_it() -> None:
    coded = make_product(1, name="보조 배터리", seller_code="텐트")
    named = make_product(2, name="텐트 4인용")
    assert set(search_products(Product.objects.all(), "텐트")) == {coded, named}


@pytest.mark.parametrize("text", ["\0", "무선\0", "가" * 201, "   "])
def test_what_cannot_be_a_search_finds_nothing_or_everything(text: str) -> None:
    make_named()
    assert search_products(Product.objects.all(), text).count() == (0 if text.strip() else len(NAMES))


@pytest.mark.parametrize("is_all", [True, False])
def test_a_search_knows_its_count_within_the_filters(is_all: bool, amount: str) -> None:
    make_product(1, name="텐트", status="CLOSE")
    make_product(2, name="텐트", status="SALE")
    make_product(3, name="의자", status="CLOSE")
    closed = Product.objects.filter(status="CLOSE")
    found = search_products(closed, "텐트", within={"status": "CLOSE"}, is_all=is_all)
    assert [product.origin_product_no % 10 for product in found] == [1]
    known = found.known_count  # type: ignore[attr-defined]
    assert (known() if callable(known) else known) == (1 if is_all or amount == "many" else None)


@pytest.mark.postgresql
@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has an FTS5 table instead")
def test_two_syllables_are_found_by_an_index() -> None:
    make_named()
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        plan = search_products(Product.objects.order_by(), "무선").explain()
    assert "product_search_terms" in plan
    assert "Seq Scan" not in plan


def read_index() -> set[tuple[object, ...]]:
    return set(ProductSearch.objects.values_list("product_id", "text", "store_id", "category_id", "status"))


def test_the_index_follows_its_products_and_can_be_made_anew() -> None:
    product = make_product(1, name="옛 이름")
    Product.objects.filter(pk=product.pk).update(name="새 이름", status="CLOSE")
    assert search_products(Product.objects.all(), "새이름").count() == 0
    call_command("rebuild_product_search", verbosity=0, stdout=StringIO())
    assert read_index() == {(product.pk, "새이름\n한빛", product.store_id, product.category_id, "CLOSE")}
    assert search_products(Product.objects.all(), "새이름").count() == 1
    assert search_products(Product.objects.all(), "옛").count() == 0
    assert search_products(Product.objects.all(), "옛이").count() == 0
    product.delete()
    call_command("rebuild_product_search", verbosity=0, stdout=StringIO())
    assert read_index() == set()


def test_indexing_what_is_indexed_writes_nothing() -> None:
    keys = [make_product(number).pk for number in range(1, 4)]
    rows = list(read_search_rows(keys))
    with count_queries() as counted:
        index_products(rows)
    assert counted.rows_written == 0


SORTED_COLUMNS = {1: "name", 2: "sku", 5: "discounted_price", 6: "stock", 7: "priority"}


@pytest.mark.parametrize("column", range(1, 8))
@pytest.mark.parametrize("sign", ["", "-"])
def test_a_clicked_column_sorts_in_an_order_that_one_index_holds(admin_user: User, column: int, sign: str) -> None:
    request = RequestFactory().get("/", {"o": f"{sign}{column}"})
    request.user = admin_user
    listed = site.get_model_admin(Product).get_changelist_instance(request)
    # What a column cannot be sorted by: the readiness is computed, so that only the key is left; a state has no index.
    by_default = ("pk",) if column == 3 else ("-priority", "-id")
    expected = (f"{sign}{SORTED_COLUMNS[column]}", f"{sign}pk") if column in SORTED_COLUMNS else by_default
    assert listed.queryset.query.order_by == expected
    assert has_index(Product, expected)


def test_what_no_index_holds_cannot_be_clicked(admin_client: Client) -> None:
    make_product(1)
    html = admin_client.get("/admin/catalog/product/").content.decode()
    assert {f"?o={column}" in html for column in SORTED_COLUMNS if column != 7} == {True}
    assert "?o=3" not in html
    assert "?o=4" not in html


def read_pages(desk: ProductAdmin, user: User, order: str, pages: Iterable[int]) -> list[list[int]]:
    shown = []
    for page in pages:
        request = RequestFactory().get("/", {"p": str(page), **({"o": order} if order else {})})
        request.user = user
        listed = desk.get_changelist_instance(request)
        shown.append([row.pk for row in listed.result_list])
    return shown


@pytest.fixture
def small_desk(monkeypatch: pytest.MonkeyPatch) -> ProductAdmin:
    """The products' list with pages of 5 and ranges of 3 pages."""
    monkeypatch.setattr(keypages, "DEEP_FROM_ROW", 10)
    monkeypatch.setattr(keypages, "PAGES_A_RANGE", 3)
    desk = site.get_model_admin(Product)
    monkeypatch.setattr(desk, "list_per_page", 5)
    cache.clear()
    assert isinstance(desk, ProductAdmin)
    return desk


@pytest.mark.parametrize("order", ["", "1", "-1", "5", "8.2", "-6"])
def test_deep_pages_show_the_rows_of_their_place(admin_user: User, order: str, small_desk: ProductAdmin) -> None:
    for number in range(1, 54):
        make_product(number, name=f"상품 {number % 5}", price=60_000 + number % 3, priority=number % 2)
    shown = [*chain(*read_pages(small_desk, admin_user, order, range(1, 12)))]
    request = RequestFactory().get("/", {"o": order} if order else {})
    request.user = admin_user
    assert shown == list(small_desk.get_changelist_instance(request).queryset.values_list("pk", flat=True))
    assert len(set(shown)) == 53


def test_rows_that_come_and_go_hide_and_double_no_other(admin_user: User, small_desk: ProductAdmin) -> None:
    products = [make_product(number, priority=1_000 - number) for number in range(60)]
    read_pages(small_desk, admin_user, "", [12])  # the keys are found, and kept
    for gone in products[20:22]:
        gone.delete()
    added = [make_product(100 + number, priority=1_000 - 35) for number in range(3)]
    shown = [*chain(*read_pages(small_desk, admin_user, "", range(4, 13)))]
    kept = [product.pk for product in products[15:20] + products[22:60]]
    assert sorted(shown) == sorted(kept + [product.pk for product in added])


def test_keys_are_found_anew_when_a_range_has_moved_too_far(admin_user: User, small_desk: ProductAdmin) -> None:
    products = [make_product(number, priority=1_000 - number) for number in range(60)]
    read_pages(small_desk, admin_user, "", [12])
    for gone in products[16:29]:
        gone.delete()
    assert read_pages(small_desk, admin_user, "", [4, 5]) == [
        [products[at].pk for at in (15, 29, 30, 31, 32)],
        [products[at].pk for at in (33, 34, 35, 36, 37)],
    ]


def test_a_page_costs_as_many_queries_at_every_depth(admin_user: User, small_desk: ProductAdmin) -> None:
    for number in range(60):
        make_product(number)
    read_pages(small_desk, admin_user, "", [12])
    counts = []
    for page in (3, 4, 6, 12):
        with count_queries() as counted:
            read_pages(small_desk, admin_user, "", [page])
        counts.append(counted.queries)
    assert len(set(counts)) == 1, counts
    assert counts[0] <= 8


def test_the_keys_of_a_filter_that_asks_for_the_time_are_kept(admin_user: User, small_desk: ProductAdmin) -> None:
    for number in range(60):
        make_product(number)
    request = RequestFactory().get("/", {"p": "6", "price": "stale"})
    request.user = admin_user
    counts = []
    for _ in range(3):
        with count_queries() as counted:
            assert len(small_desk.get_changelist_instance(request).result_list) == 5
        counts.append(counted.queries)
    assert counts[0] > counts[1] == counts[2]


@pytest.mark.parametrize(
    "query", ["category=abc&q=무선", "store=9&q=무선", "status__exact=NO&q=무선", "hold=maybe&q=무선"]
)
def test_a_search_within_a_filter_of_no_sense_finds_nothing(admin_client: Client, query: str) -> None:
    make_named()
    response = admin_client.get(f"/admin/catalog/product/?{query}")
    assert response.status_code == 200
    assert "조건에 맞는 상품이(가) 없습니다" in response.content.decode()


@pytest.mark.postgresql
@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite counts exactly")
def test_a_long_list_is_estimated_says_so_and_ends_where_its_rows_end(
    admin_user: User, small_desk: ProductAdmin, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keypages, "COUNTED_ROWS", 10)
    products = [make_product(number) for number in range(1, 33)]
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE catalog_product")
    for number in range(33, 43):
        products.append(make_product(number))
    request = RequestFactory().get("/")
    request.user = admin_user
    listed = small_desk.get_changelist_instance(request)
    assert isinstance(listed, FastChangeList)
    estimate = re.fullmatch(r"약 (\d+)개", listed.count_in_words)
    assert estimate
    assert 32 <= int(estimate[1]) < 42
    request = RequestFactory().get("/", {"p": "99"})
    request.user = admin_user
    response = small_desk.changelist_view(request)
    assert "상품 42개" in response.render().content.decode()  # type: ignore[attr-defined]
    newest_first = [product.pk for product in reversed(products)]
    assert read_pages(small_desk, admin_user, "", [9, 99]) == [newest_first[40:], newest_first[40:]]


def test_matches_that_were_only_counted_up_to_a_limit_are_that_many_or_more(
    admin_user: User, small_desk: ProductAdmin, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module, name in ((keypages, "COUNTED_ROWS"), (search, "COUNTED_ROWS"), (search, "FEW")):
        monkeypatch.setattr(module, name, 10)
    for number in range(30):
        make_product(number, name="무선 청소기")
    request = RequestFactory().get("/", {"q": "무선"})
    request.user = admin_user
    listed = small_desk.get_changelist_instance(request)
    assert isinstance(listed, FastChangeList)
    is_guessed = connection.vendor == "postgresql" and listed.count_in_words.startswith("약 ")
    assert listed.count_in_words == "10개 이상" or is_guessed
