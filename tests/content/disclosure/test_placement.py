"""Where a disclosure must stand: first, open and legible."""

from datetime import UTC, datetime

import pytest

from content.disclosure.insertion import place_disclosure
from content.disclosure.placement import inspect_placement
from content.disclosure.texts import TEXTS, get_text

pytestmark = pytest.mark.once

SENTENCE = TEXTS["affiliate_commission"].sentence
LINE = f"<p><strong>{SENTENCE}</strong></p>"
REST = '<p>글 <a href="https://shop.example">보기</a> <img src="a.jpg" alt="청소기"></p>'


def rules(html: str, title: str = "") -> list[str]:
    return [problem.rule for problem in inspect_placement(html, sentences=[SENTENCE], title=title)]


@pytest.mark.parametrize(
    "html",
    [
        LINE + REST,
        f"<h2>제목</h2><p>인사말</p>{LINE}{REST}",
        f"<div style='color:#c00; font-size:120%'>{SENTENCE}</div>{REST}",
        f"<div style='color:rgba(0,0,0,0.9); max-width:100px'>{SENTENCE}</div>{REST}",
        f"<p>[광고] 이 글의 <b>링크로</b> {SENTENCE[13:]}</p>{REST}",
        place_disclosure(REST, text=get_text("affiliate_commission"), as_of=datetime(2026, 1, 1, tzinfo=UTC)),
    ],
)
def test_before_everything_that_leads_away_it_is_well_placed(html: str) -> None:
    assert rules(html) == []


@pytest.mark.parametrize(
    ("html", "rule"),
    [
        (REST, "kr-first-part"),
        ("", "kr-first-part"),
        (REST + LINE, "kr-first-part"),
        (f'<p><img src="a.jpg" alt=""></p>{LINE}', "kr-first-part"),
        (f"<form><button>사기</button></form>{LINE}", "kr-first-part"),
        (f"<video></video>{LINE}", "kr-first-part"),
        (f"<details><summary>더보기</summary>{LINE}</details>{REST}", "kr-not-hidden"),
        (f"<details open>{LINE}</details>{REST}", "kr-not-hidden"),
        (f"<!-- {SENTENCE} -->{REST}", "kr-first-part"),
        (f'<img src="a.jpg" alt="{SENTENCE}">{REST}', "kr-first-part"),
        (f"<p><small>{SENTENCE}</small></p>{REST}", "kr-legible"),
        (f"<p style='font-size: 9px'>{SENTENCE}</p>{REST}", "kr-legible"),
        (f"<p style='display:none'>{SENTENCE}</p>{REST}", "kr-legible"),
        (f"<div style='color: #FFFFFF'><p>{SENTENCE}</p></div>{REST}", "kr-legible"),
        (f"<div hidden>{LINE}</div>{REST}", "kr-legible"),
        (f"<p aria-hidden='true'>{SENTENCE}</p>{REST}", "kr-legible"),
        (f"<p style='color: rgb(255, 255, 255)'>{SENTENCE}</p>{REST}", "kr-legible"),
        (f"<p style='color:rgba(0,0,0,0)'>{SENTENCE}</p>{REST}", "kr-legible"),
        (f"<div style='max-height:0;overflow:hidden'>{LINE}</div>{REST}", "kr-legible"),
        (f"<p style='position:absolute;left:-9999px'>{SENTENCE}</p>{REST}", "kr-legible"),
        (f"<p style='transform:scale(0)'>{SENTENCE}</p>{REST}", "kr-legible"),
        (f"<p><font color='white'>{SENTENCE}</font></p>{REST}", "kr-legible"),
        (f"<p><font size='1'>{SENTENCE}</font></p>{REST}", "kr-legible"),
        (f"<textarea>{SENTENCE}</textarea>{REST}", "kr-not-hidden"),
    ],
)
def test_late_folded_hidden_and_small_ones_are_told(html: str, rule: str) -> None:
    assert rule in rules(html)


def test_a_second_one_that_stands_well_is_enough() -> None:
    assert rules(f"<small>{SENTENCE}</small>{LINE}{REST}") == []


def test_a_title_counts_as_far_as_it_is_never_cut() -> None:
    assert rules(REST, title="[광고] 무선 청소기 추천") == []
    assert rules(REST, title="무선 청소기를 석 달 동안 매일 써 보고 고른 세 가지 [광고]") == ["kr-first-part"]


@pytest.mark.parametrize("html", ["<p" * 5_000, "<div>" * 3_000 + SENTENCE, "\u202e" + LINE, "<a><p></a>" * 500 + LINE])
def test_broken_pages_are_judged_and_never_crash(html: str) -> None:
    assert isinstance(rules(html), list)
