"""Typed-in prices are found with their exact place, and what only looks like one is left alone."""

import json
import re
from itertools import product
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from content.disclosure.literals import KINDS, Literal, find_literals
from content.disclosure.literals_score import Score
from tests.support.data import find_shared_data

pytestmark = pytest.mark.once

HERE = Path(__file__).parent
_MARKED = re.compile(r"<<([a-z_]+)\|(.*?)>>")


def read_lines(name: str) -> list[str]:
    lines = (HERE / name).read_text("utf-8").splitlines()
    return [line for line in lines if line and not line.startswith("# ")]


def read_marked(line: str) -> tuple[str, list[tuple[int, int, str]]]:
    """A sentence without its marks, and what they mark."""
    text, spans, at = "", [], 0
    for mark in _MARKED.finditer(line):
        text += line[at : mark.start()]
        spans.append((len(text), len(text) + len(mark[2]), mark[1]))
        text += mark[2]
        at = mark.end()
    return text + line[at:], spans


def show(found: tuple[Literal, ...]) -> list[tuple[int, int, str]]:
    return [(one.start, one.end, one.kind) for one in found]


@pytest.mark.parametrize("line", read_lines("sentences.txt"))
def test_literals_are_found_with_their_exact_place_and_kind(line: str) -> None:
    text, spans = read_marked(line)
    assert show(find_literals(text)) == spans


@pytest.mark.parametrize("line", read_lines("near_misses.txt") + read_lines("money_without_offer.txt"))
def test_near_misses_are_left_alone(line: str) -> None:
    assert find_literals(line) == ()


def test_every_kind_is_tried() -> None:
    tried = {kind for line in read_lines("sentences.txt") for _start, _end, kind in read_marked(line)[1]}
    assert tried == set(KINDS)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("29,900원", 29_900),
        ("29.900원", 29_900),
        ("２９，９００원", 29_900),
        ("2만9천원", 29_000),
        ("2만 9,900원", 29_900),
        ("이만구천원", 29_000),
        ("만이천원", 12_000),
        ("백이십만 원", 1_200_000),
        ("1.5만원", 15_000),
        ("3만5천9백원", 35_900),
        ("1억 2천만 원", 120_000_000),
        ("육천 원", 6_000),
        ("칠백원", 700),
        ("2~3만원", 20_000),
        ("15,000~19,000원", 15_000),
        ("₩29,900", 29_900),
        ("29,900 KRW", 29_900),
        ("100g당 1,200원", 1_200),
        ("5,000원 쿠폰", 5_000),
        ("30% 할인", None),
        ("5 만원", 50_000),
        ("이삼만 원", 20_000),
        ("$19.99", None),
        ("무료배송", None),
    ],
)
def test_the_value_is_in_won_where_there_is_one(text: str, value: int | None) -> None:
    assert [one.value for one in find_literals(text)] == [value]


def test_a_literal_knows_its_rule_and_what_to_write_instead() -> None:
    price, benefit = find_literals("29,900원에 무료배송")
    assert (price.rule_id, price.placeholder) == ("price.won", "{{ price:match }}")
    assert (benefit.rule_id, benefit.placeholder) == ("benefit.word", "{{ benefit:match }}")


def test_hidden_parts_of_a_page_are_not_read_and_texts_for_some_readers_are() -> None:
    html = '<!-- 29,900원 --><script>var p="29,900원"</script><style>a{}</style><img alt="9,900원 컵" data-p="1,000원">'
    assert [(html[one.start : one.end], one.kind) for one in find_literals(html, format="html")] == [
        ("9,900원", "price")
    ]


def test_cells_and_paragraphs_do_not_join_their_numbers() -> None:
    html = "<td>2</td><td>900원</td><p>1</p><p>500원</p>"
    assert [one.value for one in find_literals(html, format="html")] == [900, 500]


def test_lines_that_only_the_source_breaks_are_read_as_one() -> None:
    html = "<p>\n  지금 <b>29,900</b>\n    <i>원</i>,\r\n  30%\n  추가 할인</p>\n<td>2</td>\n  <td>900원</td>"
    assert [(html[one.start : one.end], one.value) for one in find_literals(html, format="html")] == [
        ("29,900</b>\n    <i>원", 29_900),
        ("30%\n  추가 할인", None),
        ("900원", 900),
    ]


