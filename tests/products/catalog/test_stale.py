"""Staleness asked by exceptions says the same as the price check of every single product."""

import random
from datetime import timedelta

import pytest
from django.db.models import Q
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from products.catalog.models import CatalogueScan, Placement, Product, ScanException
from products.catalog.readiness import is_ready, list_missing
from products.catalog.selectors import (
    count_stale_prices,
    select_posts_with_stale_prices,
    select_stale,
    with_price_check,
)
from tests.products.catalog.rows import make_product, make_store

pytestmark = pytest.mark.django_db


def make_history(seed: int) -> list[Product]:
    """Two stores with random scans, complete and not, around the limit, and random exceptions."""
    dice = random.Random(seed)
    products: list[Product] = []
    for code in ("hanbit", "dodam"):
        store = make_store(code)
        own = [
            make_product(len(products) + number, store=store, status=dice.choice(["SALE", "SALE", "CLOSE"]))
            for number in range(8)
        ]
        products += own
        for _ in range(dice.randrange(5)):
            scan = CatalogueScan.objects.create(
                store=store,
                scanned_at=timezone.now() - timedelta(hours=dice.choice([1, 5, 23, 25, 60])),
                is_complete=dice.random() < 0.7,
            )
            for product in own:
                if dice.random() < 0.4:
                    ScanException.objects.create(scan=scan, product=product, reason="missing")
    return products


@pytest.mark.parametrize("seed", range(40))
def test_both_ways_of_asking_agree(seed: int) -> None:
    make_history(seed)
    limit = timezone.now() - timedelta(hours=24)
    checked = with_price_check(Product.objects.filter(status="SALE"))
    slow = [row.pk for row in checked if row.price_checked_at is None or row.price_checked_at < limit]  # type: ignore[attr-defined]
    assert sorted(select_stale().values_list("pk", flat=True)) == sorted(slow)


def test_posts_with_stale_prices_are_counted_once_and_only_while_live() -> None:
    first, second = make_product(1), make_product(2)
    for product, content_id, is_live in ((first, 5, True), (second, 5, True), (first, 6, False)):
        Placement.objects.create(product=product, content_id=content_id, revision_shown=1, is_live=is_live)
    assert [row["content_id"] for row in select_posts_with_stale_prices()] == [5]
    CatalogueScan.objects.create(store=make_store(), scanned_at=timezone.now(), is_complete=True)
    assert not select_posts_with_stale_prices().exists()
    assert not select_stale().filter(Q(pk=first.pk) | Q(pk=second.pk)).exists()


@pytest.mark.parametrize(("hours", "is_old"), [(3, False), (2, True)])
def test_the_list_readiness_the_api_and_the_counts_follow_the_setting(
    hours: int, is_old: bool, settings: Settings, admin_client: Client
) -> None:
    settings.PRICE_STALE_HOURS = hours
    product = make_product(1, image_url="https://example.com/picture.jpg")
    Placement.objects.create(product=product, content_id=5, revision_shown=1, is_live=True)
    CatalogueScan.objects.create(
        store=make_store(), scanned_at=timezone.now() - timedelta(hours=2, minutes=30), is_complete=True
    )
    seen = with_price_check(Product.objects.all()).get()
    assert [wanted.code for wanted in list_missing(seen)] == (["fresh"] if is_old else [])
    assert Product.objects.filter(is_ready()).exists() is not is_old
    page = admin_client.get("/admin/catalog/product/?price=stale")
    assert len(page.context["cl"].result_list) == is_old
    assert f"{hours}시간 넘음" in page.content.decode()
    assert len(admin_client.get("/api/v1/products/?stale=true").json()["results"]) == is_old
    assert (count_stale_prices(), select_posts_with_stale_prices().count()) == (is_old, is_old)
