"""Picking by score: who is queued, who is left alone by chance, who rests, and that readers' pages still go first."""

from typing import Any

import pytest

from content.posts.models import Post
from content.refresh.models import PostScore, RefreshEntry, RefreshTrial
from content.refresh.picking import enqueue_by_score
from content.refresh.score import PARTS, ScoreSpec, draw_bucket, is_held_back
from content.refresh.scoring import score_posts
from content.refresh.services import (
    claim_entries,
    count_open,
    enqueue_posts,
    fail_entry,
    finish_entries,
    finish_entry,
    retry_dead,
)
from perfhooks.recorder import Recorder
from tests.content.factories import drain, make_post
from tests.content.refresh.samples import DAY, NOW, TODAY, age, hide_disclosure, note_trial, write_figures

pytestmark = pytest.mark.django_db
SPEC = ScoreSpec()


def make_fallen(number: int, *, lost: int = 20) -> Post:
    """A post that lost many clicks; the lower its number, the more."""
    post = make_post(slug=f"fallen-{number:03d}", title=f"글 {number}")
    age(post, days=100)
    write_figures(post, TODAY - 56 * DAY, 28, clicks=100)
    write_figures(post, TODAY - 28 * DAY, 28, clicks=100 - lost + number)
    return post


def make_round(size: int) -> list[Post]:
    posts = [make_fallen(number, lost=90) for number in range(size)]
    drain()
    score_posts(now=NOW)
    return posts


def find_round(posts: list[Post], *, is_held: bool) -> str:
    """A round that holds back all of these posts, or none: their ids, and so the draw, are the database's."""
    drawn = (f"round-{number}" for number in range(100_000))
    return next(name for name in drawn if all(is_held_back(draw_bucket(it.pk, name), SPEC) == is_held for it in posts))


def queue() -> list[RefreshEntry]:
    return list(RefreshEntry.objects.filter(state="queued").order_by("urgency", "-score", "enqueued_at", "id"))


def test_the_worst_are_queued_with_their_score_parts_and_reason() -> None:
    posts = make_round(12)
    with Recorder() as recorder:
        counts = enqueue_by_score(limit=10, now=NOW)
    held = {post.pk for post in posts[:10] if is_held_back(draw_bucket(post.pk, "2026-11-30"), ScoreSpec())}
    assert (counts.picked, counts.held_back, counts.enqueued) == (10, len(held), 10 - len(held))
    assert recorder.gauges()["refresh_queue_depth"] == counts.depth == count_open()
    entries = queue()
    assert [it.post_id for it in entries] == [post.pk for post in posts[:10] if post.pk not in held]
    kept = PostScore.objects.get(post=entries[0].post)
    assert (entries[0].reason, entries[0].score, entries[0].score_reason) == ("score", kept.score, "loss")
    assert entries[0].score_parts == {part: getattr(kept, part) for part in PARTS}
    trials = {it.post_id: it for it in RefreshTrial.objects.all()}
    assert {key for key, it in trials.items() if it.arm == "held_back"} == held
    assert {it.before_clicks for it in trials.values()} == {28 * (10 + number) for number in range(10)}
    assert all(it.bucket == draw_bucket(key, "2026-11-30") for key, it in trials.items())


def test_the_same_round_picks_nobody_twice_and_the_next_one_lets_them_rest() -> None:
    make_round(4)
    first = enqueue_by_score(now=NOW)
    drain()
    assert first.picked == 4
    assert enqueue_by_score(now=NOW).picked == 0
    assert enqueue_by_score(now=NOW + DAY).picked == 0


def test_a_post_refreshed_yesterday_is_absent() -> None:
    posts = make_round(3)
    note_trial(posts[0], days_ago=1)
    score_posts(now=NOW)
    assert PostScore.objects.get(post=posts[0]).score == 0
    enqueue_by_score(now=NOW)
    assert posts[0].pk not in RefreshTrial.objects.filter(round="2026-11-30").values_list("post_id", flat=True)


@pytest.mark.parametrize(
    ("arm", "days_ago", "is_free"),
    [("refreshed", 20, False), ("refreshed", 21, True), ("held_back", 28, False), ("held_back", 29, True)],
)
def test_who_was_picked_is_free_again_when_its_time_is_over(arm: str, days_ago: int, is_free: bool) -> None:
    (post,) = make_round(1)
    note_trial(post, days_ago=days_ago, arm=arm)
    assert enqueue_by_score(now=NOW).picked == int(is_free)


def test_below_the_threshold_waiting_given_up_and_drafts_are_left_out() -> None:
    posts = make_round(5)
    enqueue_posts(post_ids=[posts[0].pk], reason="product_changed")
    entry = RefreshEntry.objects.filter(post=posts[1]).latest("id")
    RefreshEntry.objects.filter(pk=entry.pk).update(state="dead", outcome="")
    Post.objects.filter(pk=posts[2].pk).update(status="draft")
    PostScore.objects.filter(post=posts[3]).update(score=199_999_999)
    enqueue_by_score(now=NOW)
    assert set(RefreshTrial.objects.values_list("post_id", flat=True)) == {posts[4].pk}


