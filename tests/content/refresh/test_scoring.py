"""Scores of all posts: what the database computes is the reference, and the figures behind it are those of the tables."""

import random
from dataclasses import asdict, replace
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from content.posts.models import Post
from content.posts.services import save_post
from content.refresh.models import PostScore, ScoreSettings
from content.refresh.score import ONE, PARTS, ScoreSpec, Signals, rank_posts, score_post
from content.refresh.scoresql import SIGNAL_COLUMNS
from content.refresh.scoring import list_top_kept, list_top_under, score_posts
from content.refresh.settings import get_active_spec, save_settings
from perfhooks.recorder import Recorder
from tests.content.factories import CHECKED_AT, get_product, make_post, make_shop, process
from tests.content.refresh.samples import (
    DAY,
    NOW,
    TODAY,
    age,
    count_signals,
    cover,
    hide_disclosure,
    make_signals,
    note_trial,
    write_figures,
)
from tests.content.refresh.test_score import make_spec

pytestmark = pytest.mark.django_db
STARTS = {"now": TODAY - 28 * DAY, "prior": TODAY - 56 * DAY, "year": TODAY - 392 * DAY}


def make_posts(number: int) -> list[Post]:
    return Post.objects.bulk_create(
        Post(slug=f"p-{at}", title=f"글 {at}", body="", status="ready", body_hash=str(at)) for at in range(number)
    )


def get_score(post: Post) -> PostScore:
    return PostScore.objects.get(post=post)


def store_scores(posts: list[Signals]) -> None:
    spec = ScoreSpec()
    rows = []
    for post in posts:
        scored = score_post(post, spec, today=TODAY.toordinal())
        own = {**asdict(post), "is_base_year": False, **dict(zip(PARTS, scored.parts, strict=True))}
        rows.append(
            PostScore(
                **own, score=scored.score, reason=scored.reason, is_cooling=scored.is_cooling, version=1, scored_at=NOW
            )
        )
    PostScore.objects.bulk_create(rows)


def test_the_database_orders_as_the_reference_does_under_any_settings() -> None:
    dice = random.Random(3)
    signals = [make_signals(dice, post.pk) for post in make_posts(600)]
    store_scores(signals)
    for spec in (ScoreSpec(), *(make_spec(dice) for _ in range(6))):
        ranked = rank_posts(signals, spec, today=TODAY.toordinal(), limit=150)
        assert list_top_under(spec, limit=150, now=NOW) == [(it.post_id, it.score) for it in ranked]
    ranked = rank_posts(signals, ScoreSpec(), today=TODAY.toordinal(), limit=500)
    assert list_top_kept(limit=500) == [(it.post_id, it.score) for it in ranked]


