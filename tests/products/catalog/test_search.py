"""Words within names: the same answers from both databases, and an index that can give them."""

import pytest
from django.contrib.admin.sites import site
from django.contrib.auth.models import User
from django.db import connection
from django.test import RequestFactory

from perfhooks import changelist
from products.catalog.filters import search_products
from products.catalog.models import SORTED_BY, Product
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


@pytest.mark.parametrize("text", WORDS)
def test_every_word_is_looked_for_within_names_in_any_case(text: str) -> None:
    make_named()
    is_plain = connection.vendor == "sqlite"  # SQLite folds the case of ASCII only
    expected = [name for name in NAMES if all(word.upper() in name.upper() for word in text.split())]
    if is_plain and not text.isascii() and text.upper() != text:
        expected = [name for name in NAMES if text in name]
    found = search_products(Product.objects.order_by("origin_product_no"), text)
    assert list(found.values_list("name", flat=True)) == expected


@pytest.mark.postgresql
@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite reads all names")
def test_two_syllables_are_found_by_an_index() -> None:
    make_named()
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        plan = search_products(Product.objects.order_by(), "무선").explain()
    assert "product_name_bigrams" in plan
    assert "Seq Scan" not in plan


@pytest.mark.parametrize("column", range(1, 9))
@pytest.mark.parametrize("sign", ["", "-"])
def test_a_clicked_column_sorts_in_an_order_that_one_index_holds(admin_user: User, column: int, sign: str) -> None:
    request = RequestFactory().get("/", {"o": f"{sign}{column - 1}"})
    request.user = admin_user
    listed = site.get_model_admin(Product).get_changelist_instance(request)
    chosen, key = listed.queryset.query.order_by
    assert key == ("-pk" if str(chosen).startswith("-") else "pk")
    assert chosen.lstrip("-") in {*SORTED_BY, "category", "status", "priority"}


@pytest.mark.parametrize("order", ["", "0", "-0", "4", "7.1"])
def test_deep_pages_show_the_rows_of_their_place(admin_user: User, order: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(changelist, "DEEP_FROM_ROW", 10)
    for number in range(1, 24):
        make_product(number, name=f"상품 {number % 5}", price=60_000 + number % 3, priority=number % 2)
    desk = site.get_model_admin(Product)
    monkeypatch.setattr(desk, "list_per_page", 5)
    shown: list[int] = []
    for page in range(1, 6):
        request = RequestFactory().get("/", {"p": str(page), **({"o": order} if order else {})})
        request.user = admin_user
        listed = desk.get_changelist_instance(request)
        shown += [row.pk for row in listed.result_list]
    assert shown == list(listed.queryset.values_list("pk", flat=True))
    assert len(set(shown)) == 23
