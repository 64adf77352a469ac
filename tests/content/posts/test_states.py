"""The ways of a post from state to state: which there are, who may take them, what blocks them, what they leave behind."""

from datetime import timedelta
from itertools import product
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from content.posts.models import Post, PostStatus, StatusChange
from content.posts.publishing import (
    SYSTEM,
    Actor,
    StatusRefused,
    change_status,
    change_statuses,
    foresee_statuses,
    undo_batch,
)
from content.posts.selectors import keep_processable
from content.posts.services import save_post
from content.refresh.models import RefreshEntry
from products.catalog.models import Placement
from tests.content.factories import drain, make_post, make_shop, process

pytestmark = pytest.mark.django_db

LATER = timezone.now() + timedelta(days=30)
# Written a second time, by hand: from a state to all that may follow.
WAYS = {
    "draft": {"ready", "archived"},
    "ready": {"draft", "scheduled", "published", "archived"},
    "scheduled": {"draft", "ready", "scheduled", "published", "archived"},
    "published": {"draft", "ready", "archived"},
    "archived": {"draft", "ready", "published"},
}
OF_EDITORS = {("draft", "ready"), ("draft", "archived"), ("ready", "draft"), ("ready", "archived")} | {
    ("archived", "draft"),
    ("archived", "ready"),
}
EDITOR = Actor(None, lambda right: right == "posts.change_post")


def stand(state: str, **changes: Any) -> Post:
    """A post that got to this state."""
    post = make_post(status="draft", **changes)
    for step in {"draft": [], "ready": ["ready"], "archived": ["archived"]}.get(state, ["ready", state]):
        change_status(post_id=post.pk, target=step, actor=SYSTEM, publish_at=LATER if step == "scheduled" else None)
    drain()
    return Post.objects.get(pk=post.pk)


@pytest.mark.parametrize(("source", "target"), list(product(PostStatus.values, PostStatus.values)))
def test_each_way_is_open_or_refused_with_its_reason(source: str, target: str) -> None:
    post = stand(source)
    assert post.status == source
    later = LATER + timedelta(days=1) if target == "scheduled" else None
    if source == target and target != "scheduled":
        assert not change_status(post_id=post.pk, target=target, actor=SYSTEM).is_changed
    elif target in WAYS[source]:
        if (source, target) not in OF_EDITORS:
            with pytest.raises(StatusRefused, match="권한이 없습니다"):
                change_status(post_id=post.pk, target=target, actor=EDITOR, publish_at=later)
        actor = EDITOR if (source, target) in OF_EDITORS else SYSTEM
        assert change_status(post_id=post.pk, target=target, actor=actor, publish_at=later).is_changed
    else:
        with pytest.raises(StatusRefused, match="바로 옮길 수 없습니다"):
            change_status(post_id=post.pk, target=target, actor=SYSTEM, publish_at=later)
    post.refresh_from_db()
    assert post.status == (target if target in WAYS[source] else source)
    assert (post.publish_at is not None) == (post.status == "scheduled")


@pytest.mark.parametrize("state", PostStatus.values)
def test_ready_scheduled_and_published_posts_are_processed(state: str) -> None:
    post = stand(state)
    assert keep_processable([post.pk]) == ([post.pk] if state in ("ready", "scheduled", "published") else [])


def test_a_step_is_noted_with_who_why_and_which_revision(admin_user: Any) -> None:
    post = stand("ready")
    actor = Actor(admin_user.pk, admin_user.has_perm)
    change_status(post_id=post.pk, target="published", actor=actor, reason="겨울 특집")
    step = StatusChange.objects.latest("pk")
    assert (step.source, step.target, step.changed_by, step.reason, step.revision) == (
        "ready",
        "published",
        admin_user,
        "겨울 특집",
        1,
    )
    assert len(step.trace_id) > 8
    assert str(step) == "준비됨 → 게시됨"
    first = Post.objects.get().published_at
    change_status(post_id=post.pk, target="ready", actor=actor)
    change_status(post_id=post.pk, target="published", actor=actor)
    assert Post.objects.get().published_at == first


def test_a_draft_that_becomes_ready_waits_to_be_processed_and_a_published_one_does_not_again() -> None:
    post = stand("draft")
    change_status(post_id=post.pk, target="ready", actor=SYSTEM)
    assert RefreshEntry.objects.filter(state="queued").count() == 1
    drain()
    change_status(post_id=post.pk, target="published", actor=SYSTEM)
    assert not RefreshEntry.objects.filter(state="queued").exists()


