"""What timings prove: the verdict's order, the window, the metrics of a request; no server, no Locust."""

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from locustfiles.forms import ListPage, list_products, read_login_token, set_priority
from locustfiles.timings import Timing, TimingFile, read_timings, select_window
from locustfiles.verdicts import BROKEN, CANNOT_JUDGE, KEPT, Generator, judge_load
from perfhooks.budgets import Budget, load_budgets

IDLE = Generator(began_at=0.0, ended_at=10.0, core_share=0.2, has_warned=False, asked_requests=0)
LIST = Timing(1.0, "GET", "/admin/products [first]", 100.0, 200, 50_000, "")
SAVE = replace(LIST, method="POST", name="/admin/products [priority]", status=302)
SEARCH = replace(LIST, name="/api/v1/products [search]")


def limit(milliseconds: float, level: str = "block") -> Budget:
    (found,) = [budget for budget in load_budgets() if budget.metric == "admin_product_list_p95_ms"]
    return replace(found, limit=milliseconds, level=level)  # type: ignore[arg-type]


def test_kept_broken_and_warned() -> None:
    timings = [LIST] * 400
    assert judge_load(timings, IDLE, [limit(100)]).status == KEPT
    broken = judge_load(timings, IDLE, [limit(99)])
    assert (broken.status, broken.value_of("admin_product_list_p95_ms")) == (BROKEN, 100.0)
    assert judge_load(timings, IDLE, [limit(99, "warn")]).status == KEPT


def test_a_slow_page_is_not_hidden_among_many_quick_ones() -> None:
    deep = replace(LIST, name="/admin/products [page]", milliseconds=900.0)
    verdict = judge_load([LIST] * 9_600 + [deep] * 400, IDLE, [limit(800)])
    assert verdict.value_of("admin_product_list_p95_ms") == 100.0
    assert verdict.status == BROKEN
    assert verdict.reasons == (
        "admin_product_list_p95_ms /admin/products [page]: 900.0이(가) 예산 800을(를) 넘었습니다.",
    )


def test_less_than_400_samples_are_not_enough_for_a_p95() -> None:
    verdict = judge_load([LIST] * 399, IDLE, [limit(800)])
    assert (verdict.status, verdict.value_of("admin_product_list_p95_ms")) == (CANNOT_JUDGE, None)
    assert judge_load([LIST] * 399, IDLE, [limit(800)], samples_min=399).status == KEPT
    assert judge_load([*[LIST] * 400, SAVE], IDLE, [limit(800)]).status == CANNOT_JUDGE
    assert judge_load([], IDLE, [limit(800)]).status == CANNOT_JUDGE
    few = judge_load([SEARCH] * 12, IDLE, [])
    assert few.status == CANNOT_JUDGE, "a rate of twelve requests proves nothing"
    assert "product_search_qps: 표본 12개" in few.reasons[0]


@pytest.mark.parametrize("busy", [replace(IDLE, core_share=0.91), replace(IDLE, has_warned=True)])
def test_a_busy_generator_proves_nothing_either_way(busy: Generator) -> None:
    for milliseconds in (800, 1):
        assert judge_load([LIST] * 400, busy, [limit(milliseconds)]).status == CANNOT_JUDGE


def test_a_missed_rate_keeps_nothing_but_still_breaks() -> None:
    held_back = replace(IDLE, asked_requests=422)
    assert judge_load([LIST] * 400, held_back, [limit(800)]).status == CANNOT_JUDGE
    assert judge_load([LIST] * 400, replace(IDLE, asked_requests=421), [limit(800)]).status == KEPT
    assert judge_load([LIST] * 400, held_back, [limit(1)]).status == BROKEN


def test_failed_requests_break_and_do_not_pass_for_quick_ones() -> None:
    failed = replace(LIST, milliseconds=1.0, status=500, error="500")
    verdict = judge_load([*[LIST] * 400, failed], IDLE, [limit(800)])
    assert (verdict.status, verdict.failures) == (BROKEN, 1)
    assert verdict.figures[0].samples == 400