AMOUNTS = ("29,900원", "2만9천 원", "만원", "오천 원", "170만원", "１２,９００원", "이만구천원")
FORMS = {
    "price": ("{}",),
    "approx": ("{}대", "{} 초반", "{}대 후반", "{} 이하", "{} 이상", "{} 미만", "{} 안팎", "{} 선"),
    "unit_price": ("100g당 {}", "개당 {}", "한 장당 {}"),
    "discount": ("{} 할인", "{} 추가 할인", "{} 즉시할인", "{} 세일"),
    "coupon": ("{} 쿠폰", "{} 할인쿠폰", "{} 첫구매 쿠폰", "쿠폰 {}"),
    "benefit": ("적립금 {}", "포인트 {}"),
}
HEADS = ("", "지금 ", "약 ", "최대 ", "SM-R510은 ", "2024년엔 ")
TAILS = ("이에요.", "입니다.", "으로 봐요.", "까지예요.", " 정도예요.", "!", ", 배송은 따로", "(세금 포함)")


@pytest.mark.parametrize(("kind", "form"), [(kind, form) for kind, forms in FORMS.items() for form in forms])
def test_a_literal_keeps_its_bounds_whatever_stands_around_it(kind: str, form: str) -> None:
    for amount, head, tail in product(AMOUNTS, HEADS, TAILS):
        literal = form.format(amount)
        text = f"{head}{literal}{tail}"
        assert [(text[one.start : one.end], one.kind) for one in find_literals(text)] == [(literal, kind)], text


@pytest.mark.parametrize("number", ["3", "1,200", "10,000", "2만", "만", "오천", "1.5", "29,900", "1만 2천"])
def test_numbers_of_other_things_are_left_alone(number: str) -> None:
    units = "명 개월 시간 번 회 km g ml mAh W mm 장 건 보 걸음 일 년 층 인용 리 점 배 위 마리 화소 % ℃ 평 ㎡ Hz GB 개입 뷰 표 벌 분 초 세"
    for unit, tail in product(units.split(), (" 정도예요.", "입니다.", "까지 돼요.")):
        assert find_literals(f"이건 {number}{unit}{tail}") == ()


def test_an_unknown_format_is_refused() -> None:
    with pytest.raises(ValueError, match="format: 'pdf'"):
        find_literals("", format="pdf")


@pytest.mark.parametrize("format", ["text", "html"])
@pytest.mark.parametrize(
    "unit",
    [
        "<", "<b", "<!--", "<script>", "&#", "&amp;", "{{", "{{ price:", "}}", "1,", "1", "만", "만 ", "이만", "가", "₩", "a",
        "1+", "%", "당 1", "쿠폰", ".jpg", "*", "\\", "~", "￥", "\u202e", "👨‍👩‍👧", "\u1100", "<a b='", "http://", "가 1,000원 할인 쿠폰 ",
        "  ", "\n ", " \n", "\t", "5 ", "5 만 ", "<b> </b> ", "€9,",
    ],
)  # fmt: skip
def test_a_long_run_of_anything_ends_soon(unit: str, format: str) -> None:
    """Time is linear: what would grow by the square would take hours here."""
    text = unit * (200_000 // len(unit)) + " 29,900원"
    assert all(one.end <= len(text) for one in find_literals(text, format=format))


@given(
    st.text(
        alphabet=st.sampled_from("0123456789,.만천백원 %할인쿠폰₩$~-<b>/&;#{}*\\\u202e１\u3000당+a😀\n\t\r"),
        max_size=80,
    )
)
def test_whatever_is_written_spans_lie_inside_and_apart(text: str) -> None:
    for format in ("text", "html"):
        last = 0
        for one in find_literals(text, format=format):
            assert last <= one.start < one.end <= len(text)
            assert one.kind in KINDS
            last = one.end


def test_the_labelled_set_is_met() -> None:
    """The goals on the shared set; a set of the same kind is judged elsewhere."""
    score = Score()
    for line in find_shared_data("price_literals/dev.jsonl").read_text("utf-8").splitlines():
        row = json.loads(line)
        spans = [(start, end, kind) for start, end, kind in row["spans"]]
        score.add(row["id"], find_literals(row["text"]), spans, is_hard=row["hard"])
    summary = score.summarise()
    assert summary["overlap_recall"] >= 0.99
    assert summary["exact_recall"] >= 0.95
    assert summary["easy_flagged"] == 0
