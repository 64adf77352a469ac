"""Saved views: kept by name, shared or not, deleted by their owner only, above the list that they belong to."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from perfhooks.models import SavedView
from perfhooks.savedviews import VIEWS_LIMIT, ViewError, list_views, normalize_query, save_view
from tests.operations.roles.people import log_in, make_person

pytestmark = pytest.mark.django_db
LIST = "/admin/catalog/product/"


def keep(desk: Client, name: str, querystring: str, **more: str) -> Any:
    """Save a view as the button does; follows to the list."""
    sent = {"name": name, "querystring": querystring, **more}
    return desk.post(f"{LIST}views/save/", sent, follow=True)


def read_messages(response: Any) -> str:
    return " ".join(str(message) for message in response.context["messages"])


def test_a_view_stands_above_the_list_and_says_when_it_is_shown(admin_client: Client) -> None:
    page = keep(admin_client, " 품절 점검 ", "stock=out&o=-7&p=3&status__exact=SALE")
    assert "보기 '품절 점검'을(를) 저장했습니다." in read_messages(page)
    [view] = page.context["saved_views"]
    assert (view.name, view.querystring, view.is_shown) == ("품절 점검", "o=-7&status__exact=SALE&stock=out", True)
    assert (
        'href="?o=-7&amp;status__exact=SALE&amp;stock=out" aria-current="true">품절 점검</a>' in page.content.decode()
    )
    [elsewhere] = admin_client.get(f"{LIST}?stock=in").context["saved_views"]
    assert not elsewhere.is_shown


def test_the_same_name_takes_the_new_conditions(admin_client: Client) -> None:
    keep(admin_client, "점검", "stock=out")
    assert "고쳐 저장" in read_messages(keep(admin_client, "점검", "stock=in"))
    assert SavedView.objects.get().querystring == "stock=in"


@pytest.mark.parametrize(
    ("name", "querystring", "said"),
    [
        ("", "stock=out", "이름: 1자에서 60자"),
        ("가" * 61, "stock=out", "이름: 1자에서 60자"),
        ("가\x00", "stock=out", "이름: 1자에서 60자"),
        ("점검", "", "조건: 저장할 것이 없습니다"),
        ("점검", "p=2&e=1", "조건: 저장할 것이 없습니다"),
        ("점검", "q=%00", "조건: 저장할 수 없는 값"),
        ("점검", "q=" + "가" * 400, "조건: 저장할 수 없는 값"),
    ],
)
def test_what_cannot_be_kept_names_the_field(admin_client: Client, name: str, querystring: str, said: str) -> None:
    assert said in read_messages(keep(admin_client, name, querystring))
    assert not SavedView.objects.exists()


def test_views_are_limited(admin_user: User) -> None:
    for number in range(VIEWS_LIMIT):
        save_view(user_id=admin_user.pk, path=LIST, name=f"{number}", querystring="a=1", is_shared=False)
    save_view(user_id=admin_user.pk, path=LIST, name="0", querystring="a=2", is_shared=False)
    with pytest.raises(ViewError, match="30개까지"):
        save_view(user_id=admin_user.pk, path=LIST, name="one more", querystring="a=1", is_shared=False)


def test_others_see_shared_views_and_cannot_delete_them() -> None:
    mine, theirs = make_person("mine", "editor"), make_person("theirs", "viewer")
    desk = log_in(mine)
    keep(desk, "나만", "stock=out")
    keep(desk, "모두", "stock=in", is_shared="on")
    seen = list_views(user_id=theirs.pk, path=LIST, querystring="")
    assert [(view.name, view.is_own) for view in seen] == [("모두", False)]
    refused = log_in(theirs).post(f"{LIST}views/{seen[0].id}/drop/", follow=True)
    assert "자기 것만" in read_messages(refused)
    assert SavedView.objects.count() == 2
    desk.post(f"{LIST}views/{seen[0].id}/drop/")
    assert [view.name for view in SavedView.objects.all()] == ["나만"]


def test_a_view_of_one_list_stands_above_no_other(admin_user: User) -> None:
    save_view(user_id=admin_user.pk, path="/admin/posts/post/", name="글", querystring="a=1", is_shared=True)
    assert list_views(user_id=admin_user.pk, path=LIST, querystring="") == []


def test_conditions_compare_in_any_order() -> None:
    assert normalize_query("b=2&a=%EA%B0%80&p=4") == normalize_query("a=가&b=2")


@pytest.mark.parametrize("page", ["views/save/", "views/1/drop/"])
def test_buttons_are_pressed_not_opened(admin_client: Client, page: str) -> None:
    assert admin_client.get(f"{LIST}{page}").status_code == 405