def test_what_is_stored_is_the_reference_of_what_was_gathered() -> None:
    dice = random.Random(4)
    posts = make_posts(40)
    for post in posts:
        age(post, days=dice.choice([10, 40, 300, 900]))
        for start in STARTS.values():
            if dice.random() < 0.8:
                write_figures(post, start, dice.randint(1, 28), clicks=dice.randint(0, 20))
                sold = {"sessions": dice.choice([0, 30]), "conversions": dice.randint(0, 3), "revenue": 17_777}
                write_figures(post, start, dice.randint(1, 28), "store", **sold)
    note_trial(posts[0], days_ago=3)
    hide_disclosure(posts[1])
    assert score_posts(now=NOW).written == 40
    spec = get_active_spec()
    for post in Post.objects.all():
        row = get_score(post)
        signals = Signals(post.pk, **{name: getattr(row, name) for name in SIGNAL_COLUMNS if name != "is_base_year"})
        scored = score_post(signals, spec, today=TODAY.toordinal())
        assert tuple(getattr(row, name) for name in PARTS) == scored.parts
        assert (row.score, row.reason, row.is_cooling) == (scored.score, scored.reason, scored.is_cooling)
        counted = count_signals(post)
        assert (row.clicks_now, row.clicks_base) == (counted["clicks_now"], counted["clicks_base"])
        days = counted["search_console_days_now"], counted["search_console_days_base"]
        assert (row.days_now, row.days_base) == days
        if counted["sessions_now"] and counted["sessions_base"] and counted["store_days_base"]:
            rates = [counted[f"conversions_{w}"] * ONE // counted[f"sessions_{w}"] for w in ("now", "base")]
            assert [row.rate_now, row.rate_base] == rates
            assert row.visits == min(counted["sessions_now"], counted["sessions_base"])
    assert PostScore.objects.filter(rate_base__gt=0).count() > 3
    assert (get_score(posts[0]).is_cooling, get_score(posts[1]).stale) == (True, ONE)


def test_a_page_of_the_season_is_not_raised_when_it_fell_alike_last_year() -> None:
    summer, faded = make_posts(2)
    for post in (summer, faded):
        age(post, days=800)
        write_figures(post, STARTS["prior"], 28, clicks=20)
        write_figures(post, STARTS["now"], 28, clicks=5)
    write_figures(summer, STARTS["year"] - 28 * DAY, 28, clicks=20)
    write_figures(summer, STARTS["year"], 28, clicks=5)
    write_figures(faded, STARTS["year"], 28, clicks=20)
    score_posts(now=NOW)
    assert (get_score(summer).loss, get_score(summer).is_base_year) == (0, True)
    assert get_score(faded).loss == ONE * 3 // 4


def test_without_thirteen_months_the_days_before_are_the_base() -> None:
    (post,) = make_posts(1)
    age(post, days=800)
    write_figures(post, STARTS["prior"], 28, clicks=20)
    write_figures(post, STARTS["now"], 28, clicks=5)
    score_posts(now=NOW)
    assert (get_score(post).loss, get_score(post).is_base_year) == (ONE * 3 // 4, False)
    cover("search_console", STARTS["year"], TODAY - DAY)
    score_posts(now=NOW)
    assert (get_score(post).clicks_base, get_score(post).is_base_year) == (0, True)


def test_days_before_a_post_was_public_are_no_exposure_days() -> None:
    (post,) = make_posts(1)
    age(post, days=42)  # half of the days before
    cover("search_console", STARTS["prior"], TODAY - DAY)
    write_figures(post, TODAY - 42 * DAY, 14, clicks=10)
    write_figures(post, STARTS["now"], 28, clicks=10)
    score_posts(now=NOW)
    row = get_score(post)
    assert (row.days_base, row.days_now, row.loss) == (14, 28, 0)


def test_old_prices_and_sold_out_products_are_stale() -> None:
    make_shop({"number": 1}, {"number": 2}, {"number": 3, "stock": 0}, {"number": 4})
    post = make_post("{{ price:JB-1 }} {{ price:JB-2 }} {{ price:JB-3 }} {{ price:JB-4 }}", title="청소기 후기")
    process(post)
    score_posts(now=CHECKED_AT + timedelta(hours=23))
    row = get_score(post)
    assert (row.placements, row.stale_placements, row.stale) == (4, 1, ONE // 4)
    score_posts(now=CHECKED_AT + timedelta(hours=25))
    assert get_score(post).stale == ONE
    assert get_product(3).stock == 0


def test_how_fast_a_post_ages_follows_what_it_is() -> None:
    make_shop({"number": 1})
    kinds = []
    for number, (title, body) in enumerate(
        [("청소기 구매", "{{ price:JB-1 }}"), ("청소기 비교", "{{ price:JB-1 }}"), ("우리 이야기", "본문")]
    ):
        post = make_post(body, slug=f"kind-{number}", title=title)
        process(post)
        score_posts(now=NOW)
        kinds.append(get_score(post).get_kind_display())
    assert kinds == ["가격 글", "안내 글", "늘 읽히는 글"]


def test_nothing_is_written_twice_and_what_is_gone_is_removed() -> None:
    posts = make_posts(5)
    with Recorder() as recorder:
        first = score_posts(now=NOW)
    assert (first.posts, first.written, first.removed) == (5, 5, 0)
    assert len(recorder.samples("refresh_score_compute_seconds")) == 1
    again = score_posts(now=NOW + timedelta(minutes=5))
    assert (again.written, get_score(posts[0]).scored_at) == (0, NOW)
    Post.objects.filter(pk=posts[0].pk).update(status="archived")
    gone = score_posts(now=NOW)
    assert (gone.posts, gone.written, gone.removed) == (4, 0, 1)


def test_other_weights_are_another_version_and_score_all_posts_anew() -> None:
    (post,) = make_posts(1)
    hide_disclosure(post)
    score_posts(now=NOW)
    assert get_score(post).score == 200 * ONE
    draft = replace(get_active_spec(), weights={"loss": 250, "conv": 200, "fresh": 150, "stale": 300, "value": 100})
    version = save_settings(draft=draft, based_on=get_active_spec().version, actor="editor", note="낡은 것 먼저")
    assert ScoreSettings.objects.filter(is_active=True).values_list("version", flat=True).get() == version
    counts = score_posts(now=NOW)
    assert (counts.version, counts.written) == (version, 1)
    assert (get_score(post).score, get_score(post).version) == (300 * ONE, version)


def test_only_what_a_person_edits_makes_a_post_new(django_user_model: Any) -> None:
    editor = django_user_model.objects.create_user("editor")
    machine, person = (make_post("본문입니다.", slug=slug, status="published") for slug in ("machine", "person"))
    for post, editor_id in ((machine, None), (person, editor.pk)):
        age(post, days=200)
        save_post(slug=post.slug, title=post.title, body="본문을 고쳤습니다.", editor_id=editor_id)
    score_posts(now=timezone.now())
    assert [get_score(post).is_cooling for post in (machine, person)] == [False, True]
    assert get_score(person).fresh == 0
    assert get_score(machine).fresh > 0, "links that the product inserts are no new words"
