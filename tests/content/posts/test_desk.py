"""States, schedules and revisions on the desk: what an editor sees, presses and reads."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from content.posts import bulkactions
from content.posts.models import Post, PostRevision, StatusChange
from tests.content.factories import make_post
from tests.content.posts.test_admin import ATTACK, LIST, fill_form, page_of, read_errors
from tests.operations.roles.people import log_in, make_person

pytestmark = pytest.mark.django_db


def ask(client: Client, action: str, *posts: Post, **sent: str) -> Any:
    ids = [str(post.pk) for post in posts]
    return client.post(LIST, {"action": action, "_selected_action": ids, **sent}, follow=True)


def test_a_bulk_action_says_first_what_it_would_do_then_does_it_and_can_be_undone(admin_client: Client) -> None:
    posts = [make_post(slug=f"ready-{number}", title=f"글 {number} {ATTACK}") for number in range(2)]
    broken = make_post("{{ price:JB-404 }}", slug="broken", title="고장 난 글")
    page = ask(admin_client, "publish", *posts, broken).content.decode()
    assert "글 2개 옮기기" in page
    assert "막는 점검 사항 1건" in page
    assert ATTACK not in page
    assert not StatusChange.objects.exists()
    done = ask(admin_client, "publish", *posts, broken, confirmed="1", reason="겨울 특집").content.decode()
    assert "글 2개를 게시됨(으)로 옮겼습니다. 그대로 0개, 거부 1개." in done
    assert "고장 난 글" in done
    assert ATTACK not in done
    assert Post.objects.filter(status="published").count() == 2
    batch = StatusChange.objects.latest("pk").batch
    undone = admin_client.post(f"{LIST}batch/{batch}/undo/", follow=True).content.decode()
    assert "글 2개를 되돌렸습니다" in undone
    assert not Post.objects.exclude(status="ready").exists()


def test_nothing_to_move_is_said(admin_client: Client) -> None:
    post = make_post(status="draft")
    page = ask(admin_client, "publish", post).content.decode()
    assert "옮길 수 있는 글이 없습니다" in page
    assert "바로 옮길 수 없습니다" in ask(admin_client, "publish", post, confirmed="1").content.decode()


def test_too_many_at_once_are_refused(admin_client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bulkactions, "BULK_LIMIT", 1)
    posts = [make_post(slug=f"ready-{number}") for number in range(2)]
    assert "한 번에 1개까지" in ask(admin_client, "archive", *posts).content.decode()


def test_an_editor_archives_drafts_but_no_published_post() -> None:
    editor = log_in(make_person("writer", "editor"))
    live, draft = make_post(slug="live", status="published"), make_post(slug="draft", status="draft")
    assert "권한이 없습니다" in ask(editor, "archive", live, draft, confirmed="1").content.decode()
    assert set(Post.objects.values_list("slug", "status")) == {("live", "published"), ("draft", "archived")}


def test_a_time_in_korea_schedules_and_another_state_forgets_it(admin_client: Client) -> None:
    post = make_post()
    tomorrow = timezone.localtime(timezone.now() + timedelta(days=1)).replace(second=0, microsecond=0)
    typed = {"status": "scheduled", "publish_at": f"{tomorrow:%Y-%m-%dT%H:%M}", "_continue": "1"}
    page = admin_client.post(page_of(post), fill_form(post) | typed, follow=True).content.decode()
    post.refresh_from_db()
    assert (post.status, post.publish_at) == ("scheduled", tomorrow)
    assert f"{tomorrow:%Y-%m-%d %H:%M}에 게시" in page
    assert f'value="{tomorrow:%Y-%m-%dT%H:%M}"' in page
    later = {**typed, "publish_at": f"{tomorrow + timedelta(hours=3):%Y-%m-%dT%H:%M}"}
    assert admin_client.post(page_of(post), fill_form(post) | later).status_code == 302
    post.refresh_from_db()
    assert post.publish_at == tomorrow + timedelta(hours=3)
    admin_client.post(page_of(post), fill_form(post, status="ready", publish_at=later["publish_at"]))
    assert Post.objects.values_list("status", "publish_at").get() == ("ready", None)


@pytest.mark.parametrize("moment", ["", "2020-01-01T09:00", "내일"])
def test_a_schedule_without_a_time_ahead_is_told_at_its_field(admin_client: Client, moment: str) -> None:
    post = make_post()
    sent = fill_form(post, status="scheduled", publish_at=moment, title="타자한 제목")
    response = admin_client.post(page_of(post), sent)
    assert re.search("게시 예약 시각|날짜", read_errors(response))
    assert "타자한 제목" in response.content.decode()
    assert Post.objects.get().status == "ready"


def test_the_next_steps_are_buttons_that_save_first(admin_client: Client) -> None:
    post = make_post()
    assert 'name="_move" value="published"' in admin_client.get(page_of(post)).content.decode()
    admin_client.post(page_of(post), fill_form(post, title="고친 제목") | {"_move": "published"})
    post.refresh_from_db()
    assert (post.title, post.status) == ("고친 제목", "published")
    admin_client.post(page_of(post), fill_form(post, status="published") | {"_move": "nowhere"})
    assert Post.objects.get().status == "published"


def test_what_blocks_keeps_the_state_but_not_the_text(admin_client: Client) -> None:
    post = make_post()
    sent = fill_form(post, body="{{ price:JB-404 }}", status="published")
    page = admin_client.post(page_of(post), sent, follow=True).content.decode()
    assert "내용은 저장했고 상태는 그대로입니다. 막는 점검 사항 1건" in page
    post.refresh_from_db()
    assert (post.body, post.status) == ("{{ price:JB-404 }}", "ready")


def test_an_editor_is_offered_no_button_that_is_not_theirs() -> None:
    editor, post = log_in(make_person("writer", "editor")), make_post()
    page = editor.get(page_of(post)).content.decode()
    assert 'value="published"' not in page
    assert "id_publish_at" not in page
    editor.post(page_of(post), fill_form(post) | {"_move": "published"})
    assert Post.objects.get().status == "ready"


def test_an_editor_deletes_no_published_post_alone_or_among_others() -> None:
    editor = log_in(make_person("writer", "editor"))
    live, draft = make_post(slug="live", status="published"), make_post(slug="draft", status="draft")
    ask(editor, "delete_selected", live, draft, post="yes")
    editor.post(f"{LIST}{live.pk}/delete/", {"post": "yes"})
    assert Post.objects.count() == 2
    assert "게시됨" in editor.get(f"{LIST}{live.pk}/delete/").content.decode()
    ask(editor, "delete_selected", draft, post="yes")
    assert Post.objects.get() == live
    log_in(make_person("poster", "publisher")).post(f"{LIST}{live.pk}/delete/", {"post": "yes"})
    assert not Post.objects.exists()


def test_revisions_are_listed_compared_and_restored(admin_client: Client) -> None:
    post = make_post("첫째 줄\n둘째 줄은 가볍고 조용합니다", title="처음 제목")
    sent = fill_form(post, title=f"나중 제목 {ATTACK}", body="첫째 줄\n둘째 줄은 무겁고 조용합니다", reason="사실 확인")
    admin_client.post(page_of(post), sent)
    base = f"{LIST}{post.pk}/revisions/"
    listed = admin_client.get(base).content.decode()
    assert "사실 확인" in listed
    assert f"{base}2/" in listed
    page = admin_client.get(f"{base}2/").content.decode()
    assert "<del>가볍고</del>" in page
    assert "<ins>무겁고</ins>" in page
    assert "1판 → 2판" in page
    assert ATTACK not in page
    against = admin_client.get(f"{base}1/?against=2").content.decode()
    assert "1판 → 2판" in against
    assert "1판으로 되돌리기" in against
    done = admin_client.post(f"{base}1/restore/", {"reason": "실수"}, follow=True).content.decode()
    assert "1판의 내용으로 되돌렸습니다. 새 판은 3판입니다." in done
    assert (Post.objects.get().title, PostRevision.objects.count()) == ("처음 제목", 3)
    assert "이미 1판과 같습니다" in admin_client.post(f"{base}1/restore/", follow=True).content.decode()


@pytest.mark.parametrize("address", ["9/", "9/restore/", "1/?against=9999999999999", "1/?against=둘"])
def test_a_revision_that_is_not_there(admin_client: Client, address: str) -> None:
    post = make_post()
    send = admin_client.post if "restore" in address else admin_client.get
    status = 404 if address.startswith("9") else 200
    assert send(f"{LIST}{post.pk}/revisions/{address}").status_code == status


def test_a_korean_slug_is_kept_in_one_form(admin_client: Client) -> None:
    admin_client.post(f"{LIST}add/", fill_form(slug="무선-청소기-추천"))
    assert Post.objects.get().slug == "무선-청소기-추천"
    assert "한글만이면 40자" in read_errors(admin_client.post(f"{LIST}add/", fill_form(slug="가" * 41)))


def test_the_list_takes_eight_queries_at_most(admin_client: Client, django_assert_max_num_queries: Any) -> None:
    for number in range(12):
        make_post(slug=f"post-{number}", status="published")
    with django_assert_max_num_queries(8):
        assert admin_client.get(f"{LIST}?status__exact=published").status_code == 200
    assert User.objects.exists()
