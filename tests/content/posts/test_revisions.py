"""Revisions: one for each save that changed something, who and why, back to an earlier one, and never too many."""

from typing import Any

import pytest
from django.core.management import call_command

from content.posts.models import Post, PostRevision
from content.posts.publishing import SYSTEM, change_status
from content.posts.restoring import restore_revision
from content.posts.services import Authorship, save_post, store_images
from content.refresh.models import RefreshEntry
from tests.content.factories import drain, draw_picture, make_post, new_images

pytestmark = pytest.mark.django_db


def numbers() -> list[int]:
    return list(PostRevision.objects.order_by("number").values_list("number", flat=True))


def test_a_save_that_changes_something_keeps_a_revision_and_another_does_not(admin_user: Any) -> None:
    make_post("하나")
    make_post("하나")
    make_post("하나", status="published")
    assert numbers() == [1]
    save_post(slug="cleaner-guide", title="무선 청소기 추천", body="둘", editor_id=admin_user.pk, reason="오타를 고침")
    newest = PostRevision.objects.latest("number")
    post = Post.objects.get()
    assert (newest.number, newest.saved_by, newest.reason, newest.body) == (2, admin_user, "오타를 고침", "둘")
    assert newest.content_hash == post.body_hash
    assert len(newest.trace_id) > 8


def test_pictures_are_part_of_a_revision_and_a_form_makes_one_of_both_steps() -> None:
    post = make_post("본문", images=new_images(draw_picture("red")))
    first = PostRevision.objects.get()
    assert [image["alt"] for image in first.images] == ["사진 1"]
    saved = save_post(slug=post.slug, title=post.title, body="고친 본문")
    row = post.images.get()
    row.alt = "고친 설명"
    store_images(post_id=post.pk, changed=[row], deleted=[], author=Authorship(is_same_save=saved.revision > 0))
    newest = PostRevision.objects.latest("number")
    assert numbers() == [1, 2]
    assert (newest.body, newest.images[0]["alt"]) == ("고친 본문", "고친 설명")
    assert newest.content_hash == Post.objects.get().body_hash


def test_an_earlier_revision_comes_back_as_a_new_one(admin_user: Any) -> None:
    post = make_post("처음", title="처음 제목", images=new_images(draw_picture("red"), draw_picture("blue")))
    before = Post.objects.get().body_hash
    make_post("나중", title="나중 제목", relationship="paid_ad", images=[])
    drain()
    back = restore_revision(post_id=post.pk, number=1, editor_id=admin_user.pk, reason="실수")
    now = Post.objects.get()
    assert (now.title, now.body, now.relationship, now.status) == ("처음 제목", "처음", "own_product", "ready")
    assert [image.alt for image in now.images.all()] == ["사진 1", "사진 2"]
    assert all(image.image.read() for image in now.images.all())
    assert now.body_hash == before
    newest = PostRevision.objects.latest("number")
    assert (back.revision, newest.number, newest.reason, newest.saved_by) == (3, 3, "1판으로 되돌림: 실수", admin_user)
    assert RefreshEntry.objects.filter(state="queued").count() == 1
    assert not restore_revision(post_id=post.pk, number=1, editor_id=None).is_changed
    with pytest.raises(PostRevision.DoesNotExist):
        restore_revision(post_id=post.pk, number=99, editor_id=None)


def test_only_so_many_are_kept_and_those_that_readers_saw(settings: Any) -> None:
    settings.POST_REVISIONS_KEPT = 3
    for number in range(1, 4):
        post = make_post(f"본문 {number}")
    change_status(post_id=post.pk, target="published", actor=SYSTEM)
    change_status(post_id=post.pk, target="draft", actor=SYSTEM)
    for number in range(4, 11):
        make_post(f"본문 {number}", status="draft")
    assert numbers() == [3, 8, 9, 10]
    assert PostRevision.objects.get(number=3).is_published


def test_a_lowered_limit_is_enforced_by_a_command(settings: Any, capsys: Any) -> None:
    for slug in ("one", "two"):
        for number in range(1, 7):
            make_post(f"본문 {number}", slug=slug)
    settings.POST_REVISIONS_KEPT = 2
    call_command("prune_post_revisions")
    assert "8개" in capsys.readouterr().out
    assert numbers() == [5, 5, 6, 6]
    call_command("prune_post_revisions")
    assert "0개" in capsys.readouterr().out


def test_what_readers_see_while_it_is_edited_is_marked() -> None:
    make_post("하나", status="published")
    make_post("둘", status="published")
    assert set(PostRevision.objects.values_list("number", "is_published")) == {(1, True), (2, True)}
