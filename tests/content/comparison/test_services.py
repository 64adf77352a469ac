"""Comparison tables: up to five sellable products in a fixed order, and a new version only for a new content."""

from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from content.comparison.dating import find_oldest_check
from content.comparison.drafting import choose_attributes, draft_table
from content.comparison.models import ComparisonTable, TableTouch, TableVersion
from content.comparison.selectors import get_tables, list_live_tables
from content.comparison.services import TableOutcome, build_table, renew_many, renew_tables, save_table
from content.comparison.spec import TableSpec
from content.comparison.touching import touch_tables_of_posts
from content.comparison.wording import format_stock, list_benefits
from content.matching.services import match_post
from content.posts.models import Post
from content.refresh.services import count_open
from perfhooks.recorder import Recorder
from products.catalog.edits import edit_product
from products.catalog.selectors import ProductFacts, get_facts_by_sku
from tests.content.factories import CHECKED_AT, change_products, drain, get_product, make_post, make_shop

pytestmark = pytest.mark.django_db


def build(post: Post) -> TableOutcome:
    match_post(post_id=post.pk)
    return build_table(post_id=post.pk)


def skus(post: Post) -> list[str]:
    table = get_tables(post.pk, ()).get("")
    return [row.sku for row in table.rows] if table else []


def get_facts(sku: str = "JB-1") -> ProductFacts:
    return get_facts_by_sku([sku])[sku]


def test_named_first_then_the_match_then_the_categorys_best() -> None:
    make_shop(*({"number": number, "name": f"상품 {number}"} for number in range(1, 9)))
    edit_product(product_id=get_product(8).pk, priority=9, expected_version=0, actor="kim")
    post = make_post("{{ price:JB-5 }}\n\n{{ table }}", title="상품 3")
    outcome = build(post)
    assert (outcome.number, outcome.rows, outcome.is_new) == (1, 5, True)
    assert skus(post) == ["JB-5", "JB-8", "JB-1", "JB-2", "JB-3"]
    assert ComparisonTable.objects.get().spec == {
        "named": ["JB-5"],
        "match": "JB-5",
        "category": "디지털/가전>생활가전>청소기",
    }


def test_what_cannot_be_bought_is_left_out() -> None:
    make_shop({"number": 1, "stock": 0, "status": "OUTOFSTOCK"}, {"number": 2})
    post = make_post("{{ price:JB-1 }}\n\n{{ table }}")
    build(post)
    assert skus(post) == ["JB-2"]


def test_cells_say_what_the_catalogue_says() -> None:
    make_shop({"number": 1}, {"number": 2, "discounted_price": 129_000, "stock": 3, "brand": "", "benefits": {}})
    build(make_post("{{ table }}\n\n{{ price:JB-1 }}\n\n{{ price:JB-2 }}"))
    version = TableVersion.objects.get()
    assert version.columns == ["상품", "브랜드", "가격", "할인", "혜택", "재고", "무게"]
    assert version.keys == ["name", "brand", "price", "discount", "benefits", "stock", "attr:무게"]
    table = get_tables(version.table.post_id or 0, ()).get("")
    assert table is not None
    assert [row.cells for row in table.rows] == [
        ("온담 무선 청소기 1", "온담", "99,000원", "23%", "구매 적립 990원", "있음", "1.3kg"),
        ("온담 무선 청소기 2", "-", "129,000원", "-", "-", "3개 남음", "1.3kg"),
    ]
    assert version.marks == [[0, 2, "가장 낮은 가격"], [0, 3, "가장 높은 할인"]]
    assert (version.revision, version.as_of) == (1, CHECKED_AT)


def test_the_same_content_makes_no_new_version(django_assert_max_num_queries: Any) -> None:
    store = make_shop({"number": 1})
    post = make_post("{{ table }}", title="무선 청소기")
    build(post)
    assert build(post) == TableOutcome(post.pk, 1, 1, is_new=False)
    change_products(store, {"number": 1, "description": "표에 없는 말"})
    assert not build(post).is_new
    change_products(store, {"number": 1, "discounted_price": 98_000})
    outcome = build(post)
    assert (outcome.number, outcome.is_new) == (2, True)
    assert list(TableVersion.objects.order_by("number").values_list("number", "revision")) == [(1, 1), (2, 3)]


def test_a_table_is_built_for_a_comparison_and_for_a_placeholder_only() -> None:
    make_shop({"number": 1})
    assert build(make_post("본문", title="무선 청소기 비교", slug="compare")).rows == 1
    assert build(make_post("본문", title="무선 청소기 추천", slug="buy")) == TableOutcome(
        Post.objects.get(slug="buy").pk, 0, 0, is_new=False
    )
    assert ComparisonTable.objects.count() == 1


def test_a_table_that_lost_its_products_says_so() -> None:
    store = make_shop({"number": 1})
    post = make_post("{{ table }}", title="무선 청소기")
    build(post)
    change_products(store, {"number": 1, "stock": 0, "status": "OUTOFSTOCK"})
    assert build(post).rows == 0
    assert skus(post) == []


