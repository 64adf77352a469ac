"""Versions of the rules: tried before they are saved, in force afterwards, never lost to a second editor."""

from dataclasses import replace
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from content.matching.defaults import DEFAULT_RULESET
from content.matching.models import MatchDecision, MatchHistory, Ruleset
from content.matching.rules import RulesetSpec, RuleSpec
from content.matching.rulesets import preview_ruleset, save_ruleset
from content.matching.selectors import get_active_ruleset, get_ruleset
from content.matching.services import match_post, read_ruling
from content.refresh.models import RefreshEntry
from perfhooks.versions import VersionConflict, VersionRefused
from products.catalog.models import Product
from tests.content.factories import CUP, drain, get_product, make_post, make_shop

pytestmark = pytest.mark.django_db


def draft(*rules: RuleSpec, **changes: Any) -> RulesetSpec:
    return replace(get_active_ruleset(), rules=rules, **changes)


def save(*rules: RuleSpec, based_on: int = 1, **changes: Any) -> int:
    return save_ruleset(draft=draft(*rules, **changes), based_on=based_on, actor="kim", note="시험").version


def make_cleaners() -> None:
    make_shop(
        {"number": 1, "name": "무선 청소기", "price": 90_000, "discounted_price": 90_000},
        {"number": 2, "name": "무선 청소기 큰 것", "price": 300_000, "discounted_price": 300_000},
        {"number": 3, "name": "머그컵", "category": CUP, "brand": "한빛"},
    )


def test_a_new_ledger_has_the_default_version() -> None:
    assert get_active_ruleset() == DEFAULT_RULESET
    assert Ruleset.objects.get().intents.count() == len(DEFAULT_RULESET.intents)
    Ruleset.objects.all().delete()
    assert get_active_ruleset() is DEFAULT_RULESET


def test_a_saved_version_reads_back_as_it_was_written() -> None:
    rule = RuleSpec("winter", "겨울", "buy", "식품", 1, 2, "low", ("11-01", "02-28"), "my-store", 2.0, "cro_compare")
    version = save(rule, readings={"드라이기": "드라이어"}, name="겨울 판")
    held = get_ruleset(version)
    assert (held.rules, held.readings, held.name, held.intents) == (
        (rule,),
        {"드라이기": "드라이어"},
        "겨울 판",
        DEFAULT_RULESET.intents,
    )
    assert list(Ruleset.objects.order_by("version").values_list("version", "is_active", "based_on")) == [
        (1, False, None),
        (2, True, 1),
    ]


def test_a_weight_moves_the_choice_and_the_decision_says_so() -> None:
    make_cleaners()
    post = make_post("본문", title="무선 청소기")
    assert match_post(post_id=post.pk).sku == "JB-1"
    save(RuleSpec("dear", "비싼 것", price_least=200_000, weight=5.0))
    assert match_post(post_id=post.pk).sku == "JB-2"
    decision = MatchDecision.objects.get()
    assert (decision.ruleset_version, decision.score_parts["rules"], decision.score_parts["weight"]) == (
        2,
        ["dear"],
        5.0,
    )
    assert decision.score == pytest.approx(5 * decision.score_parts["base"], abs=1e-3)
    assert set(decision.score_parts["words"]) == {"무선", "청소기"}
    assert [row["sku"] for row in decision.runner_ups] == ["JB-1"]


def test_a_weight_of_zero_forbids_and_the_fallback_says_why() -> None:
    make_cleaners()
    post = make_post("본문", title="머그컵")
    save(RuleSpec("no-cups", "컵은 빼기", category=CUP.path, weight=0.0))
    outcome = match_post(post_id=post.pk)
    assert (outcome.rule_id, outcome.product_id) == ("none", None)
    assert "규칙이 막았습니다" in outcome.fallback_reason


def test_a_rule_chooses_the_template() -> None:
    make_cleaners()
    post = make_post("본문", title="무선 청소기")
    save(RuleSpec("tables", "비싸면 비교", price_least=50_000, template_id="cro_compare"))
    assert match_post(post_id=post.pk).template_id == "cro_compare"


def test_intents_are_data() -> None:
    make_cleaners()
    post = make_post("본문", title="무선 청소기 언박싱")
    assert match_post(post_id=post.pk).rule_id == "any_word"
    first, *rest = DEFAULT_RULESET.intents
    unboxing = replace(first, code="unboxing", name="언박싱", words=("언박싱",), takes_tables=False)
    save(intents=(unboxing, first, *rest))
    assert match_post(post_id=post.pk).rule_id == "all_words"
    decision = MatchDecision.objects.get()
    assert (decision.intent, decision.template_id) == ("unboxing", "cro_compare")


