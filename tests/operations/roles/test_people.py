"""The pages 사용자 and 역할: who is who at a glance, and no way to raise oneself or to take over who may do more."""

import re
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Group, Permission, User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from operations.roles.models import Member
from operations.roles.services import sync_roles
from operations.roles.table import ROLES
from tests.operations.roles.people import PASSWORD, log_in, make_person

pytestmark = pytest.mark.django_db
USERS = "/admin/roles/member/"
ROLES_PAGE = "/admin/roles/role/"
STRONG = "a-long-Passw0rd-nobody-guesses"


def permission(name: str) -> Permission:
    label, codename = name.split(".")
    return Permission.objects.get(content_type__app_label=label, codename=codename)


def group(code: str) -> Group:
    return Group.objects.get(name=code)


def fill_user(user: User, *roles: str, **changes: str) -> dict[str, Any]:
    """The form of a user as a browser would send it, with these changes."""
    form: dict[str, Any] = {
        "username": user.username,
        "last_name": user.last_name,
        "first_name": user.first_name,
        "email": user.email,
        "groups": [group(role).pk for role in roles],
        "is_active": "on",
        "is_staff": "on",
    }
    return {**form, **changes}


def everything(user: User) -> dict[str, Any]:
    """What a raise would ask for, in every field that might be believed."""
    return {
        **fill_user(user, *ROLES),
        "is_superuser": "on",
        "user_permissions": list(Permission.objects.values_list("pk", flat=True)),
    }


def read_rights(user: User) -> tuple[Any, ...]:
    fresh = User.objects.get(pk=user.pk)
    return (
        fresh.username,
        fresh.password,
        fresh.is_superuser,
        fresh.is_staff,
        fresh.is_active,
        sorted(fresh.groups.values_list("name", flat=True)),
        fresh.user_permissions.count(),
    )


@pytest.fixture
def admin() -> User:
    """Somebody with the role of that name; no superuser."""
    return make_person("boss", "admin")


@pytest.fixture
def at_desk(admin: User) -> Client:
    return log_in(admin)


def test_list_says_who_is_in_which_role_and_when_last_seen(at_desk: Client) -> None:
    make_person("both", "ads", "editor", last_login=timezone.now())
    make_person("gone", is_active=False).user_permissions.add(permission("catalog.view_product"))
    User.objects.create_superuser("root")
    rows = re.findall(r"<tr><th.*?</tr>", at_desk.get(USERS).content.decode(), re.S)
    words = {re.sub(r"<[^>]+>", " ", row).split()[0]: " ".join(re.sub(r"<[^>]+>", " ", row).split()) for row in rows}
    assert "김하늘 편집자 광고 담당 활성 방금 전" in words["both"]
    assert "직접 준 권한 1개 비활성 –" in words["gone"]
    assert "최고 관리자" in words["root"]


@pytest.mark.parametrize(
    ("choice", "names"),
    [("editor", ["one"]), ("other", ["two"]), ("none", ["three"]), ("super", ["root"]), ("admin", ["boss"])],
)
def test_list_is_filtered_by_role(at_desk: Client, choice: str, names: list[str]) -> None:
    Group.objects.create(name="야간 당번")
    make_person("one", "editor")
    make_person("two", "야간 당번")
    make_person("three")
    User.objects.create_superuser("root")
    listed = at_desk.get(f"{USERS}?role={choice}").context["cl"].result_list
    assert [member.username for member in listed] == names


@pytest.mark.parametrize("where", [USERS, ROLES_PAGE])
def test_number_of_queries_does_not_grow_with_rows(at_desk: Client, where: str) -> None:
    def count() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert at_desk.get(where).status_code == 200
        return len(captured)

    count()
    few = count()
    for number in range(60):
        own = Group.objects.create(name=f"모임 {number}")
        own.permissions.add(permission("catalog.view_product"))
        make_person(f"many-{number}", "editor", "ads", own.name).user_permissions.add(permission("posts.view_post"))
    assert count() == few <= 8


