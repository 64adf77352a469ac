"""Editors' tables: planned, shared by posts, renewed when a change concerns them and only then."""

from dataclasses import replace
from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from content.comparison.drafting import Mark
from content.comparison.models import ComparisonTable, TableLink, TableRowContent, TableTouch, TableUse, TableVersion
from content.comparison.selectors import get_tables, read_version
from content.comparison.services import delete_table, preview_table, renew_tables, save_table
from content.comparison.spec import SpecError, TableSpec
from content.cro.services import compose_post
from content.posts.models import Post
from content.posts.services import delete_post
from content.refresh.models import RefreshEntry
from products.catalog.edits import edit_product
from products.catalog.services import complete_scan, start_scan
from tests.content.comparison.teashop import HAND, TEA, make_tea_shop, rows, save, show, tea
from tests.content.factories import CHECKED_AT, CUP, change_products, drain, get_product, make_post, make_shop, process

pytestmark = pytest.mark.django_db


def read_problems(error: BaseException) -> dict[str, str]:
    """{field: the first message} of a refusal."""
    if isinstance(error, SpecError):
        return error.problems
    assert isinstance(error, ValidationError)
    return {field: texts[0] for field, texts in error.message_dict.items()}


def test_a_table_by_hand_keeps_order_columns_unit_prices_and_winners() -> None:
    make_tea_shop()
    table = save()
    facts = get_tables(0, ["tea"])["tea"]
    assert facts.columns == ("상품", "가격", "100g당 가격", "할인")
    assert [row.cells for row in facts.rows] == [
        ("녹차 2 200g", "8,000원", "4,000원", "20%"),
        ("녹차 1 100g", "5,000원", "5,000원", "50%"),
    ]
    assert facts.marks == (
        Mark(1, 1, "가장 낮은 가격"),
        Mark(0, 2, "가장 낮은 100g당 가격"),
        Mark(1, 3, "가장 높은 할인"),
    )
    assert (facts.as_of, table.number) == (CHECKED_AT, 1)


def test_who_is_not_known_does_not_win_and_is_said() -> None:
    make_tea_shop({"number": 5, "name": "녹차 1+1 50g", "category": TEA, "attributes": {}, "discounted_price": 1_000})
    save(TableSpec(category="식품", columns=("name", "unit_price"), sort="price_low"))
    facts = get_tables(0, ["tea"])["tea"]
    assert [row.cells[1] for row in facts.rows] == ["-", "5,000원", "4,000원", "3,333원"]
    assert facts.marks == (Mark(3, 1, "가장 낮은 100g당 가격 (값을 아는 3개 가운데)"),)


def test_a_rule_chooses_sorts_and_limits() -> None:
    make_tea_shop(tea(6, stock=0, status="OUTOFSTOCK"), tea(7, discounted_price=9_000, price=9_000))
    edit_product(product_id=get_product(7).pk, priority=0, hold=True, expected_version=0, actor="kim")
    expensive = TableSpec(category="식품>음료", sort="price_high", columns=("name", "price"))
    save(expensive, "all")
    assert [row[0][:4] for row in rows("all")] == ["녹차 3", "녹차 2", "녹차 1"]
    save(replace(expensive, price_max=9_000, limit=1), "one")
    assert rows("one") == [("녹차 2 200g", "8,000원")]
    save(replace(expensive, category="", brand="다른"), "brand")
    assert rows("brand") == [("녹차 3 300g", "10,000원")]
    save(replace(expensive, sort="discount"), "discount")
    assert [row[0][:4] for row in rows("discount")] == ["녹차 1", "녹차 2", "녹차 3"]


@pytest.mark.parametrize(
    ("spec", "field", "words"),
    [
        (TableSpec(), "category", "SKU를 적거나"),
        (TableSpec(skus=("JB-9",)), "skus", "'JB-9'"),
        (TableSpec(skus=("JB-1", "JB-1")), "skus", "두 번"),
        (TableSpec(skus=("JB-1",), brand="온담"), "skus", "하나만"),
        (TableSpec(category="없는>길"), "category", "없는 카테고리"),
        (TableSpec(brand="없는 브랜드"), "brand", "상품이 없습니다"),
        (TableSpec(category="식품", price_min=10, price_max=5), "price_max", "낮습니다"),
        (TableSpec(category="식품", price_min=-1), "price_min", "0 이상"),
        (TableSpec(category="식품", limit=51), "limit", "50"),
        (TableSpec(category="식품", sort="best"), "sort", "우선순위"),
        (TableSpec(category="식품", columns=("price", "name")), "columns", "첫 열"),
        (TableSpec(category="식품", columns=("name",)), "columns", "2개"),
        (TableSpec(category="식품", columns=("name", "price", "price")), "columns", "두 번"),
        (TableSpec(category="식품", unit="10g"), "unit", "100g"),
        (TableSpec(category="식품", marks=("brand",)), "marks", "빼세요"),
        (TableSpec(skus=tuple(f"S-{n}" for n in range(51))), "skus", "50개"),
    ],
)
def test_a_plan_that_cannot_be_built_is_refused_at_its_field(spec: TableSpec, field: str, words: str) -> None:
    make_tea_shop()
    for call in (lambda: save(spec), lambda: preview_table(spec=spec)):
        with pytest.raises((SpecError, ValidationError)) as refused:
            call()
        error = refused.value
        messages = read_problems(error)
        assert words in messages[field]
    assert not ComparisonTable.objects.exists()


