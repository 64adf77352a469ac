"""The sweeper: what nobody asked for and still must be done is found, and nothing is tried for ever."""

from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from content.cro.environment import TEMPLATE_VERSIONS
from content.disclosure.services import add_version
from content.matching.models import MatchDecision
from content.packages import recipe
from content.packages.selectors import get_current
from content.posts.models import Post
from content.refresh.models import RefreshEntry
from content.refresh.selectors import RETRY_REFUSED_AFTER
from content.refresh.services import (
    claim_entries,
    count_open,
    enqueue_unpackaged,
    finish_entry,
)
from content.times import korean_today
from products.catalog.batches import apply_batch, draft_batch, undo_batch
from products.catalog.edits import edit_product
from products.catalog.models import Product
from tests.content.conftest import PictureShop
from tests.content.factories import (
    CUP,
    change_products,
    drain,
    draw_picture,
    get_product,
    make_post,
    make_shop,
    process,
)

pytestmark = pytest.mark.django_db


def get_entry() -> RefreshEntry:
    return RefreshEntry.objects.latest("id")


def test_a_post_without_entry_and_package_is_queued_once() -> None:
    make_post()
    RefreshEntry.objects.all().delete()
    assert (enqueue_unpackaged(), enqueue_unpackaged()) == (1, 0)
    assert get_entry().reason == "unpackaged"


def test_a_packaged_post_and_a_draft_are_left_alone() -> None:
    process(make_post())
    make_post(slug="draft", status="draft")
    RefreshEntry.objects.all().delete()
    assert enqueue_unpackaged() == 0


def test_a_post_refused_for_its_own_fault_is_left_in_peace_until_it_changes() -> None:
    make_post("{{ price:JB-404 }}")
    drain("refused")
    assert enqueue_unpackaged() == 0


def test_a_post_refused_for_another_reason_is_tried_again_even_if_packaged() -> None:
    process(make_post())
    [entry] = claim_entries(limit=1)
    finish_entry(entry_id=entry.id, outcome="refused", reason="디스크에 빈 공간이 없습니다.")
    assert enqueue_unpackaged() == 1
    drain()
    assert enqueue_unpackaged() == 0


def test_a_package_whose_file_is_gone_is_built_again() -> None:
    post = make_post()
    path = Path(process(post).path)
    drain()
    assert enqueue_unpackaged() == 0
    path.unlink()
    assert (enqueue_unpackaged(), enqueue_unpackaged()) == (1, 0)
    assert get_current(post.pk) is None, "nothing to post from"
    assert process(post).status == "built"
    drain()
    assert enqueue_unpackaged() == 0
    assert path.is_file()


def test_a_lost_package_of_a_draft_or_of_a_broken_post_queues_nothing_for_ever() -> None:
    draft, broken = make_post(slug="draft"), make_post(slug="broken")
    paths = [Path(process(post).path) for post in (draft, broken)]
    drain()
    make_post(slug="draft", status="draft")
    make_post("{{ price:JB-404 }}", slug="broken")
    drain("refused")
    for path in paths:
        path.unlink()
    assert enqueue_unpackaged() == 1
    drain("refused")
    assert enqueue_unpackaged() == 0


@pytest.mark.parametrize("raised", ["recipe", "template", "disclosure"])
def test_what_older_code_made_is_built_again_without_a_change_of_a_product(
    raised: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_shop({"number": 1})
    post = make_post("{{ price:JB-1 }}")
    process(post)
    drain()
    assert enqueue_unpackaged() == 0
    if raised == "recipe":
        monkeypatch.setattr(recipe, "RECIPE_VERSION", "9")
    elif raised == "template":
        monkeypatch.setitem(TEMPLATE_VERSIONS, "cro_buy", "raised")
    else:
        add_version(
            relationship="own_product", sentence="[광고] 직접 판매하는 상품입니다.", effective_from=korean_today()
        )
    assert enqueue_unpackaged() == 1
    assert get_entry().reason == "outdated"
    assert process(post).status == "built"
    drain()
    assert enqueue_unpackaged() == 0


def test_an_outdated_package_of_a_broken_post_is_tried_seldom(monkeypatch: pytest.MonkeyPatch) -> None:
    process(make_post())
    make_post("{{ price:JB-404 }}")
    drain("refused")
    monkeypatch.setattr(recipe, "RECIPE_VERSION", "9")
    assert enqueue_unpackaged() == 0
    RefreshEntry.objects.update(finished_at=timezone.now() - RETRY_REFUSED_AFTER)
    assert enqueue_unpackaged() == 1


def test_a_post_without_a_match_is_tried_again_whenever_the_catalogue_moved() -> None:
    store = make_shop({"number": 1, "name": "머그컵", "description": "", "category": CUP})
    post = make_post("{{ product:match }}", title="우주여행 망원경")
    for name, status in (("유리컵", "refused"), ("우주여행 망원경", "built")):
        [entry] = claim_entries(limit=1)
        assert process(post).status == "refused"
        finish_entry(entry_id=entry.id, outcome="refused")
        assert enqueue_unpackaged() == 0, "nothing moved since"
        change_products(store, {"number": 1, "name": "머그컵", "description": "", "category": CUP, "price": 990_000})
        assert enqueue_unpackaged() == 0, "another price is found by no other words"
        change_products(store, {"number": 2, "name": name, "description": "", "category": CUP})
        assert enqueue_unpackaged() == 1
        assert get_entry().reason == "catalogue_moved"
        assert process(post).status == status
    drain()
    change_products(store, {"number": 3, "name": "접시", "category": CUP})
    assert enqueue_unpackaged() == 0, "it has a product of its own now"


TUMBLER = {"number": 1, "name": "온담 텀블러", "description": "", "attributes": {}, "category": CUP}
GLASS = {"number": 2, "name": "도자기 잔", "brand": "한빛", "description": "", "category": CUP}


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ({"stock": 0}, {"stock": 3}),
        ({"name": "컵"}, {"name": "컵", "description": "온담 텀블러"}),
        ({"name": "컵"}, {"name": "컵", "attributes": {"종류": "텀블러"}}),
        ({"name": "컵"}, {"name": "컵", "sku": "TUMBLER-9", "seller_code": "TUMBLER-9"}),
    ],
    ids=["back in stock", "description", "attribute", "SKU"],
)
def test_a_fallback_is_tried_again_when_a_product_may_be_found(before: dict[str, Any], after: dict[str, Any]) -> None:
    plate = {"number": 3, "name": "접시", "brand": "다른", "description": "", "category": CUP}
    store = make_shop({**TUMBLER, "brand": "", **before}, GLASS, plate)
    post = make_post("본문", title="온담 텀블러 TUMBLER-9")
    process(post)
    drain()
    assert MatchDecision.objects.get().is_fallback
    change_products(store, {**TUMBLER, "brand": "", **before, "price": 999_000}, {**plate, "stock": 2})
    assert enqueue_unpackaged() == 0, "another price or number in stock finds nothing"
    change_products(store, {**TUMBLER, "brand": "", **before, "price": 999_000, **after})
    assert enqueue_unpackaged() == 1
    assert get_entry().reason == "catalogue_moved"
    process(post)
    assert MatchDecision.objects.get().product == get_product(1)