def test_building_a_posts_own_table_is_timed_once_and_the_renewal_of_others_is_not() -> None:
    make_shop({"number": 1})
    spec = TableSpec(skus=("JB-1",))
    with Recorder() as recorder:
        save_table(table_id=None, name="cleaners", title="청소기", spec=spec)
        post = make_post("{{ table }}\n\n{{ table:cleaners }}")
        assert recorder.samples("comparison_table_render_seconds") == []
        build(post)
        renew_many(ComparisonTable.objects.values_list("id", flat=True))
    assert len(recorder.samples("comparison_table_render_seconds")) == 1


@pytest.mark.parametrize("body", ["이제 표가 없습니다.", "{{ table:cleaners }}"])
def test_a_table_that_its_post_no_longer_asks_for_is_never_renewed_or_listed(body: str) -> None:
    store = make_shop({"number": 1}, {"number": 2})
    save_table(table_id=None, name="cleaners", title="청소기", spec=TableSpec(skus=("JB-2",)))
    post = make_post("{{ price:JB-1 }}\n\n{{ table }}")
    build(post)
    own = ComparisonTable.objects.get(post=post)
    drain()
    change_products(store, {"number": 1, "discounted_price": 90_000})
    assert TableTouch.objects.filter(table=own).exists()
    post = make_post(body)
    build(post)
    drain()
    own.refresh_from_db()
    assert (own.spec, own.rule_category, own.rule_brand, own.number) == ({}, "", "", 1)
    assert not own.links.exists()
    change_products(store, {"number": 1, "discounted_price": 80_000})
    touch_tables_of_posts(post_ids=[post.pk])
    assert not TableTouch.objects.filter(table=own).exists()
    TableTouch.objects.create(table=own, touched_at=CHECKED_AT)
    renew_tables()
    assert count_open() == 0, "nobody shows the changed product in a table"
    assert not own.links.exists()
    assert not TableTouch.objects.exists()
    assert own.pk not in list_live_tables()
    assert "" not in get_tables(post.pk, ())
    assert own.versions.count() == 1


def test_a_table_that_its_post_asks_for_again_is_built_anew() -> None:
    store = make_shop({"number": 1})
    for body in ("{{ table }}", "본문", "{{ table }}"):
        post = make_post(body, title="무선 청소기")
        build(post)
    assert skus(post) == ["JB-1"]
    own = ComparisonTable.objects.get()
    assert (own.number, own.links.count()) == (1, 1)
    change_products(store, {"number": 1, "discounted_price": 90_000})
    assert renew_tables().renewed == 0, "left to the post, which stands in the queue"
    drain()
    assert renew_tables().renewed == 1


def test_a_post_that_never_had_a_table_costs_six_reads(django_assert_num_queries: Any) -> None:
    post = make_post("본문")
    with django_assert_num_queries(6):
        build_table(post_id=post.pk)


@pytest.mark.parametrize(("days", "oldest"), [((3, 1, 2), 1), ((2,), 2), ((1, None), None), ((), None)], ids=str)
def test_the_oldest_check_is_none_where_one_was_never_made(days: tuple[int | None, ...], oldest: int | None) -> None:
    def at(day: int | None) -> datetime | None:
        return datetime(2026, 11, day, tzinfo=UTC) if day else None

    assert find_oldest_check(map(at, days)) == at(oldest)


def test_attributes_that_most_share_become_columns_in_a_fixed_order() -> None:
    make_shop({"number": 1})
    own = [{"다": 1, "가": 2, "나": 3, "라": 4}, {"다": 1, "가": 2, "나": 3, "라": 4}, {"라": 5, "마": 6}]
    products = [msgspec.structs.replace(get_facts(), attributes=attributes) for attributes in own]
    assert choose_attributes(products) == ("라", "가", "나")
    assert choose_attributes(products[:1]) == ()
    assert draft_table(products).rows[2].cells[6:] == ("5", "-", "-")


def test_a_long_cell_is_cut() -> None:
    make_shop({"number": 1, "name": "가" * 300})
    assert len(draft_table([get_facts()]).rows[0].cells[0]) == 200


def test_benefits_in_words() -> None:
    assert list_benefits(
        {
            "gift": "먼지 봉투",
            "purchase_point": 3,
            "purchase_point_unit": "PERCENT",
            "photo_review_point": 1500,
            "free_interest_months": 6,
            "delivery_fee": 3000,
            "free_delivery_from": 50000,
            "unheard_of": {"x": 1},
        }
    ) == [
        "구매 적립 3%",
        "포토 리뷰 적립 1,500원",
        "무이자 6개월",
        "사은품 먼지 봉투",
        "배송비 3,000원(50,000원 이상 무료)",
    ]
    assert list_benefits({"delivery_fee": 0}) == ["무료 배송"]
    assert list_benefits({}) == []


@pytest.mark.parametrize(
    ("stock", "is_sellable", "words"),
    [(0, False, "품절"), (5, True, "5개 남음"), (6, True, "있음"), (9, False, "품절")],
)
def test_stock_in_words(stock: int, is_sellable: bool, words: str) -> None:
    assert format_stock(stock, is_sellable=is_sellable) == words