def test_a_name_is_there_once() -> None:
    make_tea_shop()
    save()
    with pytest.raises(ValidationError, match="이미 있는 이름"):
        save()


def test_two_posts_share_a_table_and_one_price_renews_it_once() -> None:
    store = make_tea_shop()
    table = save()
    posts = {show(slug="first").pk, show(slug="second").pk}
    other = make_post("{{ price:JB-4 }}", title="머그컵", slug="cup")
    process(other)
    drain()
    change_products(store, tea(1, price=10_000, discounted_price=4_000))
    assert TableTouch.objects.filter(table=table).count() == 1
    queued = set(RefreshEntry.objects.filter(state="queued").values_list("post_id", flat=True))
    assert queued == posts, "by what they show"
    counts = renew_tables()
    assert (counts.looked, counts.renewed, counts.rows) == (1, 1, 1)
    assert rows()[1][1] == "4,000원"
    assert set(RefreshEntry.objects.filter(state="queued").values_list("post_id", flat=True)) == posts
    assert renew_tables().looked == 0
    for post_id in posts:
        assert process(Post.objects.get(pk=post_id)).status == "built"
        assert "4,000원" in compose_post(post_id=post_id).html
    assert TableVersion.objects.filter(table=table).count() == 2


def test_unchanged_rows_are_kept_once() -> None:
    store = make_tea_shop()
    save()
    save(name="twin")
    assert TableRowContent.objects.count() == 2, "both tables say the same"
    change_products(store, tea(1, price=10_000, discounted_price=4_000))
    renew_tables()
    old, new = TableVersion.objects.filter(table__name="tea").order_by("number")
    assert TableRowContent.objects.count() == 3
    assert old.row_hashes[0] == new.row_hashes[0]
    assert [row.cells[1] for row in read_version(old).rows] == ["8,000원", "5,000원"], "a version stays what it was"


def test_several_products_of_a_table_renew_it_once() -> None:
    store = make_tea_shop()
    save()
    change_products(store, tea(1, discounted_price=4_000), tea(2, discounted_price=7_000))
    change_products(store, tea(1, discounted_price=3_000))
    assert TableTouch.objects.count() == 2
    assert renew_tables().renewed == 1
    assert TableVersion.objects.count() == 2


def test_a_product_that_enters_or_leaves_the_rule_renews_the_table_and_its_posts() -> None:
    store = make_tea_shop()
    save(TableSpec(category="식품>음료", columns=("name", "price"), sort="price_low"))
    post = show()
    change_products(store, tea(8, discounted_price=2_000))
    assert not RefreshEntry.objects.filter(state="queued").exists(), "nobody shows it yet"
    renew_tables()
    assert rows()[0] == ("녹차 8 800g", "2,000원")
    [entry] = RefreshEntry.objects.filter(state="queued")
    assert (entry.post_id, entry.reason) == (post.pk, "product_changed")
    process(post)
    drain()
    change_products(store, tea(8, discounted_price=2_000, stock=0, status="OUTOFSTOCK"))
    renew_tables()
    assert all(row[0] != "녹차 8 800g" for row in rows())
    assert RefreshEntry.objects.filter(state="queued").count() == 1


def test_a_change_in_the_rule_that_the_table_does_not_show_makes_no_version_and_queues_nobody() -> None:
    store = make_tea_shop(tea(5, discounted_price=90_000))
    save(TableSpec(category="식품", columns=("name", "price"), sort="price_low", limit=2))
    show()
    change_products(store, tea(5, discounted_price=80_000))
    counts = renew_tables()
    assert (counts.looked, counts.renewed, counts.posts) == (1, 0, 0)
    change_products(store, {"number": 4, "category": CUP, "name": "머그컵", "discounted_price": 1_000})
    assert renew_tables().looked == 0, "another category"
    assert not RefreshEntry.objects.filter(state="queued").exists()


def test_a_product_by_hand_that_is_sold_out_comes_back() -> None:
    store = make_tea_shop()
    save()
    show()
    change_products(store, tea(1, stock=0, status="OUTOFSTOCK", discounted_price=5_000))
    renew_tables()
    assert [row[0] for row in rows()] == ["녹차 2 200g"]
    assert TableLink.objects.get(product_id=None).sku == "JB-1"
    change_products(store, tea(1, discounted_price=5_000))
    renew_tables()
    assert [row[0] for row in rows()] == ["녹차 2 200g", "녹차 1 100g"]
    assert not TableLink.objects.filter(product_id=None).exists()


