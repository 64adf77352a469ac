"""The effect of refreshing: measured only where it is known, against the posts left alone, with its interval."""

import math
from statistics import mean, variance
from typing import Any

import pytest

from content.refresh.effect import ArmFigures, compare, find_t
from content.refresh.effects import list_top, measure_effect
from content.refresh.models import Arm, PostScore
from content.refresh.scoring import score_posts
from tests.content.factories import make_post
from tests.content.refresh.samples import DAY, NOW, TODAY, age, cover, note_trial, write_figures

pytestmark = pytest.mark.django_db


def run_trial(number: int, arm: str, *, after: int, days_ago: int = 40) -> None:
    post = make_post(slug=f"trial-{number}")
    age(post, days=200)
    note_trial(post, days_ago=days_ago, arm=arm, before_clicks=280, before_revenue=1_000)
    write_figures(post, TODAY - (days_ago - 1) * DAY, 28, clicks=after)


@pytest.mark.parametrize(("freedom", "quantile"), [(4, 2.776), (8, 2.306), (30, 2.042), (1_000, 1.962)])
def test_the_quantile_is_students(freedom: int, quantile: float) -> None:
    assert find_t(freedom) == pytest.approx(quantile, rel=0.005)


def test_the_interval_is_welchs() -> None:
    first, second = [12.0, 15.0, 11.0, 18.0, 14.0, 16.0], [8.0, 9.0, 13.0, 7.0, 9.0]
    arms = [ArmFigures(len(it), mean(it), variance(it)) for it in (first, second)]
    found = compare("clicks", *arms)
    assert found.difference == pytest.approx(14.3333 - 9.2, abs=1e-3)
    spread = math.sqrt(variance(first) / 6 + variance(second) / 5)
    assert found.high is not None
    assert found.low is not None
    assert (found.high - found.low) / 2 == pytest.approx(2.266 * spread, rel=0.01)  # t of 8.9 degrees of freedom
    assert found.is_clear
    assert not compare("clicks", arms[0], ArmFigures(4, 1.0, 1.0)).is_known


def test_refreshed_posts_are_held_against_those_left_alone(django_assert_num_queries: Any) -> None:
    for number in range(12):
        run_trial(number, Arm.REFRESHED, after=15 + number % 3)
    for number in range(12, 18):
        run_trial(number, Arm.HELD_BACK, after=9 + number % 2)
    run_trial(18, Arm.REFRESHED, after=900, days_ago=28)  # its last day is not over
    cover("search_console", TODAY - 90 * DAY, TODAY - DAY)
    with django_assert_num_queries(5):
        effect = measure_effect(now=NOW)
    clicks, conversions, revenue = effect.comparisons
    assert (clicks.refreshed.posts, clicks.held_back.posts) == (12, 6)
    assert clicks.refreshed.mean == pytest.approx(28 * 16 - 280)
    assert clicks.difference == pytest.approx(28 * 16 - 28 * 9.5)
    assert clicks.is_clear
    assert not conversions.is_known, "no store report was imported"
    assert not revenue.is_known
    assert effect.settled == {"refreshed": 12, "held_back": 6}
    assert effect.open == {"refreshed": 1, "held_back": 0}


def test_without_figures_of_the_days_after_nothing_is_known() -> None:
    for number in range(12):
        run_trial(number, Arm.REFRESHED if number % 2 else Arm.HELD_BACK, after=10, days_ago=29)
    effect = measure_effect(now=NOW - 2 * DAY)
    assert not effect.is_known
    assert (effect.settled, effect.open) == ({"refreshed": 0, "held_back": 0}, {"refreshed": 6, "held_back": 6})


def test_the_top_are_those_that_are_worth_it() -> None:
    for number in range(3):
        post = make_post(slug=f"p-{number}")
        age(post, days=100)
        write_figures(post, TODAY - 56 * DAY, 28, clicks=100)
        write_figures(post, TODAY - 28 * DAY, 28, clicks=30 * number)
    score_posts(now=NOW)
    PostScore.objects.filter(post__slug="p-2").update(score=1)
    assert [it.post.slug for it in list_top()] == ["p-0", "p-1"]
    assert [it.post.slug for it in list_top(limit=1)] == ["p-0"]
