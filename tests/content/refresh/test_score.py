"""The score's formulas: bounded, monotone in each part, the same order whatever order the posts came in."""

import random
from dataclasses import replace
from itertools import pairwise

import pytest

from content.refresh.score import (
    ONE,
    PARTS,
    SCORE_MOST,
    ScoreSpec,
    Signals,
    draw_bucket,
    find_spec_faults,
    is_held_back,
    measure_value,
    rank_posts,
    score_post,
    weigh,
)
from tests.content.refresh.samples import TODAY, make_signals

pytestmark = pytest.mark.once
DAY = TODAY.toordinal()
SPEC = ScoreSpec()
POST = Signals(
    post_id=1, fresh_day=DAY - 90, clicks_now=60, days_now=28, clicks_base=120, days_base=28, rate_now=20_000, rate_base=40_000,
    visits=100, placements=4, stale_placements=1, revenue=1_000_000,
)  # fmt: skip


def score(post: Signals) -> int:
    return score_post(post, SPEC, today=DAY).score


def make_spec(dice: random.Random) -> ScoreSpec:
    cuts = sorted(dice.randint(0, 1_000) for _ in range(4))
    weights = [after - before for before, after in zip([0, *cuts], [*cuts, 1_000], strict=True)]
    lives = {kind: dice.randint(1, 400) for kind in ("price", "guide", "evergreen")}
    return ScoreSpec(2, dict(zip(PARTS, weights, strict=True)), lives, dice.choice([0, 1, 21, 30]))


def test_the_parts_are_what_the_formulas_say() -> None:
    scored = score_post(POST, SPEC, today=DAY)
    loss, conv, fresh, stale, value = scored.parts
    assert loss == ONE // 2
    assert conv == ONE // 2 * 100 // 150
    assert fresh == ONE - round(ONE * 0.5 ** (90 / 180))
    assert stale == ONE // 4
    assert value == 857_142  # log(1,000,001) / log(10,000,001)
    assert scored.score == 350 * loss + 200 * conv + 150 * fresh + 200 * stale + 100 * value
    assert scored.reason == "loss"


@pytest.mark.parametrize(
    "worse",
    [
        {"clicks_now": 59},
        {"rate_now": 19_000},
        {"fresh_day": DAY - 91},
        {"stale_placements": 2},
        {"is_disclosure_failing": 1},
        {"revenue": 1_200_000},
        {"clicks_base": 130},
        {"rate_base": 41_000},
        {"visits": 120},
    ],
)
def test_what_is_worse_scores_higher(worse: dict[str, int]) -> None:
    assert score(replace(POST, **worse)) > score(POST)


def test_a_score_grows_with_each_part_and_stays_within_its_bounds() -> None:
    dice = random.Random(7)
    for _ in range(500):
        spec = make_spec(dice)
        parts = [dice.choice([0, ONE, dice.randint(0, ONE)]) for _ in PARTS]
        at = dice.randrange(len(PARTS))
        more = [*parts]
        more[at] = dice.randint(parts[at], ONE)
        assert 0 <= weigh(tuple(parts), spec)[0] <= weigh(tuple(more), spec)[0] <= SCORE_MOST


def test_any_post_scores_within_the_bounds_and_its_parts_move_one_way() -> None:
    dice = random.Random(8)
    for number in range(2_000):
        post = make_signals(dice, number)
        scored = score_post(post, SPEC, today=DAY)
        assert all(0 <= part <= ONE for part in scored.parts)
        assert 0 <= scored.score <= SCORE_MOST
        fewer = replace(
            post, clicks_now=post.clicks_now // 2, rate_now=post.rate_now // 2, fresh_day=post.fresh_day - 5
        )
        higher = score_post(fewer, SPEC, today=DAY)
        assert all(after >= before for before, after in zip(scored.parts, higher.parts, strict=True))
    values = [measure_value(won) for won in (0, 1, 9, 10, 11, 99, 100, 5_000, 9_999_999, 10_000_000, 10**15)]
    assert values == sorted(values)
    assert (values[0], values[-1], values[-2]) == (0, ONE, ONE)


def test_the_order_does_not_depend_on_the_order_of_the_input() -> None:
    dice = random.Random(9)
    posts = [make_signals(dice, number) for number in range(400)]
    ranked = rank_posts(posts, SPEC, today=DAY)
    assert len({it.score for it in ranked}) < 390, "no ties, nothing is proved"
    for _ in range(3):
        dice.shuffle(posts)
        assert rank_posts(posts, SPEC, today=DAY) == ranked
    assert rank_posts(posts, SPEC, today=DAY, limit=50) == ranked[:50]
    for before, after in pairwise(ranked):
        assert (before.score, before.revenue, -before.post_id) > (after.score, after.revenue, -after.post_id)


def test_few_clicks_say_nothing_and_days_without_figures_are_no_loss() -> None:
    assert score_post(replace(POST, clicks_base=9, clicks_now=0), SPEC, today=DAY).parts[0] == 0
    assert score_post(replace(POST, clicks_now=0, days_now=0), SPEC, today=DAY).parts[0] == 0
    half = replace(POST, clicks_now=30, days_now=14)  # the same each day
    assert score_post(half, SPEC, today=DAY).parts == score_post(POST, SPEC, today=DAY).parts


def test_a_post_rests_after_a_refresh() -> None:
    resting = replace(POST, refreshed_day=DAY - 20)
    assert (score(resting), score_post(resting, SPEC, today=DAY).is_cooling) == (0, True)
    assert score(replace(POST, refreshed_day=DAY - 21)) == score(POST)


def test_the_draw_is_the_same_again_and_holds_back_one_of_ten() -> None:
    held = [post for post in range(20_000) if is_held_back(draw_bucket(post, "2026-11-30"), SPEC)]
    assert held == [post for post in range(20_000) if is_held_back(draw_bucket(post, "2026-11-30"), SPEC)]
    assert 1_850 < len(held) < 2_150
    other = {post for post in range(20_000) if is_held_back(draw_bucket(post, "2026-12-01"), SPEC)}
    assert 120 < len(other & set(held)) < 290, "another round draws anew"
    assert not is_held_back(0, replace(SPEC, holdout_percent=0))


def test_settings_that_make_no_sense_are_named() -> None:
    assert find_spec_faults(SPEC) == []
    wrong = ScoreSpec(
        weights={**SPEC.weights, "loss": 400}, half_lives={**SPEC.half_lives, "price": 0}, cooldown_days=999
    )
    assert [name for name, _text in find_spec_faults(wrong)] == ["가중치", "반감기", "쉬는 기간"]
