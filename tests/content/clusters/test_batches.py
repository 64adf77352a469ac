"""Batches beside people: edits, locks, blocks, kills and a second run at the same time."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.contrib.auth.models import User
from django.db import connection, connections

from content.clusters.editing import EditRefused, add_anchor, set_link_rule
from content.clusters.inserting import BatchOutcome, apply_batch, undo_batch
from content.clusters.linking import BatchRefused, plan_links
from content.clusters.models import LinkBatch, PlannedLink
from content.clusters.planning import plan_clusters
from content.clusters.services import insert_links
from content.posts.locks import open_lock
from content.posts.models import Post
from content.posts.publishing import SYSTEM, change_status
from content.posts.services import save_post
from perfhooks.locks import LockHeld
from tests.content.clusters.garden import FILLER, LONG, make_live, plant_cleaners

pytestmark = pytest.mark.django_db


def rewrite(slug: str, old: str, new: str) -> str:
    """Edit a post as a person would."""
    post = Post.objects.get(slug=slug)
    assert old in post.body
    save_post(slug=slug, title=post.title, body=post.body.replace(old, new), relationship=post.relationship)
    return Post.objects.get(slug=slug).body


def plan() -> str:
    plant_cleaners()
    plan_clusters()
    return plan_links().batch_id


def test_a_post_edited_meanwhile_keeps_its_words_and_is_named() -> None:
    batch_id = plan()
    edited = rewrite("cordless-guide", "먼저입니다", "먼저랍니다")
    done = apply_batch(batch_id=batch_id)
    assert done.conflicts == ("무선 청소기 추천",)
    assert done.links > 0
    assert Post.objects.get(slug="cordless-guide").body == edited
    batch = LinkBatch.objects.get(batch_id=batch_id)
    assert (batch.state, batch.conflicts) == ("applied", 3)
    assert set(batch.links.filter(source__slug="cordless-guide").values_list("reason", flat=True)) == {"edited"}
    assert insert_links().inserted == 3


def test_who_edits_a_post_is_not_overtaken() -> None:
    batch_id = plan()
    editor = User.objects.create_user("lee")
    open_lock(post_id=Post.objects.get(slug="cordless-guide").pk, user_id=editor.pk)
    assert apply_batch(batch_id=batch_id).conflicts == ("무선 청소기 추천",)
    assert set(PlannedLink.objects.filter(source__slug="cordless-guide").values_list("reason", flat=True)) == {
        "being_edited"
    }


def test_a_target_that_went_and_a_pair_blocked_since_are_left_out() -> None:
    batch_id = plan()
    hub, target = Post.objects.get(slug="cordless-guide"), Post.objects.get(slug="battery")
    set_link_rule(source_id=hub.pk, target_id=target.pk, kind="block")
    change_status(post_id=Post.objects.get(slug="noise").pk, target="archived", actor=SYSTEM)
    apply_batch(batch_id=batch_id)
    rows = dict(PlannedLink.objects.filter(source=hub).values_list("target_slug", "reason"))
    assert rows == {"filter": "", "battery": "blocked", "noise": "not_live"}
    assert plan_links().refusals["blocked"] == 1


def test_undoing_an_edited_post_takes_only_its_own_links_out() -> None:
    batch_id = plan()
    bare = Post.objects.get(slug="cordless-guide").body
    apply_batch(batch_id=batch_id)
    rewrite("cordless-guide", "먼저입니다", "먼저랍니다 [설명](https://example.com/)")
    done = undo_batch(batch_id=batch_id)
    assert done.conflicts == ()
    wanted = bare.replace("먼저입니다", "먼저랍니다 [설명](https://example.com/)")
    assert Post.objects.get(slug="cordless-guide").body == wanted
    assert LinkBatch.objects.get().state == "undone"


def test_words_that_an_editor_took_over_stay_and_are_a_conflict() -> None:
    batch_id = plan()
    apply_batch(batch_id=batch_id)
    rewrite("cordless-guide", "[무선 청소기 필터 관리](post:filter)", "[필터 관리 요령](post:filter)")
    rewrite("cordless-guide", "[무선 청소기 배터리 수명](post:battery)", "무선 청소기 배터리 수명")
    done = undo_batch(batch_id=batch_id)
    assert done.conflicts == ("무선 청소기 추천",)
    body = Post.objects.get(slug="cordless-guide").body
    assert "[필터 관리 요령](post:filter)" in body
    assert body.count("(post:") == 1
    batch = LinkBatch.objects.get()
    assert (batch.state, batch.inserted, batch.conflicts) == ("applied", 1, 1)


def test_a_newer_proposal_discards_the_older_one() -> None:
    batch_id = plan()
    newer = plan_links().batch_id
    assert LinkBatch.objects.get(batch_id=batch_id).state == "discarded"
    with pytest.raises(BatchRefused, match="버림"):
        apply_batch(batch_id=batch_id)
    assert apply_batch(batch_id=newer).links > 0


def test_an_editors_pin_and_words_lead_across_clusters_and_blocks_bar() -> None:
    plant_cleaners()
    target = make_live("cup", "머그컵 고르는 법", FILLER)
    source = make_live("story", "커피 이야기", f"아침에는 따뜻한 잔을 꺼냅니다. {LONG}")
    plan_clusters()
    with pytest.raises(EditRefused, match="같은 글"):
        set_link_rule(source_id=source.pk, target_id=source.pk, kind="pin")
    set_link_rule(source_id=source.pk, target_id=target.pk, kind="pin", words="따뜻한 잔")
    insert_links()
    assert "[따뜻한 잔](post:cup)을" in Post.objects.get(pk=source.pk).body
    assert PlannedLink.objects.get(target=target, state="inserted").rule_id == "pin"

    add_anchor(target_id=target.pk, text="아침 커피")
    with pytest.raises(EditRefused, match="이미 '머그컵 고르는 법'"):
        add_anchor(target_id=source.pk, text="아침  커피")


@pytest.mark.django_db(transaction=True)
def test_two_runs_at_once_insert_each_link_once() -> None:
    batch_id = plan()
    total = PlannedLink.objects.filter(state="planned").count()
    start = Barrier(2)

    def run(_number: int) -> BatchOutcome | None:
        start.wait(timeout=10)
        try:
            return apply_batch(batch_id=batch_id)
        except LockHeld:
            return None
        finally:
            connections.close_all()

    with ThreadPoolExecutor(2) as pool:
        done = [outcome for outcome in pool.map(run, range(2)) if outcome is not None]
    assert sum(outcome.links for outcome in done) == total
    bodies = "".join(Post.objects.values_list("body", flat=True))
    assert bodies.count("(post:") == total
    assert connection.is_usable()
