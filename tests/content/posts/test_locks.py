"""The edit lock: one holder at a time, known to everybody else, and over by itself."""

import re
import threading
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connections
from django.test import Client
from django.utils import timezone

from content.posts.locks import explain_lock, find_other_holder, open_lock, release_lock
from content.posts.models import EditLock, Post
from tests.content.factories import make_post
from tests.content.posts.test_admin import fill_form, page_of, read_errors

pytestmark = pytest.mark.django_db


def make_editor(name: str) -> User:
    return User.objects.create_superuser(name, last_name="김", first_name=name)


def enter(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def test_the_first_one_holds_it_and_renews_it_by_opening() -> None:
    post, first, second = make_post(), make_editor("하늘"), make_editor("바다")
    mine = open_lock(post_id=post.pk, user_id=first.pk)
    assert mine.is_mine
    EditLock.objects.update(since=mine.since - timedelta(minutes=9), expires_at=mine.expires_at - timedelta(minutes=9))
    theirs = open_lock(post_id=post.pk, user_id=second.pk)
    assert not theirs.is_mine
    words = explain_lock(theirs)
    since = timezone.localtime(mine.since - timedelta(minutes=9))
    assert f"김하늘 님이 {since:%m월 %d일 %H:%M}부터 이 글을 편집하고 있습니다" in words
    assert "9분 전" in words
    again = open_lock(post_id=post.pk, user_id=first.pk)
    assert again.since < mine.since
    assert again.expires_at >= mine.expires_at


def test_it_ends_by_itself_by_release_and_by_being_taken_over() -> None:
    post, first, second = make_post(), make_editor("하늘"), make_editor("바다")
    open_lock(post_id=post.pk, user_id=first.pk)
    EditLock.objects.update(expires_at=timezone.now())
    assert open_lock(post_id=post.pk, user_id=second.pk).is_mine
    assert not release_lock(post_id=post.pk, user_id=first.pk)
    assert release_lock(post_id=post.pk, user_id=second.pk)
    assert open_lock(post_id=post.pk, user_id=first.pk).is_mine
    assert open_lock(post_id=post.pk, user_id=second.pk, is_taken_over=True).is_mine
    other = find_other_holder(post_id=post.pk, user_id=first.pk)
    assert other is not None
    assert other.holder == "김바다"
    with pytest.raises(Post.DoesNotExist):
        open_lock(post_id=987_654, user_id=first.pk)


def test_the_page_says_who_edits_and_a_save_over_them_is_asked_about() -> None:
    post, first, second = make_post("처음 본문"), make_editor("하늘"), make_editor("바다")
    mine, theirs = enter(first), enter(second)
    assert "편집하고 있습니다" not in mine.get(page_of(post)).content.decode()
    assert "김하늘 님이" in theirs.get(page_of(post)).content.decode()
    refused = theirs.post(page_of(post), fill_form(post, body="남의 본문"))
    assert "넘겨받고 저장" in read_errors(refused)
    assert "남의 본문" in refused.content.decode()
    assert Post.objects.get().body == "처음 본문"
    taken = theirs.post(page_of(post), fill_form(post, body="남의 본문") | {"_take_over": "1", "_continue": "1"})
    assert taken.status_code == 302
    assert Post.objects.get().body == "남의 본문"
    late = mine.post(page_of(post), fill_form(post, body="나의 본문"))
    assert "김바다 님이" in read_errors(late)


def test_taking_over_is_one_button_and_the_comparison_of_versions_stays_the_last_guard() -> None:
    post, first, second = make_post("처음 본문"), make_editor("하늘"), make_editor("바다")
    mine, theirs = enter(first), enter(second)
    sent = fill_form(post, body="나의 본문")
    mine.get(page_of(post))
    page = theirs.get(page_of(post)).content.decode()
    found = re.search(r'formaction="([^"]+take-over/)"', page)
    assert found is not None
    assert "넘겨받았습니다" in theirs.post(found[1], follow=True).content.decode()
    assert theirs.post(page_of(post), fill_form(post, body="남의 본문")).status_code == 302
    assert "그사이 다른 사람이" in read_errors(mine.post(page_of(post), sent))


def test_whoever_saves_and_leaves_lets_go_and_who_goes_on_does_not() -> None:
    post, first = make_post("처음 본문"), make_editor("하늘")
    mine = enter(first)
    mine.get(page_of(post))
    mine.post(page_of(post), fill_form(post, body="둘") | {"_continue": "1"})
    assert EditLock.objects.get().holder == first
    mine.post(page_of(post), fill_form(Post.objects.get(), body="셋"))
    assert not EditLock.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_of_many_who_open_at_once_one_holds_it() -> None:
    post, people = make_post(), [make_editor(f"사람{number}") for number in range(4)]
    start, seen = threading.Barrier(4), list[Any]()

    def open_it(user: User) -> None:
        start.wait(10)
        try:
            seen.append(open_lock(post_id=post.pk, user_id=user.pk).is_mine)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=open_it, args=[user]) for user in people]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert sorted(seen) == [False, False, False, True]