@pytest.mark.parametrize("target", ["published", "scheduled"])
def test_blocking_findings_keep_a_post_from_its_readers(target: str) -> None:
    post = make_post("첫 줄\n{{ price:JB-404 }}")
    with pytest.raises(StatusRefused, match=r"막는 점검 사항 1건.*2번째 줄: SKU 'JB-404'"):
        change_status(post_id=post.pk, target=target, actor=SYSTEM, publish_at=LATER)
    assert not StatusChange.objects.exists()
    make_post("첫 줄")
    assert change_status(post_id=post.pk, target=target, actor=SYSTEM, publish_at=LATER).is_changed


@pytest.mark.parametrize("moment", [None, timezone.now() - timedelta(minutes=1)])
def test_a_time_that_is_over_is_refused(moment: Any) -> None:
    with pytest.raises(StatusRefused, match="게시 예약 시각"):
        change_status(post_id=stand("ready").pk, target="scheduled", actor=SYSTEM, publish_at=moment)


@pytest.mark.parametrize(("held", "wanted"), [(None, "scheduled"), (None, "archived"), ("draft", "published")])
def test_a_save_cannot_jump(held: str | None, wanted: str) -> None:
    if held:
        make_post("본문", status=held)
    with pytest.raises(ValidationError) as refused:
        save_post(slug="cleaner-guide", title="제목", body="다른 본문", status=wanted)
    assert "status" in refused.value.message_dict
    assert not Post.objects.filter(body="다른 본문").exists()


def test_a_save_without_a_state_leaves_it_alone() -> None:
    post = stand("published")
    save_post(slug=post.slug, title=post.title, body="고친 본문")
    post.refresh_from_db()
    assert (post.status, post.body) == ("published", "고친 본문")


def test_many_move_as_one_batch_and_what_is_refused_stops_nobody() -> None:
    ready = [make_post(slug=f"ready-{number}", title=f"글 {number}") for number in range(3)]
    broken = make_post("{{ price:JB-404 }}", slug="broken", title="고장 난 글")
    draft = make_post(slug="draft", status="draft", title="초안")
    live = make_post(slug="live", status="published")
    ids = [post.pk for post in (*ready, broken, draft, live)]
    foreseen = foresee_statuses(post_ids=ids, target="published", actor=SYSTEM)
    done = change_statuses(post_ids=[*ids, 987_654], target="published", actor=SYSTEM, reason="봄")
    assert (foreseen.changed, foreseen.unchanged, foreseen.refused_count) == (3, 1, 2)
    assert (done.changed, done.unchanged, done.refused) == (3, 1, foreseen.refused)
    assert sorted(title for titles in done.refused.values() for title in titles) == ["고장 난 글", "초안"]
    assert set(StatusChange.objects.values_list("batch", "reason")) == {(done.batch, "봄")}


def test_a_batch_is_undone_but_for_those_that_moved_on() -> None:
    posts = [make_post(slug=f"ready-{number}") for number in range(3)]
    batch = change_statuses(post_ids=[post.pk for post in posts], target="archived", actor=SYSTEM).batch
    change_status(post_id=posts[0].pk, target="draft", actor=SYSTEM)
    undone = undo_batch(batch=batch, actor=SYSTEM)
    assert (undone.changed, undone.refused_count) == (2, 1)
    assert list(Post.objects.order_by("slug").values_list("status", flat=True)) == ["draft", "ready", "ready"]
    assert undo_batch(batch="", actor=SYSTEM).changed == 0


@pytest.mark.parametrize("target", ["archived", "draft"])
def test_a_post_that_is_not_processed_counts_no_longer_among_those_that_show_a_product(target: str) -> None:
    make_shop({"number": 1})
    post = make_post("{{ price:JB-1 }}")
    process(post)
    assert Placement.objects.filter(content_id=post.pk).exists()
    change_status(post_id=post.pk, target=target, actor=SYSTEM)
    assert not Placement.objects.filter(content_id=post.pk, is_live=True).exists()
    change_status(post_id=post.pk, target="ready", actor=SYSTEM)
    process(post)
    assert Placement.objects.filter(content_id=post.pk, is_live=True).exists()


def test_an_archived_post_keeps_its_package_and_is_not_processed_again() -> None:
    post = make_post("본문")
    assert process(post).status == "built"
    drain()
    change_status(post_id=post.pk, target="archived", actor=SYSTEM)
    make_post("고친 본문", status="archived")
    assert not RefreshEntry.objects.filter(state="queued").exists()
    assert post.packages.count() == 1


def test_a_schedule_is_not_brought_back_by_an_undo() -> None:
    post = make_post()
    later = timezone.now() + timedelta(days=1)
    change_status(post_id=post.pk, target="scheduled", actor=SYSTEM, publish_at=later)
    batch = change_statuses(post_ids=[post.pk], target="archived", actor=SYSTEM).batch
    undone = undo_batch(batch=batch, actor=SYSTEM)
    assert list(undone.refused) == ["예약한 시각은 되돌리지 못합니다. 글을 열어 다시 예약하세요."]
    assert Post.objects.get().status == "archived"