def test_admin_adds_a_user_who_can_log_in_and_do_just_that(at_desk: Client) -> None:
    form = {"username": "newcomer", "password1": STRONG, "password2": STRONG, "groups": [group("editor").pk]}
    form |= {"last_name": "이", "first_name": "봄", "email": "bom@example.com", "is_staff": "on"}
    response = at_desk.post(f"{USERS}add/", form)
    assert (response.status_code, response.headers["Location"]) == (302, USERS)
    client = Client()
    assert client.login(username="newcomer", password=STRONG)
    assert client.get("/admin/posts/post/add/").status_code == 200
    assert client.get(USERS).status_code == 403
    assert LogEntry.objects.get().get_change_message() == "역할: 없음 → 편집자"


def test_weak_passwords_are_refused_in_korean(at_desk: Client) -> None:
    html = at_desk.post(f"{USERS}add/", {"username": "newcomer", "password1": "1234", "password2": "1234"}).content
    assert "비밀번호는 너무 짧습니다" in html.decode()
    assert not User.objects.filter(username="newcomer").exists()


def test_change_of_a_role_takes_effect_at_once_and_stands_in_the_history(at_desk: Client) -> None:
    person = make_person("mover", "viewer")
    theirs = log_in(person)
    assert theirs.get("/admin/posts/post/add/").status_code == 403
    at_desk.post(f"{USERS}{person.pk}/change/", fill_user(person, "editor", email="new@example.com"))
    assert theirs.get("/admin/posts/post/add/").status_code == 200
    assert LogEntry.objects.get().get_change_message() == "역할: 뷰어 → 편집자, 이메일 주소"
    assert "역할: 뷰어 → 편집자" in at_desk.get(f"{USERS}{person.pk}/history/").content.decode()


@pytest.mark.parametrize("suffix", ["", "?_popup=1", "?_changelist_filters=role%3Dadmin", "?_to_field=id"])
@pytest.mark.parametrize("role", [role for role in ROLES if role != "admin"])
def test_no_role_raises_itself_or_makes_a_stronger_one(role: str, suffix: str) -> None:
    person = make_person("climber", role)
    client, before = log_in(person), read_rights(person)
    everyone = User.objects.count()
    form = {**everything(person), "_popup": "1", "password1": STRONG, "password2": STRONG}
    for where in (f"{USERS}{person.pk}/change/", f"{USERS}{person.pk}/password/", f"{USERS}add/"):
        assert client.post(where + suffix, form).status_code == 403
    own = {"name": "나의 모임", "permissions": [permission("roles.change_member").pk]}
    for where in (f"{ROLES_PAGE}{group(role).pk}/change/", f"{ROLES_PAGE}add/"):
        assert client.post(where + suffix, own).status_code == 403
    assert read_rights(person) == before
    assert User.objects.count() == everyone
    assert not User.objects.get(pk=person.pk).has_perm("roles.change_member")


@pytest.mark.parametrize("suffix", ["", "?_popup=1"])
def test_admin_changes_his_name_but_not_his_own_rights(at_desk: Client, admin: User, suffix: str) -> None:
    before = read_rights(admin)
    form = {**everything(admin), "last_name": "박", "is_staff": "", "is_active": ""}
    assert at_desk.post(f"{USERS}{admin.pk}/change/{suffix}", form).status_code in (200, 302)
    assert read_rights(admin) == before
    assert User.objects.get(pk=admin.pk).last_name == "박"


@pytest.mark.parametrize("suffix", ["", "?_popup=1"])
def test_admin_makes_no_superuser_and_gives_no_rights_directly(at_desk: Client, suffix: str) -> None:
    person = make_person("friend", "viewer")
    assert at_desk.post(f"{USERS}{person.pk}/change/{suffix}", everything(person)).status_code in (200, 302)
    form = {"username": "fresh", "password1": STRONG, "password2": STRONG, "is_superuser": "on", "is_staff": "on"}
    at_desk.post(f"{USERS}add/{suffix}", {**form, "user_permissions": [permission("posts.view_post").pk]})
    for user in (person, User.objects.get(username="fresh")):
        assert read_rights(user)[2] is False
        assert read_rights(user)[-1] == 0


