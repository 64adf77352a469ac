"""Matching on the desk: rules are tried before they are saved, nothing typed is lost, and how it stands is seen."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from content.matching.models import MatchDecision, MatchHistory, Pin, Ruleset
from content.matching.rulesets import save_ruleset
from content.matching.selectors import get_active_ruleset, measure_intent_drift
from content.matching.services import match_post
from tests.content.factories import make_post, make_shop

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk() -> Client:
    client = Client()
    client.force_login(User.objects.create_superuser("kim"))
    return client


def read_form(client: Client, version: int = 1) -> dict[str, Any]:
    """What the page would post as it stands."""
    forms = client.get(reverse("admin:matching_ruleset_next", args=[version])).context["form"]
    data: dict[str, Any] = {"ruleset-note": "시험", "ruleset-previewed": ""}
    for name in ("name", "readings", "based_on"):
        data[f"ruleset-{name}"] = forms.head[name].value()
    for formset in (forms.intents, forms.rules):
        for field in formset.management_form:
            data[field.html_name] = field.value()
        for form in formset:
            for field in form:
                value = field.value()
                if value not in (None, "", False):
                    data[field.html_name] = value
    return data


RULE = {
    "rules-0-code": "dear",
    "rules-0-name": "비싼 것",
    "rules-0-price_least": "200000",
    "rules-0-weight": "5",
    "rules-0-category": "디지털/가전<script>",
}


def post(client: Client, data: dict[str, Any], version: int = 1) -> Any:
    return client.post(reverse("admin:matching_ruleset_next", args=[version]), data)


def make_cleaners() -> None:
    make_shop(
        {"number": 1, "name": "무선 청소기", "price": 90_000, "discounted_price": 90_000},
        {"number": 2, "name": "무선 청소기 큰 것", "price": 300_000, "discounted_price": 300_000},
    )


def test_a_version_is_tried_then_saved(desk: Client) -> None:
    make_cleaners()
    make_post("본문", title="무선 청소기 <b>")
    data = {**read_form(desk), **RULE, "rules-0-category": ""}
    shown = post(desk, {**data, "save": "1"})
    assert (shown.status_code, Ruleset.objects.count()) == (200, 1), "nothing is saved unseen"
    html = shown.content.decode()
    assert "가장 새로운 글 1편 가운데 1편의 결정이 바뀝니다" in html
    assert "JB-1 → <strong>JB-2</strong>" in html
    assert "무선 청소기 &lt;b&gt;" in html
    data["ruleset-previewed"] = shown.context["seen"]
    changed = post(desk, {**data, "rules-0-weight": "4", "save": "1"})
    assert (changed.status_code, Ruleset.objects.count()) == (200, 1), "what was previewed was another one"
    assert post(desk, {**data, "save": "1"}).status_code == 302
    held = get_active_ruleset()
    assert (held.version, [rule.code for rule in held.rules]) == (2, ["dear"])
    assert Ruleset.objects.get(version=2).created_by == "kim"


def test_a_second_editor_sees_the_conflict_and_loses_nothing(desk: Client) -> None:
    data = {**read_form(desk), **RULE, "rules-0-category": ""}
    data["ruleset-previewed"] = post(desk, {**data, "preview": "1"}).context["seen"]
    save_ruleset(draft=get_active_ruleset(), based_on=1, actor="lee", note="먼저")
    refused = post(desk, {**data, "save": "1"})
    html = refused.content.decode()
    assert (refused.status_code, Ruleset.objects.count()) == (409, 2)
    assert "lee님이 2판을 저장했습니다" in html
    assert 'value="200000"' in html
    rebased = post(desk, {**data, "rebase": "2"})
    assert rebased.context["form"].head["based_on"].value() == "2"
    again = {**data, "ruleset-based_on": "2", "ruleset-previewed": rebased.context["seen"], "save": "1"}
    assert post(desk, again).status_code == 302
    assert get_active_ruleset().version == 3


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("ruleset-readings", "드라이기", "1번째 줄"),
        ("ruleset-note", "", "필수"),
        ("rules-0-weight", "11", "10"),
        ("rules-0-season_first", "13-01", "MM-DD"),
        ("rules-0-intent", "gone", "이 판에 없습니다"),
        ("intents-0-code", "buy", "코드가 겹칩니다"),
        ("intents-0-template_id", "cro_gone", "cro_gone"),
        ("rules-TOTAL_FORMS", "100000", "60"),
    ],
)
def test_what_is_wrong_is_said_and_kept(desk: Client, field: str, value: str, message: str) -> None:
    shown = post(desk, {**read_form(desk), **RULE, field: value, "preview": "1"})
    assert (shown.status_code, Ruleset.objects.count()) == (200, 1)
    html = shown.content.decode()
    assert message in html
    assert "<script>" not in html.split('id="content-main"')[1].split("</form>")[0]


def test_an_unknown_version_is_not_there(desk: Client) -> None:
    assert desk.get(reverse("admin:matching_ruleset_next", args=[99])).status_code == 404


def test_a_pin_by_hand(desk: Client) -> None:
    make_cleaners()
    written = make_post("본문", title="무선 청소기")
    where = reverse("admin:matching_pin_post", args=[written.pk])
    assert "SKU &#x27;JB-9&#x27;인 상품이 없습니다" in desk.post(where, {"sku": "JB-9"}).content.decode()
    assert desk.post(where, {"sku": " JB-2 ", "note": "행사"}).status_code == 302
    assert Pin.objects.get().pinned_by == "kim"
    assert 'value="JB-2"' in desk.get(where).content.decode()


def test_a_decision_shows_rules_parts_and_history(desk: Client) -> None:
    make_cleaners()
    match_post(post_id=make_post("본문", title="무선 청소기 비교").pk)
    html = desk.get(
        reverse("admin:matching_matchdecision_change", args=[MatchDecision.objects.get().pk])
    ).content.decode()
    for part in ("낱말 점수", "맞는 규칙 없음", "1판", "상품 고정하기", "JB-2"):
        assert part in html


def test_fallbacks_by_day_and_the_drift_of_intents(desk: Client, django_assert_max_num_queries: Any) -> None:
    written = make_post("본문")
    now = timezone.now()
    rows = [(1, "compare", True)] * 3 + [(1, "compare", False)] + [(20, "buy", False)] * 5
    for days, intent, is_fallback in rows:
        MatchHistory.objects.create(
            post=written,
            rule_id="category_best" if is_fallback else "all_words",
            template_id="cro_buy",
            ruleset_version=1 if days > 7 else 2,
            intent=intent,
            is_fallback=is_fallback,
            decided_at=now - timedelta(days=days),
        )
    where = reverse("admin:matching_matchdecision_health")
    desk.get(where)
    with django_assert_max_num_queries(10):
        html = desk.get(where).content.decode()
    assert "75.0%" in html
    assert html.count("<polyline") == 2
    assert "한도 초과" in html
    drift = measure_intent_drift(now)
    assert drift is not None
    assert drift.jensen_shannon == pytest.approx(1.0)
    assert f"PSI {drift.psi:.3f}" in html


def test_an_empty_ledger_says_what_would_be_there(desk: Client) -> None:
    html = desk.get(reverse("admin:matching_matchdecision_health")).content.decode()
    assert "지난 28일에 내린 결정이 없습니다" in html
