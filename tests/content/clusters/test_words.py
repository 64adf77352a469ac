"""Words that may be linked: where a Korean word ends, which phrases stand for a post, and who gets shared ones."""

import pytest

from content.clusters.anchors import AnchorBook, Titled, choose_anchors, find_problem, list_phrases
from content.clusters.particles import is_whole_word
from content.clusters.textmap import read_text
from content.matching.defaults import DEFAULT_RULESET

pytestmark = pytest.mark.once
IGNORED = DEFAULT_RULESET.ignored_words


@pytest.mark.parametrize(
    ("text", "word", "is_whole"),
    [
        ("청소기를 샀다", "청소기", True),
        ("청소기에서는", "청소기", True),
        ("청소기입니다.", "청소기", True),
        ("'청소기'", "청소기", True),
        ("제품을", "제품", True),
        ("연필로", "연필", True),
        ("무선청소기", "청소기", False),
        ("청소기만들기", "청소기", False),
        ("청소기은행", "청소기", False),
        ("청소기을", "청소기", False),
        ("제품를", "제품", False),
        ("청소기들은", "청소기", True),
        ("LG TV를", "LG TV", True),
        ("LG TVs", "LG TV", False),
        ("사과이야기", "사과", False),
    ],
)
def test_a_word_ends_before_particles_that_fit(text: str, word: str, is_whole: bool) -> None:
    start = text.index(word)
    assert is_whole_word(text, start, start + len(word)) is is_whole


def test_a_title_gives_its_telling_phrases() -> None:
    phrases = list_phrases("무선 청소기 추천 BEST 5 (2026)", ignored=IGNORED)
    assert "무선 청소기" in phrases
    assert not any(phrase.startswith("추천") or phrase.endswith(("5", "2026")) for phrase in phrases)
    assert list_phrases("필터", ignored=IGNORED) == []
    assert {"가습기 추천 비교", "가습기 추천"} <= {
        *list_phrases("가습기 추천 비교: 무엇이 좋을까", ignored=IGNORED | {"비교"})
    }
    upkeep = list_phrases("가습기 관리하는 방법", ignored=IGNORED)
    assert "가습기 관리하는 방법" in upkeep
    assert "가습기 관리하" not in upkeep, "half a verb is no word"


def test_shared_words_mean_the_hub_and_without_one_nobody() -> None:
    posts = [
        Titled(1, "무선 청소기 추천", 1, is_hub=True),
        Titled(2, "무선 청소기 필터", 1),
        Titled(3, "원목 책상 관리"),
        Titled(4, "원목 책상 조립"),
    ]
    anchors = choose_anchors(posts, {"책상": 4}, ignored=IGNORED)
    assert anchors["무선 청소기"] == anchors["무선청소기"] == 1
    assert anchors["무선 청소기 필터"] == 2
    assert "원목 책상" not in anchors
    assert anchors["책상"] == 4


def test_the_longest_words_win_and_offsets_survive_folding() -> None:
    book = AnchorBook({"무선 청소기": 1, "무선 청소기 필터": 2, "lg tv": 3})
    text = "㎖ ＬＧ ＴＶ와 무선 청소기 필터가, 무선 청소기 필터링은"
    found = [(text[match.start : match.end], match.target) for match in book.scan(text)]
    assert found == [("ＬＧ ＴＶ", 3), ("무선 청소기 필터", 2), ("무선 청소기", 1)]


@pytest.mark.parametrize("text", ["가", "[링크]", "a_b", "하나 둘 셋 넷 다섯 여섯 일곱", "x" * 81])
def test_an_editor_hears_why_words_can_be_no_anchor(text: str) -> None:
    assert find_problem(text).startswith("낱말: ")


def test_where_no_link_may_go() -> None:
    body = "\n\n".join(
        (
            "# 제목 청소기",
            "첫 문장. 둘째 문장입니다.",
            "[있는 링크](https://example.com) 청소기",
            "{{ cta:SKU-1 }} 청소기",
            "수수료를 제공받습니다 청소기",
            "```\n청소기\n```",
            "| 청소기 | 값 |\n|---|---|\n| 청소기 | 1 |",
            "`청소기` 그리고 {{ price:SKU-1 }}",
        )
    )
    text = read_text(body)
    refusals = [paragraph.refusal for paragraph in text.paragraphs]
    assert refusals == ["", "paragraph", "place", "place", "place", ""]
    assert text.find(body.index("제목"), body.index("제목") + 2) is None
    last = text.paragraphs[-1]
    assert last.is_closed(body.index("`청소기`") + 1, body.index("`청소기`") + 4)
    assert text.paragraphs[0].count_sentences(body.index("둘째")) == 1
