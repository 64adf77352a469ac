"""Decisions as they are kept: with their reasons, only when they changed, and by the catalogue as it is now."""

from typing import Any

import pytest
from django.db import IntegrityError, transaction

from content.matching.decision import name_price_band
from content.matching.models import MatchDecision
from content.matching.selectors import count_decisions, get_decision
from content.matching.services import match_post, read_index
from products.catalog.edits import edit_product
from products.catalog.services import allocate_revision
from products.upsert.deletion import mark_deleted
from products.upsert.services import upsert_products
from tests.content.factories import CUP, change_products, get_product, make_post, make_shop
from tests.products.factories import EPOCH, make_product_row

pytestmark = pytest.mark.django_db


def test_a_decision_keeps_what_explains_it() -> None:
    make_shop({"number": 1}, {"number": 2, "stock": 2, "name": "온담 유선 청소기"})
    post = make_post("본문", title="유선 청소기 비교")
    outcome = match_post(post_id=post.pk)
    decision = MatchDecision.objects.get()
    assert (outcome.sku, outcome.rule_id, outcome.template_id) == ("JB-2", "all_words", "cro_compare")
    assert decision.product == get_product(2)
    assert decision.features == {
        "intent": "compare",
        "terms": ["유선", "청소기"],
        "skus": [],
        "has_table": False,
        "category": "디지털/가전>생활가전>청소기",
        "price_band": "30000-100000",
        "stock": "low",
        "store": "my-store",
    }
    assert (decision.revision, decision.is_fallback, decision.trace_id != "") == (1, False, True)
    assert decision.latency_ms > 0


def test_an_unchanged_decision_is_not_written(django_assert_max_num_queries: Any) -> None:
    make_shop({"number": 1})
    post = make_post("본문")
    assert match_post(post_id=post.pk).is_changed
    before = MatchDecision.objects.get()
    with django_assert_max_num_queries(8) as captured:
        assert not match_post(post_id=post.pk).is_changed
    assert [query for query in captured if query["sql"].startswith(("INSERT", "UPDATE"))] == []
    assert MatchDecision.objects.get().decided_at == before.decided_at


def test_a_new_catalogue_revision_is_seen_at_once() -> None:
    store = make_shop({"number": 1, "name": "무선 청소기"})
    post = make_post("본문", title="무선 청소기 거치대")
    assert match_post(post_id=post.pk).rule_id == "any_word"
    change_products(store, {"number": 2, "name": "무선 청소기 거치대"})
    assert match_post(post_id=post.pk).sku == "JB-2"
    change_products(store, {"number": 2, "name": "무선 청소기 거치대", "stock": 0, "status": "OUTOFSTOCK"})
    assert match_post(post_id=post.pk).sku == "JB-1"


def test_an_editors_priority_breaks_a_tie_without_a_new_revision() -> None:
    make_shop({"number": 1, "name": "무선 청소기"}, {"number": 2, "name": "무선 청소기"})
    post = make_post("본문", title="무선 청소기")
    assert match_post(post_id=post.pk).sku == "JB-1"
    edit_product(product_id=get_product(2).pk, priority=5, expected_version=0, actor="kim")
    assert match_post(post_id=post.pk).sku == "JB-2"


def test_a_fallback_says_why() -> None:
    make_shop(
        {"number": 1, "name": "온담 텀블러", "category": CUP, "stock": 0, "status": "OUTOFSTOCK"},
        {"number": 2, "name": "도자기 잔", "brand": "한빛", "description": "", "category": CUP},
    )
    outcome = match_post(post_id=make_post("본문", title="온담 텀블러").pk)
    assert (outcome.sku, outcome.rule_id, outcome.is_fallback) == ("JB-2", "category_best", True)
    assert "'온담 텀블러'(JB-1)" in outcome.fallback_reason
    assert count_decisions().fallback_ratio == 1.0


def test_nothing_fits_is_a_decision_too() -> None:
    make_shop({"number": 1})
    post = make_post("본문", title="우주여행")
    outcome = match_post(post_id=post.pk)
    assert (outcome.product_id, outcome.rule_id, outcome.is_fallback) == (None, "none", True)
    decision = get_decision(post.pk)
    assert decision is not None
    assert decision.product_id is None
    counts = count_decisions()
    assert (counts.total, counts.matched, counts.fallback) == (1, 0, 1)


def test_the_database_refuses_a_fallback_flag_that_contradicts_the_rule() -> None:
    make_shop({"number": 1})
    match_post(post_id=make_post("본문").pk)
    with pytest.raises(IntegrityError), transaction.atomic():
        MatchDecision.objects.update(is_fallback=True)


@pytest.mark.parametrize(
    ("price", "band"), [(1, "0-10000"), (10_000, "10000-30000"), (99_999, "30000-100000"), (5_000_000, "300000-")]
)
def test_price_bands(price: int, band: str) -> None:
    assert name_price_band(price) == band


def test_an_index_built_between_two_batches_of_a_run_does_not_stay_partial() -> None:
    store = make_shop({"number": 1, "name": "무선 청소기"})
    post = make_post("본문", title="무선 청소기 거치대")
    revision = allocate_revision(store_id=store.pk)

    def write(**product: Any) -> None:
        rows = [make_product_row(**product)]
        upsert_products(store_id=store.pk, rows=rows, revision=lambda: revision, observed_at=EPOCH)

    write(number=2, name="유선 청소기")
    assert match_post(post_id=post.pk).sku == "JB-1"
    write(number=3, name="무선 청소기 거치대")
    assert match_post(post_id=post.pk).sku == "JB-3"
    write(number=3, name="머그컵")
    assert match_post(post_id=post.pk).sku == "JB-1"
    write(number=3, name="무선 청소기 거치대")
    assert match_post(post_id=post.pk).sku == "JB-3"
    mark_deleted(store_id=store.pk, origin_product_nos=[3], revision=lambda: revision)
    assert match_post(post_id=post.pk).sku == "JB-1"


def test_the_index_is_built_once_while_no_product_is_written(django_assert_num_queries: Any) -> None:
    store = make_shop({"number": 1})
    first, _revision = read_index()
    change_products(store, {"number": 1})
    with django_assert_num_queries(2):
        assert read_index()[0] is first