def test_holds_and_priorities_move_a_rule_at_the_next_check() -> None:
    make_tea_shop()
    table = save(TableSpec(category="식품", columns=("name", "price")))
    edit_product(product_id=get_product(3).pk, priority=9, expected_version=0, actor="kim")
    assert renew_tables().looked == 0
    ComparisonTable.objects.update(checked_at=timezone.now() - timedelta(hours=2))
    assert renew_tables().renewed == 1
    assert rows()[0][0] == "녹차 3 300g"
    table.refresh_from_db()
    assert table.checked_at is not None
    assert timezone.now() - table.checked_at < timedelta(minutes=1)


def test_a_post_that_names_an_unknown_table_waits_for_it() -> None:
    make_tea_shop()
    post = make_post("{{ table:tea }}", title="차 이야기")
    outcome = process(post)
    assert (outcome.status, outcome.findings[0].kind, outcome.findings[0].line) == ("refused", "no_table", 1)
    assert "table:tea" in outcome.findings[0].message
    drain("refused")
    save()
    assert RefreshEntry.objects.filter(state="queued").count() == 1
    assert process(post).status == "built"


def test_an_edit_and_a_removal_queue_the_posts() -> None:
    make_tea_shop()
    table = save()
    post = show()
    save_table(table_id=table.pk, name="tea", title="녹차", spec=replace(HAND, columns=("name", "brand")))
    assert RefreshEntry.objects.filter(state="queued").count() == 1
    process(post)
    drain()
    delete_table(table_id=table.pk)
    assert RefreshEntry.objects.filter(state="queued").count() == 1
    assert process(post).status == "refused"
    assert not TableUse.objects.exists()


def test_a_post_shows_its_own_and_named_tables_with_their_times() -> None:
    store = make_tea_shop()
    save()
    save(TableSpec(skus=("JB-3", "JB-4"), columns=("name", "price")), "mixed")
    body = "{{ table:tea }}\n\n{{ table }}\n\n{{ price:JB-4 }}\n\n{{ table:mixed }}"
    post = make_post(body, title="녹차 비교")
    process(post)
    page = compose_post(post_id=post.pk)
    assert page.html.count("<table>") == 3
    assert page.table_version == 1
    assert page.html.count("표의 가격은 2026-11-22 09:00 기준입니다.") == 3
    assert {get_product(number).pk for number in (1, 2, 3, 4)} <= set(page.products)
    assert set(TableUse.objects.values_list("table__name", flat=True)) == {"tea", "mixed"}
    # A later complete scan confirms the prices without a write of their rows.
    scan = start_scan(store_id=store.pk, scanned_at=CHECKED_AT + timedelta(hours=5))
    complete_scan(scan_id=scan, listed=4, is_complete=True, unconfirmed={get_product(4).pk: "refused"})
    html = compose_post(post_id=post.pk).html
    assert html.count("표의 가격은 2026-11-22 14:00 기준입니다.") == 1, "tea alone is confirmed whole"
    assert process(post).status == "cached", "prices that are merely confirmed again build nothing"


def test_a_row_that_the_catalogue_overtook_is_dated_by_its_building() -> None:
    store = make_tea_shop()
    save()
    show()
    scan = start_scan(store_id=store.pk, scanned_at=CHECKED_AT + timedelta(hours=5))
    change_products(store, tea(1, discounted_price=4_000))
    complete_scan(scan_id=scan, listed=4, is_complete=True, unconfirmed={})
    page = compose_post(post_id=Post.objects.get().pk)
    assert "5,000원" in page.html, "the table is renewed by the next round"
    assert "표의 가격은 2026-11-22 09:00 기준입니다." in page.html
    assert get_product(1).revision - 1 == page.products[get_product(1).pk], "and the post counts as overtaken"
    renew_tables()
    html = compose_post(post_id=Post.objects.get().pk).html
    assert "4,000원" in html
    assert "표의 가격은 2026-11-22 14:00 기준입니다." in html


def test_a_deleted_post_leaves_nothing_behind() -> None:
    make_tea_shop()
    save()
    post = make_post("{{ table }}\n\n{{ table:tea }}\n\n{{ price:JB-1 }}", title="녹차 비교")
    process(post)
    delete_post(post_id=post.pk)
    assert not TableUse.objects.exists()
    assert ComparisonTable.objects.get().name == "tea"


def test_a_note_of_a_table_that_is_gone_is_forgotten() -> None:
    TableTouch.objects.create(table_id=99, touched_at=timezone.now())
    assert renew_tables().looked == 0
    assert not TableTouch.objects.exists()


def test_hostile_and_huge_words_are_text() -> None:
    attack = "<script>alert(1)</script>"
    make_shop({"number": 1, "name": attack + "가" * 260, "brand": attack[:20]}, {"number": 2, "name": "🍵 \u202eabc"})
    save(TableSpec(skus=("JB-1", "JB-2"), columns=("name", "brand", f"attr:{attack}")))
    html = compose_post(post_id=show().pk).html
    assert "<script" not in html
    assert "&lt;script&gt;" in html
    assert "🍵" in html
