"""The gate board on the desk: what it shows, to whom, and in how many queries."""

import re

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.urls import reverse

from operations.gates.checkout import Checkout
from operations.gates.models import GateDecision, GateLine
from operations.gates.services import decide, record_measurement
from operations.gates.wording import show_limit, show_value
from perfhooks.queries import count_queries
from tests.operations.gates.planting import BASE, COMMIT, built_blockers, plant, plant_all_well

pytestmark = pytest.mark.django_db
BOARD = "admin:gates_gatedecision_changelist"
ONE = "admin:gates_gatedecision_change"
JUDGE = "admin:gates_gatedecision_judge"
HERE = Checkout(COMMIT, is_dirty=False)


@pytest.fixture(autouse=True)
def running_code(monkeypatch: pytest.MonkeyPatch) -> None:
    """The code that runs is COMMIT."""
    for place in ("operations.gates.admin", "operations.gates.checkout"):
        monkeypatch.setattr(f"{place}.current_commit", lambda: COMMIT)


def read(client: Client, address: str = "", **query: str) -> str:
    return str(client.get(address or reverse(BOARD), query).content.decode())


def row_of(page: str, budget_id: str) -> str:
    rows: list[str] = re.findall(r"<tr>.*?</tr>", page, re.S)
    return next(row for row in rows if f">{budget_id}</span>" in row)


