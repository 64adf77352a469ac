"""Pins: before words, after a SKU in the body, and never a product that cannot be sold."""

import pytest

from content.matching.models import Pin
from content.matching.services import PinRefused, match_post, pin_product
from content.refresh.models import RefreshEntry
from tests.content.factories import change_products, drain, make_post, make_shop

pytestmark = pytest.mark.django_db
SHOP = ({"number": 1, "name": "무선 청소기"}, {"number": 2, "name": "머그컵"})


def test_a_pin_goes_before_words_and_after_a_sku() -> None:
    make_shop(*SHOP)
    post = make_post("본문", title="무선 청소기")
    drain()
    done = pin_product(post_id=post.pk, sku="JB-2", actor="kim", note="행사")
    assert (done.is_changed, done.enqueued) == (True, 1)
    outcome = match_post(post_id=post.pk)
    assert (outcome.sku, outcome.rule_id, outcome.is_fallback) == ("JB-2", "pinned", False)
    named = make_post("{{ product:JB-1 }}", slug="named", title="머그컵")
    pin_product(post_id=named.pk, sku="JB-2", actor="kim")
    assert match_post(post_id=named.pk).rule_id == "exact_sku"


def test_a_pin_that_sells_out_gives_way_and_comes_back() -> None:
    store = make_shop(*SHOP)
    post = make_post("본문", title="무선 청소기")
    pin_product(post_id=post.pk, sku="JB-2", actor="kim")
    change_products(store, {"number": 2, "name": "머그컵", "stock": 0, "status": "OUTOFSTOCK"})
    assert match_post(post_id=post.pk).sku == "JB-1"
    change_products(store, {"number": 2, "name": "머그컵"})
    assert match_post(post_id=post.pk).rule_id == "pinned"


def test_the_same_pin_twice_and_letting_go() -> None:
    make_shop(*SHOP)
    post = make_post("본문", title="무선 청소기")
    assert pin_product(post_id=post.pk, sku="JB-2", actor="kim").is_changed
    drain()
    assert not pin_product(post_id=post.pk, sku="JB-2", actor="lee").is_changed
    assert RefreshEntry.objects.filter(state="queued").count() == 0
    assert pin_product(post_id=post.pk, sku="", actor="kim").is_changed
    assert not Pin.objects.exists()
    assert match_post(post_id=post.pk).rule_id == "all_words"


def test_what_cannot_be_sold_or_found_is_refused() -> None:
    make_shop({"number": 1, "stock": 0, "status": "OUTOFSTOCK"})
    post = make_post("본문")
    with pytest.raises(PinRefused, match="지금 팔지 않습니다"):
        pin_product(post_id=post.pk, sku="JB-1", actor="kim")
    with pytest.raises(PinRefused, match="SKU 'JB-9'"):
        pin_product(post_id=post.pk, sku="JB-9", actor="kim")