def test_readings_replace_words() -> None:
    make_cleaners()
    post = make_post("본문", title="진공기")
    assert match_post(post_id=post.pk).rule_id == "none"
    save(readings={"진공기": "무선 청소기"})
    assert match_post(post_id=post.pk).rule_id == "all_words"


def test_a_preview_counts_changes_and_writes_nothing() -> None:
    make_cleaners()
    for number in range(3):
        make_post("본문", slug=f"a-{number}", title="무선 청소기")
    make_post("본문", slug="b", title="머그컵")
    make_post("본문", slug="c", title="무선 청소기", status="draft")
    before = (Ruleset.objects.count(), MatchDecision.objects.count(), RefreshEntry.objects.count())
    preview = preview_ruleset(draft=draft(RuleSpec("dear", "비싼 것", price_least=200_000, weight=5.0)))
    assert (preview.posts, len(preview.changed), preview.count("sku"), preview.count("template_id")) == (4, 3, 3, 0)
    assert {(post.before.sku, post.after.sku) for post in preview.changed} == {("JB-1", "JB-2")}
    assert (Ruleset.objects.count(), MatchDecision.objects.count(), RefreshEntry.objects.count()) == before
    assert preview_ruleset(draft=get_active_ruleset()).changed == ()


@pytest.mark.parametrize("posts", [1, 40])
def test_a_preview_asks_the_same_for_any_number_of_posts(posts: int, django_assert_max_num_queries: Any) -> None:
    make_cleaners()
    for number in range(posts):
        make_post("본문", slug=f"a-{number}", title="무선 청소기")
    read_ruling()
    with django_assert_max_num_queries(6):
        preview_ruleset(draft=draft(RuleSpec("dear", "비싼 것", price_least=200_000, weight=5.0)))


def test_saving_queues_the_posts_that_change() -> None:
    make_cleaners()
    changed = make_post("본문", slug="a", title="무선 청소기")
    make_post("본문", slug="b", title="머그컵")
    drain()
    saved = save_ruleset(
        draft=draft(RuleSpec("dear", "비싼 것", price_least=200_000, weight=5.0)), based_on=1, actor="kim"
    )
    assert saved.enqueued == 1
    assert list(RefreshEntry.objects.filter(state="queued").values_list("post", flat=True)) == [changed.pk]


def test_whoever_saves_second_is_told_so() -> None:
    save(name="먼저")
    with pytest.raises(VersionConflict, match=r"kim님이 2판을 저장했습니다\(바탕은 1판"):
        save(name="나중")
    assert get_active_ruleset().name == "먼저"
    assert save(name="다시", based_on=2) == 3


def test_two_active_versions_cannot_be() -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        Ruleset.objects.create(version=9, name="둘째", is_active=True, created_at=timezone.now())


def test_what_must_not_be_saved_is_refused_with_every_reason() -> None:
    with pytest.raises(VersionRefused) as refused:
        save(RuleSpec("a", "가", template_id="cro_gone", intent="gone"))
    assert len(refused.value.faults) == 2
    assert Ruleset.objects.count() == 1


def test_a_template_that_is_gone_gives_way() -> None:
    make_cleaners()
    row = Ruleset.objects.get()
    row.intents.update(template_id="cro_gone")
    Ruleset.objects.update(created_at=row.created_at.replace(year=2025))
    assert match_post(post_id=make_post("본문").pk).template_id == "cro_buy"


@pytest.mark.parametrize(
    "change", [{"stock": 0}, {"status": "SUSPENSION"}, {"status": "OUTOFSTOCK"}, {"hold": True}, {"status": "DELETE"}]
)
def test_what_went_after_the_index_was_built_never_wins(change: dict[str, Any]) -> None:
    make_cleaners()
    post = make_post("본문", title="무선 청소기")
    assert match_post(post_id=post.pk).sku == "JB-1"
    Product.objects.filter(pk=get_product(1).pk).update(**change)  # without a word to the index
    assert match_post(post_id=post.pk).sku == "JB-2"
    Product.objects.filter(pk=get_product(2).pk).update(**change)
    outcome = match_post(post_id=post.pk)
    assert (outcome.product_id, outcome.is_fallback) == (None, True)
    assert "그사이" in outcome.fallback_reason


def test_history_grows_by_what_is_news() -> None:
    make_cleaners()
    post = make_post("본문", title="무선 청소기 비교")
    match_post(post_id=post.pk)
    match_post(post_id=post.pk)
    assert list(MatchHistory.objects.values_list("sku", "rule_id", "intent", "ruleset_version")) == [
        ("JB-1", "all_words", "compare", 1)
    ]
