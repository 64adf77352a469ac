"""The groups follow the table, and what people made themselves stays."""

import io
from typing import Any

import pytest
from django.apps import apps
from django.contrib.auth.models import Group, Permission
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from operations.demo.services import ensure_admin
from operations.roles import selectors, services
from operations.roles.models import TableGrant
from operations.roles.services import SyncCounts, sync_roles
from operations.roles.table import ROLES, Grant, RoleRow, find_role

pytestmark = pytest.mark.django_db


def names_of(code: str) -> set[str]:
    """`app_label.codename` of all that the group holds."""
    held = Permission.objects.filter(group__name=code).values_list("content_type__app_label", "codename")
    return {f"{label}.{codename}" for label, codename in held}


def permission(codename: str) -> Permission:
    return Permission.objects.get(codename=codename)


def test_migrate_made_the_seven_with_their_permissions() -> None:
    assert set(Group.objects.values_list("name", flat=True)) == set(ROLES)
    viewer = names_of("viewer")
    assert {"catalog.view_product", "posts.view_post", "gates.view_gatedecision", "perfhooks.view_listusage"} <= viewer
    assert {name.split(".")[1].split("_")[0] for name in viewer} == {"view"}
    assert names_of("analyst") == viewer | {"catalog.export_product"}
    assert names_of("editor") - viewer == {
        *(
            f"posts.{action}_{table}"
            for action in ("add", "change", "delete")
            for table in ("post", "postimage", "postvideo")
        ),
        *(
            f"comparison.{a}_{table}"
            for a in ("add", "change", "delete")
            for table in ("comparisontable", "tableversion", "tablerowcontent", "tablelink", "tabletouch", "tableuse")
        ),
        *(
            f"clusters.{action}_{table._meta.model_name}"
            for action in ("add", "change", "delete")
            for table in apps.get_app_config("clusters").get_models()
        ),
        "cro.add_templatevariant",
        "cro.change_templatevariant",
        "packages.add_uniquepack",
        "refresh.change_refreshentry",
        "refresh.add_scoresettings",
        "refresh.add_metricimport",
        "matching.add_pin",
        "matching.add_ruleset",
        "catalog.change_product",
        "catalog.export_product",
        "storesync.change_syncfailure",
    }
    assert names_of("publisher") - names_of("editor") == {
        "posts.publish_post",
        "packages.download_package",
        *(
            f"packages.{action}_{table}"
            for action in ("add", "change")
            for table in ("package", "asset", "derivative", "assetuse", "uniquepack", "uniquepicture")
            if (action, table) != ("add", "uniquepack")
        ),
    }
    assert names_of("admin") >= names_of("publisher") | {"roles.change_member", "roles.change_role"}


def test_only_the_admin_reaches_users_and_nobody_django_s_own_tables() -> None:
    for code in ROLES:
        labels = {name.split(".")[0] for name in names_of(code)}
        assert ("roles" in labels) == (code == "admin")
        assert labels.isdisjoint({"auth", "admin", "sessions", "contenttypes"})


def test_a_second_sync_changes_nothing_in_four_queries() -> None:
    with CaptureQueriesContext(connection) as captured:
        counts = sync_roles()
    assert not counts.is_change
    statements = [query["sql"] for query in captured if not query["sql"].startswith(("SAVEPOINT", "RELEASE", "BEGIN"))]
    assert len(statements) == 4


def test_a_lost_group_and_a_taken_permission_come_back() -> None:
    Group.objects.get(name="ads").delete()
    editor = Group.objects.get(name="editor")
    editor.permissions.remove(permission("change_post"))
    before = names_of("viewer")
    counts = sync_roles()
    assert counts.restored == 1
    assert counts.given == len(names_of("ads")) > 0
    assert "posts.change_post" in names_of("editor")
    assert names_of("viewer") == before


def test_what_people_made_stays() -> None:
    own = Group.objects.create(name="야간 당번")
    own.permissions.add(permission("delete_post"))
    Group.objects.get(name="viewer").permissions.add(permission("change_post"), permission("view_session"))
    counts = sync_roles()
    assert (counts.by_hand, counts.is_change) == (2, False)
    assert {"posts.change_post", "sessions.view_session"} <= names_of("viewer")
    assert names_of("야간 당번") == {"posts.delete_post"}