def test_admin_neither_edits_nor_takes_over_a_superuser(at_desk: Client) -> None:
    root = User.objects.create_superuser("root", password=PASSWORD)
    before = read_rights(root)
    passwords = {"password1": STRONG, "password2": STRONG, "usable_password": "true"}
    assert at_desk.post(f"{USERS}{root.pk}/change/", fill_user(root, username="mine")).status_code == 403
    assert at_desk.get(f"{USERS}{root.pk}/password/").status_code == 403
    assert at_desk.post(f"{USERS}{root.pk}/password/", passwords).status_code == 403
    assert "바꾸기" not in at_desk.get(f"{USERS}{root.pk}/change/").content.decode()
    assert read_rights(root) == before


def test_a_superuser_manages_another_one_but_cannot_lock_himself_out() -> None:
    root, second = User.objects.create_superuser("root"), User.objects.create_superuser("second")
    client = log_in(root)
    client.post(f"{USERS}{second.pk}/change/", fill_user(second, is_active=""))
    client.post(f"{USERS}{root.pk}/change/", fill_user(root, is_active="", is_staff=""))
    assert (read_rights(second)[4], read_rights(root)[3:5]) == (False, (True, True))


@pytest.fixture
def helper() -> User:
    """Somebody who may manage users through a group that people made, and has few rights besides."""
    own = Group.objects.create(name="계정 도우미")
    names = ("roles.view_member", "roles.change_member", "roles.add_member", "roles.view_role", "roles.change_role")
    own.permissions.set(permission(name) for name in (*names, "roles.add_role"))
    own.permissions.add(*group("viewer").permissions.all())
    return make_person("helper", own.name)


def test_nobody_gives_what_he_has_not_himself(helper: User) -> None:
    client, person = log_in(helper), make_person("friend", "viewer")
    assert client.post(f"{USERS}{person.pk}/change/", fill_user(person, "viewer", "admin")).status_code == 200
    assert read_rights(person)[5] == ["viewer"]
    form = {"username": "fresh", "password1": STRONG, "password2": STRONG, "groups": [group("admin").pk]}
    assert client.post(f"{USERS}add/", form).status_code == 200
    strong = permission("posts.change_post")
    own = Group.objects.get(name="계정 도우미")
    for code in (own.name, "viewer"):
        rights = [strong.pk, permission("roles.delete_role").pk]
        client.post(f"{ROLES_PAGE}{group(code).pk}/change/", {"name": code, "permissions": rights})
    client.post(f"{ROLES_PAGE}add/", {"name": "새 모임", "permissions": [strong.pk]})
    assert not Group.objects.exclude(name__in=ROLES).filter(permissions=strong).exists()
    assert not group("viewer").permissions.filter(pk=strong.pk).exists()


def test_nobody_manages_who_may_do_more(helper: User, admin: User) -> None:
    client, before = log_in(helper), read_rights(admin)
    assert client.post(f"{USERS}{admin.pk}/change/", fill_user(admin)).status_code == 403
    assert client.get(f"{USERS}{admin.pk}/password/").status_code == 403
    assert read_rights(admin) == before


def test_what_is_not_offered_is_not_lost_either(helper: User) -> None:
    client, own = log_in(helper), Group.objects.get(name="계정 도우미")
    strong = permission("posts.change_post")
    person = make_person("friend", "viewer")
    weak = Group.objects.create(name="약한 모임")
    weak.permissions.set([strong, permission("posts.view_post")])
    client.post(f"{ROLES_PAGE}{weak.pk}/change/", {"name": weak.name, "permissions": []})
    assert list(weak.permissions.all()) == [strong]
    client.post(f"{USERS}{person.pk}/change/", fill_user(person, own.name))
    assert read_rights(person)[5] == [own.name]


