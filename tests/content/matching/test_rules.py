"""Rules, drift and the chart, without a database."""

from dataclasses import replace
from datetime import date
from math import log

import pytest

from content.matching.chart import DayShare, draw_shares
from content.matching.defaults import DEFAULT_RULESET
from content.matching.drift import measure_drift
from content.matching.rules import PostFeatures, ProductFeatures, RuleSpec, find_faults, is_in_season

pytestmark = pytest.mark.once

POST = PostFeatures("buy", date(2026, 12, 24))
PRODUCT = ProductFeatures("식품>음료>차", 12_000, 3, "my-store")


@pytest.mark.parametrize(
    ("conditions", "holds"),
    [
        ({}, True),
        ({"intent": "buy"}, True),
        ({"intent": "compare"}, False),
        ({"category": "식품>음료"}, True),
        ({"category": "식품>음료>차"}, True),
        ({"category": "식품>음"}, False),
        ({"price_least": 12_000, "price_below": 12_001}, True),
        ({"price_below": 12_000}, False),
        ({"stock": "low"}, True),
        ({"stock": "enough"}, False),
        ({"season": ("12-01", "02-28")}, True),
        ({"season": ("03-01", "11-30")}, False),
        ({"store": "other"}, False),
        ({"intent": "buy", "store": "my-store", "stock": "enough"}, False),
    ],
)
def test_a_rule_holds_when_all_its_conditions_do(conditions: dict[str, object], holds: bool) -> None:
    rule = RuleSpec("probe", "시험", weight=2.0, **conditions)  # type: ignore[arg-type]
    assert rule.holds(POST, PRODUCT) is holds


def test_weights_multiply_and_the_first_template_counts() -> None:
    rules = (
        RuleSpec("a", "가", weight=2.0),
        RuleSpec("b", "나", weight=0.25, template_id="cro_compare"),
        RuleSpec("c", "다", store="other", weight=9.0),
        RuleSpec("d", "라", template_id="cro_buy"),
    )
    verdict = replace(DEFAULT_RULESET, rules=rules).judge(POST, PRODUCT)
    assert (verdict.weight, verdict.template_id, verdict.codes) == (0.5, "cro_compare", ("a", "b", "d"))


@pytest.mark.parametrize(("day", "is_in"), [("12-31", True), ("01-01", True), ("02-28", True), ("03-01", False)])
def test_a_season_may_pass_over_the_new_year(day: str, is_in: bool) -> None:
    assert is_in_season(date.fromisoformat(f"2026-{day}"), ("11-15", "02-28")) is is_in


def test_everything_that_is_wrong_is_named_at_once() -> None:
    intents = (replace(DEFAULT_RULESET.intents[0], template_id="cro_gone"), *DEFAULT_RULESET.intents)
    rules = (
        RuleSpec("a", "가", intent="gone", weight=11.0),
        RuleSpec("a", "나", price_least=5, price_below=5, season=("13-01", "")),
        RuleSpec("b", "다"),
    )
    text = str(
        find_faults(replace(DEFAULT_RULESET, intents=intents, rules=rules), templates=["cro_buy", "cro_compare"])
    )
    for part in ("코드가 겹칩니다", "cro_gone", "'gone'", "0부터 10", "하한이 상한보다", "MM-DD", "아무것도 바꾸지"):
        assert part in text
    assert find_faults(DEFAULT_RULESET, templates=["cro_buy", "cro_compare"]) == []


def test_drift_of_equal_mixes_is_nothing_and_of_strangers_all() -> None:
    same = measure_drift({"buy": 2, "compare": 2}, {"buy": 50, "compare": 50})
    assert same is not None
    assert (round(same.psi, 6), same.jensen_shannon) == (0.0, 0.0)
    apart = measure_drift({"buy": 10}, {"compare": 10})
    assert apart is not None
    assert apart.jensen_shannon == pytest.approx(1.0)
    assert apart.psi == pytest.approx(2 * (10 / 11) * log(21))
    assert measure_drift({}, {"buy": 1}) is None
    assert measure_drift({"buy": 1}, {}) is None


def test_drift_by_hand() -> None:
    drift = measure_drift({"a": 74, "b": 24}, {"a": 49, "b": 49})  # smoothed: 0.752525, 0.5
    assert drift is not None
    p, q = 74.5 / 99, 0.5
    assert drift.psi == pytest.approx((p - q) * log(p / q) + (q - p) * log((1 - p) / q))


def test_the_chart_holds_every_value_and_the_limit() -> None:
    shares = [DayShare(date(2026, 11, day), 1 + day % 2, 10, part) for day, part in ((1, 0), (2, 10), (3, 4))]
    chart = draw_shares(shares, first=date(2026, 11, 1), last=date(2026, 11, 28), limit=0.15)
    assert [line.version for line in chart.lines] == [1, 2]
    assert all(
        0 <= dot.y <= chart.bottom and chart.left <= dot.x <= chart.right for it in chart.lines for dot in it.dots
    )
    assert chart.lines[0].dots[0].text == "11-02 1판: 100.0% (10/10)"
    assert draw_shares([], first=date(2026, 11, 1), last=date(2026, 11, 1), limit=0.15).lines == ()