def test_searches_are_counted_per_second_and_judged_only_at_full_speed() -> None:
    at_least = replace(limit(50), metric="product_search_qps", unit="per_second", direction="min")
    verdict = judge_load([SEARCH] * 400, IDLE, [at_least])
    assert (verdict.value_of("product_search_qps"), verdict.status) == (40.0, BROKEN)
    paced = judge_load([SEARCH] * 400, replace(IDLE, asked_requests=400), [at_least])
    assert (paced.value_of("product_search_qps"), paced.status) == (40.0, KEPT)


def test_a_request_belongs_to_the_plans_metrics() -> None:
    assert LIST.metrics == ("admin_product_list_p95_ms",)
    assert SAVE.metrics == ("admin_priority_update_p95_ms",)
    assert replace(LIST, name="/admin/products [search]").metrics == ("admin_product_list_p95_ms", "product_search_qps")
    assert replace(LIST, name="/admin/products/[id]").metrics == ()


def test_only_the_measured_time_counts_and_a_refused_login_always() -> None:
    login = replace(LIST, name="/admin/login", started_at=5.0)
    refused = replace(login, started_at=0.5, error="refused")
    early, late = replace(LIST, started_at=1.9), replace(LIST, started_at=9.0)
    inside = replace(LIST, started_at=2.0)
    assert select_window([login, refused, early, inside, late], 2.0, 9.0) == [refused, inside]


def test_timings_keep_every_digit(tmp_path: Path) -> None:
    precise = replace(LIST, started_at=1795428840.4121099, milliseconds=1234.56789012345678, error='"a", b\nc')
    file = TimingFile(tmp_path / "timings.csv")
    file.write(precise)
    file.close()
    assert read_timings(tmp_path / "timings.csv") == [precise]


def test_another_file_is_not_taken_for_timings(tmp_path: Path) -> None:
    (tmp_path / "other.csv").write_text("a,b\n1,2\n", encoding="utf-8")
    with pytest.raises(ValueError, match="started_at"):
        read_timings(tmp_path / "other.csv")


def test_a_page_is_read_as_a_browser_would_send_it() -> None:
    page = ListPage(
        '<a href="?category=7&amp;o=1">7</a><a href="?p=12">12</a>'
        '<form id="changelist-form" method="post"><input type="hidden" name="csrfmiddlewaretoken" value="t&amp;k">'
        '<td class="field-sku nowrap">JB-1</td><th class="field-title"><a href="/x">컵 &amp; 접시</a></th>'
        '<a href="/admin/catalog/product/31/change/?x=1">x</a><input type="hidden" name="form-0-id" value="31" id="i">'
        '<input type="number" name="form-0-priority" value="3"><input type="submit" name="_save" value="저장"></form>'
    )
    assert (page.skus, page.names, page.categories, page.last_page) == (["JB-1"], ["컵 & 접시"], ["7"], 12)
    assert page.details == ["/admin/catalog/product/31/change/"]
    form = page.read_form()
    assert form == {"csrfmiddlewaretoken": "t&k", "form-0-id": "31", "form-0-priority": "3"}
    assert list_products(form) == {0: 31}
    assert set_priority(form, 0, 9) == {**form, "form-0-priority": "9", "_save": "저장"}
    assert ListPage("").read_form() == {}
    with pytest.raises(ValueError, match="csrfmiddlewaretoken"):
        read_login_token("<html></html>")


@pytest.mark.parametrize(
    ("code", "word"),
    [
        ("import perfhooks.budgets, locustfiles.verdicts, sys; assert 'django' not in sys.modules", ""),
        ("import django, locustfiles.common", "run a load in a process of its own"),
    ],
)
def test_budgets_need_no_django_and_locust_none_at_all(code: str, word: str) -> None:
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode == 0) == (not word), done.stderr
    assert word in done.stderr
