"""The product's page: what it lacks, what posts show of it and how old that is, and everything that changed it."""

import re
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from perfhooks.queries import count_queries
from products.catalog.batches import apply_batch, draft_batch, undo_batch
from products.catalog.edits import edit_product
from products.catalog.models import Placement, Product
from products.catalog.priorities import describe_edit, record_edit
from products.catalog.productchanges import SYNC, list_changes
from products.catalog.productpage import with_shown_price
from tests.products.catalog.rows import make_observation, make_product, make_scan

pytestmark = pytest.mark.django_db


def read_page(desk: Client, product: Product) -> str:
    """The page's HTML."""
    return desk.get(reverse("admin:catalog_product_change", args=[product.pk])).content.decode()


def read_rows(html: str, part: str) -> list[str]:
    """The texts of the table's rows in a part of the page."""
    table = html[html.index(f'id="{part}"') :].split("<tbody>")[1].split("</tbody>")[0]
    return [" ".join(re.sub(r"<[^>]+>", " ", row).split()) for row in table.split("<tr>")[1:]]


def test_posts_say_which_price_they_show_and_how_old_it_is(admin_client: Client) -> None:
    product = make_product(revision=12)
    make_observation(product, 10, 59_000, days_ago=9)
    make_observation(product, 12, 49_000, days_ago=2)
    for content_id, revision, is_live in ((31, 11, True), (32, 12, True), (33, 3, False)):
        Placement.objects.create(product=product, content_id=content_id, revision_shown=revision, is_live=is_live)
    rows = read_rows(read_page(admin_client, product), "posts")
    assert rows == [
        "글 31 게시 중 53,100원 9일 전 부터 옛 가격 2일 전 에 바뀜 11 지난 리비전",
        "글 32 게시 중 44,100원 2일 전 부터 지금 가격 12 최신",
        "글 33 내림 – – 3 지난 리비전",
    ]


def test_a_price_is_old_only_when_the_catalogue_has_another(admin_client: Client) -> None:
    product = make_product(revision=14)
    for revision, price, days_ago in ((3, 49_000, 9), (5, 59_000, 8), (7, 59_000, 7), (9, 59_000, 6), (14, 59_000, 1)):
        make_observation(product, revision, price, days_ago)  # of one price: a benefit changed
    for content_id, revision in ((31, 3), (32, 7), (33, 14)):
        Placement.objects.create(product=product, content_id=content_id, revision_shown=revision)
    rows = read_rows(read_page(admin_client, product), "posts")
    assert [row.split("중 ")[1] for row in rows] == [
        "44,100원 9일 전 부터 옛 가격 8일 전 에 바뀜 3 지난 리비전",
        "53,100원 8일 전 부터 지금 가격 7 지난 리비전",
        "53,100원 8일 전 부터 지금 가격 14 최신",
    ]
    make_observation(product, 15, 49_000)
    rows = read_rows(read_page(admin_client, product), "posts")
    assert ["지금 가격" in row for row in rows] == [True, False, False]


def test_shown_prices_come_in_one_query_for_any_number_of_posts() -> None:
    product = make_product(revision=12)
    make_observation(product, 12, 49_000)
    for content_id in range(20):
        Placement.objects.create(product=product, content_id=content_id, revision_shown=12)
    with count_queries() as counted:
        assert {row.shown_price for row in with_shown_price(product.placements.all())} == {44_100}  # type: ignore[attr-defined]
    assert counted.queries == 1


def test_history_names_who_what_why_and_the_trace(admin_client: Client, admin_user: User) -> None:
    product = make_product(priority=1)
    make_observation(product, 3, 59_000, days_ago=9)
    make_observation(product, 8, 49_000, days_ago=4)
    edited = edit_product(product_id=product.pk, priority=4, hold=True, expected_version=0, actor="admin")
    message = describe_edit(priority=(1, 4), hold=(False, True))
    record_edit(actor=admin_user, product=edited, message=message)
    batch = draft_batch(products=Product.objects.all(), kind="release", actor_id=admin_user.pk)
    apply_batch(batch_id=batch.pk, actor_id=admin_user.pk, reason="재입고")
    undo_batch(batch_id=batch.pk, actor_id=admin_user.pk)
    rows = list_changes(product)
    assert [(row.who, row.what, row.why) for row in rows] == [
        ("admin", "되돌림: 보류", "재입고"),
        ("admin", "보류 해제", "재입고"),
        ("admin", "우선순위 1 → 4, 보류", ""),
        (SYNC, "판매가 59,000원 → 49,000원, 할인가 53,100원 → 44,100원", "리비전 8"),
        (SYNC, "첫 가격 53,100원", "리비전 3"),
    ]
    assert rows[2].trace_id in message
    assert [row.trace_id for row in rows[3:]] == [f"{8:032x}", f"{3:032x}"]
    shown = read_rows(read_page(admin_client, product), "changes")
    assert len(shown) == 5
    assert f"일괄 변경 #{batch.pk}" in shown[0]


def test_a_draft_is_no_history(admin_user: User) -> None:
    product = make_product()
    draft_batch(products=Product.objects.all(), kind="hold", actor_id=admin_user.pk)
    assert list_changes(product) == []


def test_the_newest_changes_are_shown_and_older_ones_are_cut(admin_user: User) -> None:
    product = make_product()
    for revision in range(1, 60):
        make_observation(product, revision, 40_000 + revision, days_ago=60 - revision)
    rows = list_changes(product)
    assert len(rows) == 30
    assert rows[0].when - rows[-1].when >= timedelta(days=28)
    assert rows[0].why == "리비전 59"


def test_page_says_what_is_missing_and_how_to_mend_it(admin_client: Client) -> None:
    make_scan()
    html = read_page(admin_client, make_product(stock=0, hold=True))
    assert "3가지 빠짐" in html
    for text in ("대표 이미지를 올리세요", "재고를 채우세요", "보류를 풀면"):
        assert text in html
    assert "준비됨" in read_page(admin_client, make_product(2, image_url="https://example.com/a.jpg"))


def test_page_takes_the_same_queries_whatever_there_is(admin_client: Client, admin_user: User) -> None:
    product = make_product()
    read_page(admin_client, product)
    spent = []
    for many in (0, 30):
        for number in range(many):
            make_observation(product, number + 1, 50_000 + number)
            Placement.objects.create(product=product, content_id=number, revision_shown=number)
            record_edit(actor=admin_user, product=product, message=f"우선순위 0 → {number} (추적 {'a' * 32})")
        with count_queries() as counted:
            read_page(admin_client, product)
        spent.append(counted.queries)
    assert spent[0] == spent[1] <= 12
