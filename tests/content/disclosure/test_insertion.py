"""The disclosure: unconditional, first, dated, and inserted once."""

import re
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from content.disclosure.insertion import forget_price_time, format_price_line, place_disclosure
from content.disclosure.services import insert_disclosure
from content.disclosure.texts import TEXTS
from content.posts.models import Relationship
from perfhooks.recorder import Recorder

AS_OF = datetime(2026, 11, 21, 15, 30, tzinfo=UTC)
pytestmark = pytest.mark.django_db

PAGE = '<p>글 <a href="https://shop.example/1">링크</a></p><p><img src="01_a.jpg" alt=""></p>\n'
CONDITIONAL = re.compile(r"수 있|발생할|소정의|체험단|협력|파트너")


def test_every_relationship_has_its_own_sentence() -> None:
    assert set(TEXTS) == set(Relationship.values)
    assert len({text.sentence for text in TEXTS.values()}) == len(TEXTS)
    for name, text in TEXTS.items():
        assert re.fullmatch(rf"{name}\.\d+", text.version)


@pytest.mark.parametrize("relationship", sorted(TEXTS))
def test_sentences_are_plain_and_without_condition(relationship: str) -> None:
    sentence = TEXTS[relationship].sentence
    assert not CONDITIONAL.search(sentence)
    assert re.search(r"(니다)\.$", sentence)
    assert re.match(r"\[(광고|협찬|유료광고)\]", sentence)


def test_it_stands_before_the_first_image_and_link_with_the_korean_time() -> None:
    html, version, _problems = insert_disclosure(PAGE, relationship="own_product", as_of=AS_OF)
    assert version == "own_product.1"
    assert html.index("직접 판매하는 상품입니다") < min(html.index("<a "), html.index("<img"))
    assert "가격은 2026-11-22 00:30 기준이며 이후 바뀔 수 있습니다." in html
    assert html.endswith(PAGE)


def test_without_prices_there_is_no_time() -> None:
    html, _version, _problems = insert_disclosure(PAGE, relationship="paid_ad", as_of=None)
    assert "가격은" not in html


@given(st.text(max_size=300), st.sampled_from(sorted(TEXTS)))
def test_the_second_time_leaves_every_byte_alone(text: str, relationship: str) -> None:
    sentence = TEXTS[relationship]
    once = place_disclosure(text, text=sentence, as_of=AS_OF)
    twice = place_disclosure(once, text=sentence, as_of=AS_OF)
    assert twice == once


def test_another_relationship_or_time_takes_the_old_ones_place() -> None:
    once, _version, _problems = insert_disclosure(PAGE, relationship="own_product", as_of=AS_OF)
    other, _version, _problems = insert_disclosure(once, relationship="free_sample", as_of=None)
    assert other == insert_disclosure(PAGE, relationship="free_sample", as_of=None)[0]


def test_an_unknown_relationship_is_refused_by_name() -> None:
    with pytest.raises(ValueError, match="'friend'의 고지문이 없습니다"):
        insert_disclosure(PAGE, relationship="friend", as_of=None)


def test_only_the_time_of_its_own_line_is_forgotten() -> None:
    line = format_price_line(AS_OF)
    text = f"{line} 본문: {line}"
    later = AS_OF.replace(hour=16)
    assert forget_price_time(text, as_of=AS_OF).endswith(f"본문: {line}")
    assert forget_price_time(line, as_of=AS_OF) == forget_price_time(format_price_line(later), as_of=later)


def test_it_is_timed() -> None:
    with Recorder() as recorder:
        insert_disclosure(PAGE, relationship="own_product", as_of=None)
    assert len(recorder.samples("disclaimer_injection_seconds")) == 1