def test_what_the_table_no_longer_gives_goes_but_not_what_people_added(monkeypatch: pytest.MonkeyPatch) -> None:
    viewer = Group.objects.get(name="viewer")
    viewer.permissions.add(permission("change_post"))
    smaller = RoleRow("viewer", "뷰어", "상품만 봅니다.", (Grant("products", ("view",)),))
    monkeypatch.setitem(ROLES, "viewer", smaller)
    counts = sync_roles()
    assert counts.withdrawn > 0
    assert {name.split(".")[0] for name in names_of("viewer")} == {"catalog", "idempotency", "storesync", "posts"}
    assert "posts.change_post" in names_of("viewer")
    assert "posts.view_post" not in names_of("viewer")


def test_what_people_added_becomes_the_table_s_once_the_table_gives_it(monkeypatch: pytest.MonkeyPatch) -> None:
    viewer, added = Group.objects.get(name="viewer"), permission("change_post")
    viewer.permissions.add(added)
    row = ROLES["viewer"]
    monkeypatch.setitem(
        ROLES, "viewer", RoleRow(row.code, row.label, row.purpose, (*row.grants, Grant("content", ("change",))))
    )
    sync_roles()
    assert TableGrant.objects.filter(group=viewer, permission=added).exists()
    monkeypatch.setitem(ROLES, "viewer", row)
    sync_roles()
    assert "posts.change_post" not in names_of("viewer")


def test_tables_of_a_later_app_fall_to_the_roles_of_its_domain(monkeypatch: pytest.MonkeyPatch) -> None:
    later = [
        selectors.HousePermission(permission("view_post").pk, "content.ugc", "review", "change", "ugc.change_review"),
        selectors.HousePermission(
            permission("add_post").pk, "ads.lint", "finding", "change", "ads_lint.change_finding"
        ),
        selectors.HousePermission(
            permission("view_product").pk, "products.returns", "claim", "export", "r.export_claim"
        ),
    ]
    given = {code: [each.key for each in selectors.permissions_of(row, later)] for code, row in ROLES.items()}
    assert given == {
        "viewer": [],
        "editor": [],
        "publisher": [],
        "reviewer": ["ugc.change_review"],
        "ads": ["ads_lint.change_finding"],
        "analyst": ["r.export_claim"],
        "admin": ["ugc.change_review", "ads_lint.change_finding", "r.export_claim"],
    }


def test_sync_says_what_it_did_and_waits_for_its_tables(capsys: pytest.CaptureFixture[str]) -> None:
    Group.objects.get(name="ads").delete()
    sender: Any = None

    class Before:
        """The state of a database whose migrations stopped before this room."""

        def get_model(self, *names: str) -> None:
            raise LookupError

    services.sync_after_migrate(sender, apps=Before())
    services.sync_after_migrate(sender, using="another")
    assert not Group.objects.filter(name="ads").exists()
    services.sync_after_migrate(sender)
    assert "역할 권한: 더함" in capsys.readouterr().out
    services.sync_after_migrate(sender)
    assert capsys.readouterr().out == ""


def test_migrate_itself_syncs_once(monkeypatch: pytest.MonkeyPatch) -> None:
    Group.objects.get(name="ads").delete()
    calls: list[SyncCounts] = []

    def sync() -> SyncCounts:
        calls.append(sync_roles())
        return calls[-1]

    monkeypatch.setattr(services, "sync_roles", sync)
    call_command("migrate", verbosity=0, stdout=io.StringIO())
    assert len(calls) == 1
    assert names_of("ads")


def test_first_administrator_stays_over_everything() -> None:
    ensure_admin()
    sync_roles()
    group = Group.objects.get(name="viewer")
    root = group.user_set.model.objects.get(username="admin")
    assert root.is_superuser
    assert root.is_staff


@pytest.mark.parametrize("text", ["editor", "EDITOR", " editor ", "편집자"])
def test_a_role_is_found_by_code_and_by_name(text: str) -> None:
    assert find_role(text) is ROLES["editor"]


def test_no_other_text_is_a_role() -> None:
    assert find_role("") is find_role("root") is None
