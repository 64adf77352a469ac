"""How states, money, times and figures look on every page of the desk."""

from datetime import datetime, timedelta

import pytest
from django.utils import timezone

from perfhooks.desk import FastModelAdmin, ago, link_to, pill, won
from perfhooks.figures import format_figure


def test_a_pill_says_its_word_and_escapes_it() -> None:
    assert pill("예산 안", "ok") == '<span class="pill pill-ok">예산 안</span>'
    assert "&lt;b&gt;" in pill("<b>", "bad")


def test_won_has_separators_and_is_a_number_cell() -> None:
    assert won(12_900) == '<span class="num">12,900원</span>'
    assert won(0) == '<span class="num">0원</span>'
    assert "–" in won(None)


@pytest.mark.parametrize(
    ("passed", "words"),
    [
        (timedelta(seconds=20), "방금 전"),
        (timedelta(minutes=5, seconds=1), "5분 전"),
        (timedelta(hours=3, minutes=59), "3시간 전"),
        (timedelta(days=2, hours=1), "2일 전"),
        (-timedelta(hours=2, seconds=30), "2시간 후"),
    ],
)
def test_times_are_told_as_ages(passed: timedelta, words: str) -> None:
    assert f">{words}</time>" in ago(timezone.now() - passed)


def test_an_old_time_is_told_as_its_date_and_all_have_the_exact_korean_time() -> None:
    when = datetime.fromisoformat("2024-02-29T16:30:15+00:00")
    assert ago(when) == ('<time datetime="2024-03-01T01:30:15+09:00" title="2024-03-01 01:30:15 KST">2024-03-01</time>')
    assert "–" in ago(None)


def test_a_link_escapes_address_and_text() -> None:
    assert link_to("/admin/?a=1&b=2", "보기 >") == '<a href="/admin/?a=1&amp;b=2">보기 &gt;</a>'


def test_the_base_class_counts_once_and_takes_its_model() -> None:
    assert FastModelAdmin.show_full_result_count is False
    assert FastModelAdmin[object] is FastModelAdmin  # type: ignore[type-var]
    assert (FastModelAdmin.list_per_page, FastModelAdmin.list_max_show_all) == (50, 200)


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (None, "seconds", "–"),
        (0.0, "seconds", "0ms"),
        (0.0000125, "seconds", "12.5µs"),
        (0.0456, "seconds", "45.6ms"),
        (1.25, "seconds", "1.25초"),
        (600.0, "seconds", "600초"),
        (12_345.6, "seconds", "12,346초"),
        (800.0, "ms", "800ms"),
        (1_500.0, "ms", "1.5초"),
        (0.0123, "ratio", "1.23%"),
        (1.0, "ratio", "100%"),
        (24.0, "hours", "24시간"),
        (1_234_567.0, "bytes", "1.2MB"),
        (2_300.0, "bytes", "2.3KB"),
        (19_406.0, "count", "19,406"),
    ],
)
def test_figures_read_in_their_unit(value: float | None, unit: str, text: str) -> None:
    assert format_figure(value, unit) == text