def sign_in(client: Client, *permissions: str) -> None:
    user = User.objects.create_user("reader", password="x", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    client.force_login(user)


def test_before_the_first_decision_the_board_says_how_to_make_one(admin_client: Client) -> None:
    page = read(admin_client)
    assert "아직 판정한 적이 없습니다" in page
    assert 'value="지금 판정"' in page


def test_every_budget_has_a_pill_with_a_word_and_its_figures(admin_client: Client) -> None:
    plant_all_well(besides=["match-fallback", "admin-list-p95"])
    plant(next(budget for budget in built_blockers() if budget.id == "match-fallback"), 0.25)
    decide(checkout=HERE)

    page = read(admin_client)
    broken = row_of(page, "match-fallback")
    assert '<span class="pill pill-bad">차단</span>' in broken
    assert "25%" in broken
    assert re.search(r"≤ \d+%", broken)
    assert "한도를 넘었습니다" in broken
    assert COMMIT[:10] in broken
    assert "방금 전" in broken
    assert re.search(r'href="/admin/perfhooks/perfrun/\?run=\d+"', broken)
    open_question = row_of(page, "admin-list-p95")
    assert '<span class="pill pill-grey">판정 불가</span>' in open_question
    assert "bench_admin_api.py" in open_question
    assert '<span class="pill pill-ok">통과</span>' in row_of(page, "detail-fetch-p95")
    assert '<span class="pill pill-grey">미구현</span>' in row_of(page, "unsafe-ad-slots")
    for heading in ("판정", "예산", "값", "한도", "표본", "잰 때", "커밋", "원인"):
        assert f">{heading}</th>" in page


def test_the_newest_decision_is_on_top_and_earlier_ones_are_listed(admin_client: Client) -> None:
    first, second = decide(checkout=HERE), decide(by="editor", checkout=HERE)
    page = read(admin_client)
    listed = re.findall(r"<th scope=\"row\">.*?#(\d+)", page[page.index("지난 판정") :], re.S)
    assert listed == [str(second.number), str(first.number)]
    earlier = read(admin_client, reverse(ONE, args=[first.number]))
    assert f"<strong>#{first.number}</strong>" in earlier
    assert f"<strong>#{second.number}</strong>" in read(admin_client, reverse(ONE, args=[999_999]))


def test_a_verdict_on_other_code_and_on_changed_files_says_so(admin_client: Client) -> None:
    decide(checkout=Checkout("f" * 40, is_dirty=True))
    page = read(admin_client)
    assert "지금 돌고 있는 코드의 판정이 아닙니다" in page
    assert "커밋하지 않은 변경" in page
    decide(checkout=Checkout("", is_dirty=False))
    assert "커밋을 알 수 없었습니다" in read(admin_client)
    decide(checkout=HERE)
    assert "지금 돌고 있는 코드의 판정이 아닙니다" not in read(admin_client)


def test_the_button_decides_and_shows_what_came_out(admin_client: Client) -> None:
    plant_all_well()
    page = admin_client.post(reverse(JUDGE), follow=True).content.decode()
    decision = GateDecision.objects.get()
    assert (decision.verdict, decision.decided_by) == ("pass", "admin")
    assert f"판정 #{decision.pk}: 내보내도 됩니다" in page


def test_only_a_post_decides(admin_client: Client) -> None:
    assert admin_client.get(reverse(JUDGE)).status_code == 405
    assert not GateDecision.objects.exists()


def test_a_reader_sees_the_board_without_the_button(client: Client) -> None:
    sign_in(client, "view_gatedecision")
    decide(checkout=HERE)
    assert "지금 판정" not in read(client)
    assert client.post(reverse(JUDGE)).status_code == 403
    assert GateDecision.objects.count() == 1


def test_who_may_not_look_is_refused(client: Client) -> None:
    sign_in(client)
    decide(checkout=HERE)
    assert client.get(reverse(BOARD)).status_code == 403
    assert client.get(reverse(ONE, args=[GateDecision.objects.get().pk])).status_code == 403


def test_who_may_decide_needs_no_more_than_that(client: Client) -> None:
    sign_in(client, "view_gatedecision", "add_gatedecision")
    assert "지금 판정" in read(client)
    assert client.post(reverse(JUDGE), follow=True).status_code == 200
    assert GateDecision.objects.count() == 1


def test_the_number_of_queries_does_not_grow_with_the_decisions(admin_client: Client) -> None:
    counts = []
    for more in (0, 1, 59):
        for _ in range(more):
            decide(checkout=HERE)
        read(admin_client)
        with count_queries() as counted:
            read(admin_client)
        counts.append(counted.queries)
    assert counts[0] <= counts[1] == counts[2] <= 8


def test_nobody_edits_decisions_or_figures(admin_client: Client) -> None:
    decision = decide(checkout=HERE)
    number = record_measurement(metric="regression_ratio", value=1.01, samples=21, source="compare")
    for model, pk in (("gatedecision", decision.number), ("measurement", number)):
        assert admin_client.get(reverse(f"admin:gates_{model}_add")).status_code == 403
        assert admin_client.post(reverse(f"admin:gates_{model}_delete", args=[pk])).status_code == 403
    assert GateDecision.objects.count() == 1


def test_recorded_figures_are_listed(admin_client: Client) -> None:
    record_measurement(
        metric="regression_ratio", value=1.012, samples=21, source="compare", scenario="upsert", link="/admin/"
    )
    record_measurement(metric="fallback_ratio", value=0.15, samples=300, source="pipeline")
    page = read(admin_client, reverse("admin:gates_measurement_changelist"))
    assert "×1.01" in page
    assert "15%" in page
    assert '<a href="/admin/">compare</a>' in page


def test_a_comparison_names_its_base_on_the_board_and_in_the_list(admin_client: Client) -> None:
    plant_all_well()
    decide(checkout=HERE)
    assert f"기준 {BASE[:10]}" in row_of(read(admin_client), "no-regression")
    assert BASE[:10] in read(admin_client, reverse("admin:gates_measurement_changelist"))


@pytest.mark.parametrize("figure", [float("inf"), float("-inf"), 1e300])
def test_odd_figures_of_an_earlier_decision_are_shown(admin_client: Client, figure: float) -> None:
    plant_all_well()
    decision = decide(checkout=HERE)
    GateLine.objects.filter(decision=decision.number).update(limit=figure, value=figure, level="?", verdict="maybe")
    GateDecision.objects.update(verdict="maybe")
    assert '<span class="pill pill-grey">' in row_of(read(admin_client), "no-regression")
    assert admin_client.get(reverse(ONE, args=[decision.number])).status_code == 200


@pytest.mark.parametrize("unit", ["seconds", "ms", "bytes", "count", "ratio", "hours", "furlongs"])
@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf")])
def test_what_is_no_number_can_still_be_written_down(value: float, unit: str) -> None:
    assert str(value) in show_value(value, statistic="value", unit=unit)
    assert str(value) in show_limit(limit=value, statistic="ratio", direction="?", unit=unit)


def test_the_board_has_no_inline_style_or_script(admin_client: Client) -> None:
    decide(checkout=HERE)
    page = read(admin_client)
    assert re.findall(r"<style|<script>|\sstyle=|\son[a-z]+=", page) == []
