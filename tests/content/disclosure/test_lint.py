"""Disclosure sentences: plain ones pass, conditional and vague ones are refused with the way out; the rules are data."""

from datetime import date
from pathlib import Path

import pytest

from content.disclosure.lint import lint_sentence
from content.disclosure.rules import RULES_FILE, RulesError, load_rules
from content.disclosure.texts import DEFAULTS
from content.posts.models import Relationship

pytestmark = pytest.mark.once


@pytest.mark.parametrize("language", sorted(DEFAULTS))
@pytest.mark.parametrize("relationship", Relationship.values)
def test_what_a_ledger_begins_with_passes(relationship: str, language: str) -> None:
    sentence = DEFAULTS[language][relationship].sentence
    assert lint_sentence(sentence, relationship=relationship, language=language) == []


@pytest.mark.parametrize(
    ("sentence", "relationship", "rule"),
    [
        ("이 글의 링크로 판매되면 수수료를 받을 수 있습니다.", "affiliate_commission", "kr-unconditional"),
        ("일정액의 수수료를 제공받을 수 있음", "affiliate_commission", "kr-unconditional"),
        ("소정의 수수료를 지급받습니다.", "affiliate_commission", "kr-unconditional"),
        ("구매하면 수수료가 발생할 수 있습니다.", "affiliate_commission", "kr-unconditional"),
        ("수수료를 받을 수도 있습니다.", "affiliate_commission", "kr-unconditional"),
        ("체험단으로 참여했습니다.", "free_sample", "kr-later-payment"),
        ("이 글은 홍보성 글입니다.", "paid_ad", "kr-later-payment"),
        ("일주일 사용해 봤습니다.", "free_sample", "kr-later-payment"),
        ("A사와 함께 합니다.", "sponsored_goods", "kr-later-payment"),
        ("Thanks to 한빛", "sponsored_goods", "kr-unconditional"),
        ("Partnership", "sponsored_goods", "kr-unconditional"),
        ("#협찬 제공받았습니다.", "sponsored_goods", "kr-unconditional"),
        ("수수료를 받을 ｓｕ 있음", "affiliate_commission", "kr-unconditional"),
        ("혹시 수수료를 받습니다.", "affiliate_commission", "kr-unconditional"),
        ("수수료를 받기도 합니다.", "affiliate_commission", "kr-unconditional"),
        ("가끔 수수료를 받습니다.", "affiliate_commission", "kr-unconditional"),
        ("수수료를 받습니다만 아닐 때도 있습니다.", "affiliate_commission", "kr-unconditional"),
        ("대부분 직접 판매하는 상품입니다.", "own_product", "kr-unconditional"),
        ("직접 판매하는 상품이 아닙니다.", "own_product", "kr-relations"),
        ("유료 광고가 아닙니다.", "paid_ad", "kr-relations"),
        ("이 회사 직원이 아니며 직접 샀습니다.", "family_or_staff", "kr-relations"),
    ],
)
def test_conditional_and_vague_wording_is_refused(sentence: str, relationship: str, rule: str) -> None:
    problems = lint_sentence(sentence, relationship=relationship)
    assert rule in {problem.rule for problem in problems}
    assert all(problem.message.startswith("문구: ") for problem in problems)


@pytest.mark.parametrize(
    ("sentence", "relationship"),
    [
        ("[광고]", "paid_ad"),
        ("대가성 광고", "paid_ad"),
        ("[협찬]", "sponsored_goods"),
        ("제품을 협찬받아 작성했습니다.", "sponsored_goods"),
        ("일정액의 수수료를 제공받습니다.", "affiliate_commission"),
        ("샘플을 무료로 받아 사용했습니다.", "free_sample"),
        ("업체로부터 제품을 무상으로 제공받아 작성하였습니다.", "free_sample"),
        ("원고료 없이 제품만 무료로 제공받았고 의견에는 영향을 주지 않았습니다.", "free_sample"),
        ("업체로부터 원고료를 지급받아 작성한 글입니다.", "paid_ad"),
        ("판매자는 제 배우자입니다.", "family_or_staff"),
        ("저희 스토어에서 직접 파는 제품이에요.", "own_product"),
    ],
)
def test_plain_wording_passes(sentence: str, relationship: str) -> None:
    assert lint_sentence(sentence, relationship=relationship) == []


@pytest.mark.parametrize(
    ("sentence", "relationship"),
    [
        ("I may earn a commission from links in this post.", "affiliate_commission"),
        ("Affiliate link", "affiliate_commission"),
        ("#ad", "paid_ad"),
        ("Collaboration", "sponsored_goods"),
        ("I do not earn a commission.", "affiliate_commission"),
        ("This isn't a paid ad.", "paid_ad"),
        ("Some of the links are affiliate links.", "affiliate_commission"),
    ],
)
def test_weak_english_is_refused(sentence: str, relationship: str) -> None:
    assert lint_sentence(sentence, relationship=relationship, language="en")


@pytest.mark.parametrize(
    ("sentence", "relationship", "words"),
    [
        ("", "own_product", "한 문장 이상"),
        ("이 글은 광고입니다.", "affiliate_commission", "수수료를 지급받습니다"),
        ("직접 판매하는 상품입니다.<b>", "own_product", "태그"),
        ("직접 판매하는 상품입니다. {{ price:match }}", "own_product", "자리표시"),
        ("직접 판매하는 상품" * 60 + "입니다.", "own_product", "300자"),
        ("직접 판매하는 상품", "own_product", "평서문"),
    ],
)
def test_a_sentence_must_say_the_relationship_in_plain_words(sentence: str, relationship: str, words: str) -> None:
    assert any(words in problem.message for problem in lint_sentence(sentence, relationship=relationship))


def test_rules_have_dates_and_sources_and_hold_from_their_day() -> None:
    rules = load_rules()
    assert {rule.country for rule in rules.rules} == {"KR", "US"}
    assert all(rule.source and rule.text for rule in rules.rules)
    before = {rule.id for rule in rules.list_holding(date(2024, 11, 30))}
    after = {rule.id for rule in rules.list_holding(date(2024, 12, 1))}
    assert {"kr-first-part", "kr-unconditional"} <= after - before
    assert "kr-not-hidden" in before


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('country = "KR"', 'country = "JP"'),
        ('rule = "kr-unconditional"', 'rule = "none"'),
        ("[[rule]]", "[[rulle]]"),
        ("pattern = '소정의'", "pattern = '소(정의'"),
        ('source = "', 'sauce = "'),
        ("[[rule]]", "[[rule"),
    ],
)
def test_a_file_that_cannot_be_used_is_named(tmp_path: Path, old: str, new: str) -> None:
    path = tmp_path / "disclosure_rules.toml"
    path.write_text(RULES_FILE.read_text("utf-8").replace(old, new, 1), "utf-8")
    with pytest.raises(RulesError, match=r"disclosure_rules\.toml"):
        load_rules(path)