@pytest.mark.parametrize("way", ["one", "batch", "undone batch"])
def test_a_fallback_is_tried_again_when_a_product_is_released(way: str, admin_user: User) -> None:
    make_shop(TUMBLER, GLASS)
    product = get_product(1)
    batch = draft_batch(products=Product.objects.filter(pk=product.pk), kind="hold", actor_id=admin_user.pk)
    apply_batch(batch_id=batch.pk, actor_id=admin_user.pk)
    post = make_post("본문", title="온담 텀블러")
    process(post)
    drain()
    assert MatchDecision.objects.get().is_fallback
    edit_product(product_id=get_product(2).pk, priority=5, expected_version=0, actor="kim")
    assert enqueue_unpackaged() == 0, "another priority finds nothing"
    if way == "one":
        edit_product(product_id=product.pk, priority=0, hold=False, expected_version=1, actor="kim")
    elif way == "batch":
        release = draft_batch(products=Product.objects.filter(pk=product.pk), kind="release", actor_id=admin_user.pk)
        apply_batch(batch_id=release.pk, actor_id=admin_user.pk)
    else:
        undo_batch(batch_id=batch.pk, actor_id=admin_user.pk)
    assert enqueue_unpackaged() == 1
    process(post)
    assert MatchDecision.objects.get().product == product


def test_a_fallback_gives_way_to_the_product_that_appears() -> None:
    store = make_shop(
        {"number": 1, "name": "온담 텀블러", "category": CUP, "stock": 0, "status": "OUTOFSTOCK"},
        {"number": 2, "name": "도자기 잔", "brand": "한빛", "description": "", "category": CUP},
    )
    post = make_post("본문", title="온담 텀블러")
    [entry] = claim_entries(limit=1)
    process(post)
    assert MatchDecision.objects.get().product == get_product(2)
    finish_entry(entry_id=entry.id)
    change_products(store, {"number": 3, "name": "온담 텀블러", "category": CUP})
    assert enqueue_unpackaged() == 1
    process(post)
    assert MatchDecision.objects.get().product == get_product(3)


def test_one_bad_answer_of_a_picture_server_does_not_stick(picture_shop: PictureShop) -> None:
    url = picture_shop.put("/a.jpg", b"<html>just a moment</html>")
    make_shop({"number": 1, "image_url": url})
    post = make_post("{{ product:JB-1 }}")
    Post.objects.update(updated_at=timezone.now() - 2 * RETRY_REFUSED_AFTER)
    assert process(post).status == "refused"
    drain("refused")
    picture_shop.put("/a.jpg", draw_picture())
    assert enqueue_unpackaged() == 0, "not at once"
    RefreshEntry.objects.update(finished_at=timezone.now() - RETRY_REFUSED_AFTER)
    assert (enqueue_unpackaged(), enqueue_unpackaged()) == (1, 0)
    assert process(post).status == "built"
    drain()
    RefreshEntry.objects.update(finished_at=timezone.now() - RETRY_REFUSED_AFTER)
    assert enqueue_unpackaged() == 0


def test_another_picture_in_the_shop_queues_the_post_at_once(picture_shop: PictureShop) -> None:
    store = make_shop({"number": 1, "image_url": picture_shop.put("/a.jpg", b"no picture")})
    post = make_post("{{ product:JB-1 }}")
    process(post)
    drain("refused")
    change_products(store, {"number": 1, "image_url": picture_shop.put("/b.jpg", draw_picture())})
    assert count_open() == 1
    assert process(post).status == "built"