def test_what_people_add_to_a_role_is_kept_and_shown(at_desk: Client) -> None:
    editor, added = group("editor"), permission("gates.add_gatedecision")
    table = set(editor.permissions.values_list("pk", flat=True))
    assert added.pk not in table
    response = at_desk.post(f"{ROLES_PAGE}{editor.pk}/change/", {"name": "hacked", "permissions": [added.pk]})
    assert response.status_code == 302
    assert sync_roles().by_hand == 1
    assert set(editor.permissions.values_list("pk", flat=True)) == table | {added.pk}
    assert Group.objects.filter(name="editor").exists()
    assert re.search(r'field-added[^>]*><span class="pill pill-warn">1개', at_desk.get(ROLES_PAGE).content.decode())
    page = at_desk.get(f"{ROLES_PAGE}table/")
    assert page.context["added"] == [("편집자", ["게이트 판정: 판정"])]
    at_desk.post(f"{ROLES_PAGE}{editor.pk}/change/", {"permissions": []})
    assert set(editor.permissions.values_list("pk", flat=True)) == table


def test_own_roles_are_made_and_deleted_but_the_seven_stay(at_desk: Client) -> None:
    at_desk.post(f"{ROLES_PAGE}add/", {"name": "야간 당번", "permissions": [permission("posts.view_post").pk]})
    own = group("야간 당번")
    assert at_desk.get(f"{ROLES_PAGE}{group('viewer').pk}/delete/").status_code == 403
    chosen = {"action": "delete_selected", "_selected_action": [own.pk, group("viewer").pk], "post": "yes"}
    assert at_desk.post(ROLES_PAGE, chosen).status_code == 403
    assert Group.objects.filter(name="viewer").exists()
    at_desk.post(f"{ROLES_PAGE}{own.pk}/delete/", {"post": "yes"})
    assert not Group.objects.filter(name="야간 당번").exists()


@pytest.mark.parametrize("name", ["editor", "Editor", "편집자"])
def test_no_own_role_passes_for_one_of_the_seven(at_desk: Client, name: str) -> None:
    html = at_desk.post(f"{ROLES_PAGE}add/", {"name": name}).content.decode()
    assert "errorlist" in html
    assert Group.objects.count() == len(ROLES)


def test_table_page_says_what_each_role_may_do(at_desk: Client) -> None:
    response = at_desk.get(f"{ROLES_PAGE}table/")
    pages = {
        row.page: dict(zip(ROLES, row.cells, strict=True)) for group in response.context["groups"] for row in group.rows
    }
    assert pages["글"]["viewer"] == "보기"
    assert pages["글"]["editor"] == "보기 · 더하기 · 고치기 · 지우기"
    assert pages["글"]["publisher"] == "보기 · 더하기 · 고치기 · 지우기 · 게시"
    assert pages["패키지"]["publisher"] == "보기 · 내려받기 · 올린 주소 표시"
    assert pages["상품"]["editor"] == "보기 · 고치기 · 내보내기"
    assert pages["릴리즈 게이트"]["admin"] == "보기 · 판정"
    assert pages["사용자"] == {**dict.fromkeys(ROLES, ""), "admin": "보기 · 더하기 · 고치기"}
    assert [group.name for group in response.context["groups"]] == ["상품", "콘텐츠", "운영"]


def test_django_s_own_pages_of_users_are_gone(admin_client: Client) -> None:
    assert [admin_client.get(f"/admin/auth/{page}/").status_code for page in ("user", "group")] == [404, 404]


def test_passwords_do_not_leave_through_the_list(at_desk: Client) -> None:
    User.objects.create_superuser("root", password=PASSWORD)
    html = (
        at_desk.get(USERS).content.decode()
        + at_desk.get(f"{USERS}{Member.objects.get(username='root').pk}/change/").content.decode()
    )
    assert "md5$" not in html
    assert at_desk.get(f"{USERS}?password__startswith=md5").status_code in (302, 400)
