"""Placeholders: every one is found with its line, a wrong one is explained, and none is ever evaluated."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from content.posts.placeholders import Placeholder, parse_body


def test_all_kinds_are_read_with_their_lines() -> None:
    body = "가격 {{ price:AB-1 }}과 {{price:match}}\n\n{{ product:AB-1 }}\n{{ table }}\n{{ ad:in_article }}\n{{ cta:무선 1호 }}"
    assert parse_body(body).placeholders == (
        Placeholder("price", "AB-1", 1, is_alone=False),
        Placeholder("price", "match", 1, is_alone=False),
        Placeholder("product", "AB-1", 3, is_alone=True),
        Placeholder("table", "", 4, is_alone=True),
        Placeholder("ad", "in_article", 5, is_alone=True),
        Placeholder("cta", "무선 1호", 6, is_alone=True),
    )
    assert parse_body(body).findings == ()
    assert parse_body(body).skus == ("AB-1", "무선 1호")


@pytest.mark.parametrize(
    ("text", "kind", "words"),
    [
        ("{{ prodct:AB-1 }}", "unknown_placeholder", "{{ product:SKU }}"),
        ("{{ Price:AB-1 }}", "unknown_placeholder", "{{ price:SKU }}"),
        ("{{ 7*7 }}", "unknown_placeholder", "쓸 수 있는 것"),
        ("{{ price }}", "bad_argument", "값이 없습니다"),
        ("{{ price: }}", "bad_argument", "값이 없습니다"),
        ("{{ table: }}", "bad_argument", "값 없이"),
        ("{{ table:두 번째 }}", "bad_argument", "영문"),
        ("{{ ad:In Article }}", "bad_argument", "소문자"),
        (f"{{{{ price:{'x' * 41} }}}}", "bad_argument", "40자"),
        ("아래 표 {{ table }} 를 보세요", "misplaced", "한 줄에 혼자"),
        ("{{ price:AB-1", "broken_placeholder", "}}"),
        ("{{ price:AB-1 }", "broken_placeholder", "}}"),
        ("{{ price AB-1 }}", "unknown_placeholder", "{{ price:SKU }}"),
        ("{{ price：AB-1 }}", "unknown_placeholder", "{{ price:SKU }}"),
        ("{{ 가격:AB-1 }}", "unknown_placeholder", "{{ price:SKU }}"),
        ("[[price:AB-1]]", "broken_placeholder", "괄호가 다릅니다"),
        ("{% price AB-1 %}", "broken_placeholder", "괄호가 다릅니다"),
        ("<%= price %>", "broken_placeholder", "괄호가 다릅니다"),
    ],
)
def test_a_wrong_one_is_explained_with_its_line(text: str, kind: str, words: str) -> None:
    parsed = parse_body(f"첫 줄\n\n{text}")
    [finding] = parsed.findings
    assert (finding.kind, finding.line) == (kind, 3)
    assert words in finding.message
    assert finding.is_blocking
    assert parsed.placeholders == ()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (r"\{{ price:AB-1 }}", "글자로 나갑니다"),
        ("[사기]({{ cta:AB-1 }})", "주소가 될 수 없습니다"),
        ("[사기](https://a.example/{{ cta:AB-1 }})", "주소가 될 수 없습니다"),
    ],
)
def test_one_where_it_shows_nothing_is_told(text: str, words: str) -> None:
    [finding] = parse_body(text).findings
    assert (finding.kind, finding.line, finding.is_blocking) == ("broken_placeholder", 1, True)
    assert words in finding.message


@pytest.mark.parametrize(
    "text",
    ["[[제품] 사진](https://a.example)", "배열 a[[0]]", "{ 5 < 7 }", "[{{ product:AB-1 }}](https://a.example) (참고)"],
)
def test_brackets_of_other_things_are_left_alone(text: str) -> None:
    assert parse_body(text).findings == ()


@given(st.text(alphabet="{} :abcprice테\n%#_.()'\"", max_size=200))
def test_any_text_is_read_without_an_error(body: str) -> None:
    parsed = parse_body(body)
    numbers = [node.line for node in parsed.placeholders] + [finding.line for finding in parsed.findings]
    assert set(numbers) <= set(range(1, body.count("\n") + 2))
