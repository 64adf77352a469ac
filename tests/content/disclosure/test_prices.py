"""A price is as old as it says, a number that is too old is not shown, a discount is claimed only against its own past."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from content.comparison.services import save_table
from content.comparison.spec import TableSpec
from content.cro.environment import Target
from content.cro.services import compose_post
from content.cro.variants import DEFAULT
from content.disclosure.aging import enqueue_aged
from content.disclosure.checks import check_disclosure_settings
from content.disclosure.claims import PricePoint, judge_discount
from content.disclosure.prices import is_hidden, is_stale
from content.matching.services import match_post
from content.posts.models import Post
from content.posts.statuses import Cause, set_status
from content.refresh.models import RefreshEntry
from content.times import tell_time
from perfhooks.recorder import Recorder
from products.catalog.models import CatalogueScan, PriceObservation, Store
from products.catalog.services import complete_scan, start_scan
from products.upsert.rows import CategoryRef
from tests.content.factories import change_products, drain, get_product, make_post, make_shop, process

NOW = datetime(2026, 11, 30, 12, 0, tzinfo=UTC)


def points(*steps: tuple[int, int, int]) -> list[PricePoint]:
    """(days before NOW, list price, sold for)."""
    return [PricePoint(NOW - timedelta(days=days), price, sold) for days, price, sold in steps]


@pytest.mark.parametrize(
    ("history", "is_allowed", "earlier"),
    [
        (points((30, 39_000, 39_000), (1, 39_000, 29_000)), True, 39_000),
        (points((30, 45_000, 42_000), (1, 39_000, 29_000)), True, 42_000),
        (points((30, 39_000, 29_000)), False, None),
        (points(), False, None),
        (points((30, 39_000, 35_000), (1, 39_000, 29_000)), False, 35_000),
        (points((60, 39_000, 25_000), (40, 39_000, 39_000), (1, 39_000, 29_000)), True, 39_000),
        (points((40, 39_000, 39_000), (15, 39_000, 33_000), (10, 39_000, 39_000), (1, 39_000, 29_000)), False, 33_000),
        (points((40, 39_000, 39_000), (9, 39_000, 27_000), (3, 39_000, 29_000)), False, 27_000),
        (points((40, 39_000, 39_000), (9, 39_000, 29_000), (3, 45_000, 29_000)), False, 39_000),
    ],
    ids=[
        "sold at the list price before",
        "sold for more before",
        "never sold for more",
        "no history",
        "sold for less than the list price",
        "lower long ago",
        "lower within the days",
        "dearer again after a deeper cut",
        "list price raised meanwhile",
    ],
)
def test_a_discount_needs_the_products_own_earlier_price(
    history: list[PricePoint], is_allowed: bool, earlier: int | None
) -> None:
    list_price = history[-1].price if history else 39_000
    claim = judge_discount(history, price=list_price, sold_for=29_000, days=20)
    assert (claim.is_allowed, claim.earlier_price) == (is_allowed, earlier)
    assert bool(claim.reason) != is_allowed


def test_no_reduction_is_no_discount() -> None:
    assert not judge_discount(points((9, 100, 100)), price=100, sold_for=100, days=20).is_allowed


def test_ages_are_counted_from_the_check(settings: Any) -> None:
    settings.PRICE_STALE_HOURS, settings.PRICE_HIDDEN_HOURS = 24, 48
    ages = {hours: NOW - timedelta(hours=hours, minutes=1) for hours in (23, 24, 47, 48)}
    assert [is_stale(ages[hours], now=NOW) for hours in (23, 24, 47, 48)] == [False, True, True, True]
    assert [is_hidden(ages[hours], now=NOW) for hours in (23, 24, 47, 48)] == [False, False, False, True]
    assert (is_stale(None), is_hidden(None)) == (True, False)
    settings.PRICE_HIDDEN_HOURS = 0
    assert not is_hidden(ages[48], now=NOW)


@pytest.mark.django_db
def test_a_number_that_is_too_old_gives_way_to_a_link_and_comes_back(settings: Any) -> None:
    settings.PRICE_HIDDEN_HOURS = 48
    make_shop({"number": 1}, {"number": 2})
    scan = CatalogueScan.objects.get()
    CatalogueScan.objects.update(scanned_at=timezone.now() - timedelta(hours=49))
    post = make_post("{{ price:JB-1 }}에 살 수 있고\n\n{{ product:JB-2 }}", title="우주여행")
    rendered = compose_post(post_id=post.pk)
    assert "99,000원" not in rendered.html
    link = "https://smartstore.naver.com/my-store/products/1000000001"
    assert f'<a href="{link}">매장에 표시된 가격</a>에 살 수 있고' in rendered.html
    assert rendered.as_of is None
    assert {(found.kind, found.line, found.sku) for found in rendered.findings} == {
        ("price_hidden", 1, "JB-1"),
        ("price_hidden", 3, "JB-2"),
    }
    assert rendered.is_publishable
    process(post)
    drain()
    assert enqueue_aged() == 0, "its page hides the number already"
    CatalogueScan.objects.filter(pk=scan.pk).update(scanned_at=timezone.now())
    assert enqueue_aged() == 1, "the link gives way to the number again"
    process(post)
    drain()
    assert enqueue_aged() == 0
    with Recorder() as recorder:
        assert "99,000원" in compose_post(post_id=post.pk).html
    assert max(recorder.samples("price_staleness_hours")) < 1
    assert len(recorder.samples("price_staleness_hours")) == 2


@pytest.mark.django_db
@pytest.mark.parametrize("target", ["package", "page"])
def test_a_deal_links_to_a_price_that_is_too_old(settings: Any, target: Target) -> None:
    settings.PRICE_HIDDEN_HOURS = 48
    make_shop({"number": 1, "discounted_price": 9_900})
    CatalogueScan.objects.update(scanned_at=timezone.now() - timedelta(hours=49))
    post = make_post("{{ product:JB-1 }}", title="청소기 할인")
    match_post(post_id=post.pk)
    rendered = compose_post(post_id=post.pk, target=target, template_id="cro_deal")
    link = '<strong><a href="https://smartstore.naver.com/my-store/products/1000000001">매장에 표시된 가격</a></strong>'
    assert rendered.html.count(link) == 2
    assert "9,900원" not in rendered.html


@pytest.mark.django_db
def test_a_page_is_made_anew_once_when_its_price_grows_too_old(settings: Any) -> None:
    settings.PRICE_HIDDEN_HOURS = 48
    make_shop({"number": 1})
    CatalogueScan.objects.update(scanned_at=timezone.now())
    posts = {slug: make_post("{{ price:JB-1 }}", slug=slug) for slug in ("shown", "archived", "given-up")}
    for post in posts.values():
        process(post)
    drain()
    CatalogueScan.objects.update(scanned_at=timezone.now() - timedelta(hours=49))
    set_status(posts["archived"], "archived", cause=Cause())
    RefreshEntry.objects.filter(post=posts["given-up"]).update(state="dead", outcome="")
    assert enqueue_aged() == 1
    assert RefreshEntry.objects.get(state="queued").post == posts["shown"]
    process(posts["shown"])
    drain()
    assert enqueue_aged() == 0


@pytest.mark.django_db
def test_a_table_says_nothing_of_a_price_that_is_too_old(settings: Any) -> None:
    settings.PRICE_HIDDEN_HOURS = 48
    tea: dict[str, Any] = {"attributes": {}, "category": CategoryRef("50000003", "차", "식품>차")}
    make_shop(
        {"number": 1, "name": "녹차 500g", "discounted_price": 9_900, **tea}, {"number": 2, "name": "홍차 250g", **tea}
    )
    spec = TableSpec(skus=("JB-1", "JB-2"), columns=("name", "price", "unit_price", "discount"))
    save_table(table_id=None, name="tea", title="", spec=spec)
    post = make_post("{{ table:tea }}", title="우주여행")
    CatalogueScan.objects.update(scanned_at=timezone.now())
    current = compose_post(post_id=post.pk).html
    assert [current.count(words) for words in ("9,900원", "1,980원", "가장 낮은")] == [1, 1, 2]
    CatalogueScan.objects.update(scanned_at=timezone.now() - timedelta(hours=49))
    before = compose_post(post_id=post.pk).html
    assert "9,900원" not in before
    assert "1,980원" not in before, "the price of 100 g is the price"
    assert "기준입니다" not in before
    store = Store.objects.get()
    newest = start_scan(store_id=store.pk, scanned_at=timezone.now())
    complete_scan(scan_id=newest, listed=2, is_complete=True, unconfirmed={get_product(1).pk: "refused"})
    html = compose_post(post_id=post.pk).html
    assert "1,980원" not in html
    assert "99,000원" in html
    assert "가장 낮은" not in html, "who is cheapest is not known while one price is not"
    assert f"표의 가격은 {tell_time(timezone.now())[:13]}" in html
    variant = replace(DEFAULT, table="compact")
    assert "100g당 가격" in compose_post(post_id=post.pk, variant=variant).html


@pytest.mark.django_db
def test_a_discount_is_shown_only_with_its_earlier_price(settings: Any) -> None:
    store = make_shop({"number": 1, "price": 129_000, "discounted_price": 99_000})
    post = make_post("{{ product:JB-1 }}\n\n{{ discount:JB-1 }} 중", title="우주여행")
    refused = compose_post(post_id=post.pk)
    assert "할인" not in refused.html
    [finding] = refused.findings
    assert (finding.kind, finding.line, finding.sku) == ("discount_refused", 1, "JB-1")
    assert "가격 이력에 없습니다" in finding.message
    assert refused.is_publishable
    change_products(store, {"number": 1, "price": 129_000, "discounted_price": 129_000})
    change_products(store, {"number": 1, "price": 129_000, "discounted_price": 99_000})
    first, second, _third = PriceObservation.objects.order_by("revision")
    for row, days in ((first, 160), (second, 130)):
        PriceObservation.objects.filter(pk=row.pk).update(observed_at=timezone.now() - timedelta(days=days))
    allowed = compose_post(post_id=post.pk)
    assert "(판매가 129,000원에서 23% 할인)" in allowed.html
    assert "23% 할인 중" in allowed.html
    assert allowed.findings == ()


@pytest.mark.django_db
def test_a_table_keeps_to_the_same_rules(settings: Any) -> None:
    settings.PRICE_HIDDEN_HOURS = 48
    store = make_shop({"number": 1, "discounted_price": 129_000}, {"number": 2})
    change_products(store, {"number": 1})
    post = make_post("{{ table }}", title="무선 청소기 비교")
    process(post)
    CatalogueScan.objects.update(scanned_at=timezone.now())
    html = compose_post(post_id=post.pk).html
    assert html.count("<td>23%</td>") == 1, "only the product that was sold for more before"
    assert html.count("<td>99,000원</td>") == 2
    CatalogueScan.objects.update(scanned_at=timezone.now() - timedelta(hours=50))
    html = compose_post(post_id=post.pk).html
    assert "99,000원" not in html
    assert "23%" not in html
    assert html.count("매장에 표시된 가격</a></td>") == 2


@pytest.mark.django_db
def test_benefits_have_a_placeholder_of_their_own() -> None:
    make_shop({"number": 1, "benefits": {"delivery_fee": 0}})
    post = make_post("지금 {{ benefit:JB-1 }}입니다", title="우주여행")
    assert "지금 무료 배송입니다" in compose_post(post_id=post.pk).html


@pytest.mark.django_db
def test_the_list_of_stale_posts_says_which_product_and_why(admin_client: Client, settings: Any) -> None:
    settings.PRICE_HIDDEN_HOURS = 48
    make_shop({"number": 1, "name": "느린 청소기"})
    post = make_post("{{ price:JB-1 }}", title="오래된 글")
    process(post)
    make_post("본문", slug="none", title="가격 없는 글")
    for hours, word in ((1, ""), (30, "오래됨"), (60, "숨김")):
        CatalogueScan.objects.update(scanned_at=timezone.now() - timedelta(hours=hours))
        html = admin_client.get("/admin/posts/post/?price=stale").content.decode()
        assert ("오래된 글" in html) == bool(word)
        if word:
            assert f">{word}</span>" in html
            assert "느린 청소기" in html
        assert "가격 없는 글" not in html
    assert "오래된 글" in admin_client.get("/admin/posts/post/?price=hidden").content.decode()
    assert Post.objects.count() == 2
    assert RefreshEntry.objects.exists()


def test_settings_that_contradict_each_other_are_named(settings: Any) -> None:
    assert check_disclosure_settings() == []
    settings.PRICE_STALE_HOURS, settings.PRICE_HIDDEN_HOURS, settings.EARLIER_PRICE_DAYS = 24, 12, 0
    assert [found.id for found in check_disclosure_settings()] == ["disclosure.E002", "disclosure.E003"]