def test_who_is_left_alone_is_still_processed_when_a_product_changes() -> None:
    posts = make_round(2)
    enqueue_by_score(now=NOW, round_name=find_round(posts, is_held=True))
    assert queue() == []
    held = list(RefreshTrial.objects.filter(arm="held_back").values_list("post_id", flat=True))
    assert enqueue_posts(post_ids=held, reason="product_changed") == len(held) == 2


def test_readers_pages_go_first_then_the_score_then_the_time() -> None:
    posts = make_round(3)
    enqueue_by_score(now=NOW, round_name=find_round(posts, is_held=False))
    scored = [it.post_id for it in queue()]
    late = make_post(slug="late")
    later = make_post(slug="later")
    assert [it.post_id for it in claim_entries(limit=9)] == [late.pk, later.pk, *scored]
    assert set(scored) <= {post.pk for post in posts}


def test_a_change_makes_a_scored_entry_urgent_and_keeps_why_it_was_picked() -> None:
    posts = make_round(3)
    enqueue_by_score(now=NOW, round_name=find_round(posts, is_held=False))
    first, _, last = queue()
    make_post(slug="other")
    assert enqueue_posts(post_ids=[last.post_id], reason="product_changed", revision=4) == 0
    assert queue()[0].pk == last.pk
    assert (queue()[0].urgency, queue()[0].reason, queue()[0].score) == (0, "score", last.score)
    assert queue()[2].pk == first.pk


def test_many_entries_are_ended_at_once_like_one_by_one() -> None:
    posts = [make_post(slug=f"p-{number}") for number in range(4)]
    taken = claim_entries(limit=4)
    enqueue_posts(post_ids=[posts[1].pk], reason="product_changed", revision=5)
    RefreshEntry.objects.filter(post=posts[2]).update(claimed_by="other-host:1:1")
    outcomes = {it.id: outcome for it, outcome in zip(taken, ("built", "built", "built", "cached"), strict=True)}
    with Recorder() as recorder:
        counts = finish_entries(outcomes=outcomes)
    assert (counts.done, counts.again, counts.lost) == (2, 1, 1)
    assert len(recorder.samples("time_to_refresh_publish_seconds")) == 1
    states = RefreshEntry.objects.order_by("post_id").values_list("state", "outcome", "is_dirty", "claimed_by")
    assert [(state, outcome) for state, outcome, *_ in states] == [
        ("done", "built"),
        ("queued", ""),
        ("claimed", ""),
        ("done", "cached"),
    ]
    assert list(states)[1][2:] == (False, "")
    assert finish_entries(outcomes=outcomes).done == 0


def test_ending_more_entries_takes_no_more_queries(django_assert_num_queries: Any) -> None:
    for number in range(30):
        make_post(slug=f"p-{number}")
    for size in (10, 20):
        taken = claim_entries(limit=size)
        with django_assert_num_queries(4):  # savepoint, hold, end, release
            assert finish_entries(outcomes={it.id: "built" for it in taken}).done == size


def test_a_failed_entry_waits_before_it_is_tried_again_and_a_change_ends_the_wait(settings: Any) -> None:
    settings.REFRESH_BACKOFF_SECONDS = 60
    post = make_post()
    waits = []
    for _ in range(2):
        [taken] = claim_entries(limit=1)
        assert fail_entry(entry_id=taken.id, error="고장")
        entry = RefreshEntry.objects.get(pk=taken.id)
        assert entry.not_before is not None
        waits.append(round((entry.not_before - entry.enqueued_at).total_seconds()))
        assert claim_entries(limit=1) == []
        RefreshEntry.objects.update(not_before=entry.enqueued_at)
    assert waits == [60, 240]
    RefreshEntry.objects.update(not_before=NOW + 9_999 * DAY)
    enqueue_posts(post_ids=[post.pk], reason="body_changed")
    assert len(claim_entries(limit=1)) == 1


def test_a_dead_entry_that_its_score_had_queued_comes_back_as_a_plain_one() -> None:
    (post,) = make_round(1)
    hide_disclosure(post)
    enqueue_by_score(now=NOW, round_name=find_round([post], is_held=False))
    entry = RefreshEntry.objects.filter(post=post).latest("id")
    for _ in range(3):
        claim_entries(limit=1)
        fail_entry(entry_id=entry.pk, error="고장")
    assert retry_dead(post_ids=[post.pk]) == 1
    entry.refresh_from_db()
    assert (entry.reason, entry.urgency, entry.score, entry.not_before) == ("retry", 0, 0, None)
    [taken] = claim_entries(limit=1)
    assert finish_entry(entry_id=taken.id)
