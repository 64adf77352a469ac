"""Every page of the desk for every role and for strangers: it opens, is refused or asks for a login, as written here.

What is expected stands here a second time, by hand, and is not read from the table of roles.
"""

import re
import zipfile
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.contrib import admin
from django.contrib.auth.models import User
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import models
from django.test import Client
from django.urls import reverse

from content.clusters.models import Cluster, LinkBatch
from content.comparison.models import ComparisonTable
from content.packages.models import Derivative, Package, UniquePicture
from content.packages.storage import locate_file
from content.posts.forms import mark_version
from content.posts.models import Post, PostRevision, StatusChange
from content.refresh.models import MetricImport
from operations.gates.models import GateDecision
from operations.roles.table import ROLES
from products.catalog.models import ChangeBatch
from tests.content.factories import draw_picture
from tests.operations.roles.people import log_in, make_person
from tests.support.rows import make_row

pytestmark = [pytest.mark.rights, pytest.mark.once, pytest.mark.django_db]
DESK = sorted(admin.site._registry, key=lambda model: model._meta.label_lower)
WHO = [*ROLES, "stranger"]
EVERYBODY = {"viewer", "editor", "publisher", "reviewer", "ads", "analyst", "admin"}
SEE_ALL = {"viewer", "editor", "publisher", "analyst", "admin"}
EDITORS = {"editor", "publisher", "admin"}
PUBLISHERS = {"publisher", "admin"}
READERS = {
    "products": EVERYBODY,
    "content": EVERYBODY,
    "experiments": SEE_ALL,
    "ads": SEE_ALL | {"ads"},
    "operations": SEE_ALL,
    "perfhooks": SEE_ALL,
    "operations.roles": {"admin"},
    "operations.apitokens": {"admin"},
}
WRITERS = {
    "catalog.product": {"change": EDITORS},
    "posts.post": {"add": EDITORS, "change": EDITORS, "delete": EDITORS},
    "packages.uniquepack": {"add": EDITORS},
    "cro.templatevariant": {"add": EDITORS, "change": EDITORS},
    "disclosure.disclosureversion": {"add": {"reviewer", "admin"}},
    "comparison.comparisontable": {"add": EDITORS, "change": EDITORS, "delete": EDITORS},
    "clusters.linkrule": {"add": EDITORS, "change": EDITORS, "delete": EDITORS},
    "clusters.anchor": {"add": EDITORS, "delete": EDITORS},
    "roles.member": {"add": {"admin"}, "change": {"admin"}},
    "apitokens.apitoken": {"add": {"admin"}},
    "roles.role": {"add": {"admin"}, "change": {"admin"}, "delete": {"admin"}},
}
"""Pages where somebody may write; all others are to be read only, for everybody."""
ACTIONS = {
    "catalog.product": dict.fromkeys(
        ("set_priority", "raise_priority", "lower_priority", "hold_products", "release_products"), EDITORS
    ),
    "storesync.syncfailure": {"retry": EDITORS},
    "refresh.refreshentry": {"retry": EDITORS},
    "clusters.linkrule": {"delete_selected": EDITORS},
    "posts.post": {"delete_selected": EDITORS, "mark_ready": EDITORS, "publish": PUBLISHERS, "archive": EDITORS},
    "apitokens.apitoken": {"revoke": {"admin"}},
    "roles.role": {"delete_selected": {"admin"}},
}
OTHER_PAGES: dict[str, set[str]] = {
    "posts_post_preview": EVERYBODY,
    "posts_post_preview_frame": EVERYBODY,
    "posts_post_revisions": EVERYBODY,
    "posts_post_revision": EVERYBODY,
    "posts_post_batch": EVERYBODY,
    "comparison_comparisontable_diff": EVERYBODY,
    "packages_package_download": PUBLISHERS,
    "packages_package_preview": EVERYBODY,
    "packages_package_frame": EVERYBODY,
    "packages_uniquepack_picture": EVERYBODY,
    "matching_matchdecision_health": EVERYBODY,
    "clusters_cluster_map": EVERYBODY,
    "matching_ruleset_next": EDITORS,
    "matching_pin_post": EDITORS,
    "refresh_scoresettings_next": EDITORS,
    "refresh_metricimport_import": EDITORS,
    "refresh_refreshtrial_effect": EVERYBODY,
    "perfhooks_perfrun_weekly": SEE_ALL,
    "catalog_product_import": EDITORS,
    "catalog_product_export": EDITORS | {"analyst"},
    "auth_user_password_change": {"admin"},
    "roles_role_table": {"admin"},
}
POSTED_PAGES = {
    "posts_post_literal": EDITORS,
    "catalog_product_save_view": EVERYBODY,
    "catalog_product_drop_view": EVERYBODY,
    "posts_post_take_over": EDITORS,
    "posts_post_restore": EDITORS,
    "posts_post_undo_batch": EDITORS,
    "packages_package_unposted": PUBLISHERS,
    "packages_package_posted": PUBLISHERS,
    "packages_uniquepack_check": EDITORS,
    "packages_uniquepack_build": EDITORS,
    "packages_uniquepack_decide": EDITORS,
    "comparison_comparisontable_preview": EDITORS,
    "refresh_metricimport_apply": EDITORS,
    "refresh_metricimport_drop": EDITORS,
    "clusters_cluster_plan": EDITORS,
    "clusters_cluster_decide": EDITORS,
    "clusters_linkbatch_plan": EDITORS,
    "clusters_linkbatch_do": EDITORS,
    "gates_gatedecision_judge": {"admin"},
    "catalog_changebatch_apply": EDITORS,
    "catalog_changebatch_cancel": EDITORS,
    "catalog_changebatch_undo": EDITORS,
    "catalog_changebatch_pick_up": EDITORS,
}
SIGNED_PAGES = {"packages_package_file"}
"""Opened by a signature and by no account; tests/content/packages/test_desk.py."""
STANDARD = ("changelist", "add", "history", "delete", "change")


def label(model: type[models.Model]) -> str:
    return model._meta.label_lower


def may_read(model: type[models.Model]) -> set[str]:
    place = model._meta.app_config.name
    return READERS.get(place) or READERS[place.split(".")[0]]


def may(model: type[models.Model], action: str) -> set[str]:
    return WRITERS.get(label(model), {}).get(action, set())


def address(model: type[models.Model], page: str, *args: Any) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{page}", args=args)


def enter(who: str) -> Client:
    return Client() if who == "stranger" else log_in(make_person(f"walking-{who}", who))


def check(client: Client, where: str, *, who: str, allowed: set[str], post: dict[str, str] | None = None) -> Any:
    """Whoever is allowed gets in, a stranger is asked to log in, everybody else is refused."""
    response = client.get(where) if post is None else client.post(where, post)
    if who == "stranger":
        assert (response.status_code, response.headers["Location"].split("?")[0]) == (302, "/admin/login/"), where
    elif who in allowed:
        assert response.status_code in ((200,) if post is None else (200, 302)), where
    else:
        assert response.status_code == 403, where
    return response


@pytest.mark.parametrize("who", WHO)
@pytest.mark.parametrize("model", DESK, ids=label)
def test_pages_of_a_table_open_for_those_who_may(model: type[models.Model], who: str) -> None:
    row, client, readers = make_row(model), enter(who), may_read(model)
    for page in ("change", "history"):
        check(client, address(model, page, row.pk), who=who, allowed=readers)
    check(client, address(model, "changelist"), who=who, allowed=readers)
    check(client, address(model, "changelist") + "?_popup=1", who=who, allowed=readers)
    check(client, address(model, "add"), who=who, allowed=may(model, "add"))
    check(client, address(model, "add") + "?_popup=1", who=who, allowed=may(model, "add"))
    check(client, address(model, "delete", row.pk), who=who, allowed=may(model, "delete"))


@pytest.mark.parametrize("who", WHO)
@pytest.mark.parametrize("model", [model for model in DESK if model is not GateDecision], ids=label)
def test_a_forged_form_writes_nothing(model: type[models.Model], who: str) -> None:
    row, client = make_row(model), enter(who)
    before = list(model._default_manager.order_by("pk").values())
    name = {
        "name": "위조",
        "title": "위조",
        "username": "forged",
        "priority": "99",
        "version": "0",
        "status": "published",
    }
    for action, where in (
        ("add", address(model, "add")),
        ("change", address(model, "change", row.pk)),
        ("delete", address(model, "delete", row.pk)),
    ):
        if who not in may(model, action):
            check(client, where, who=who, allowed=set(), post={**name, "post": "yes", "_save": "1"})
    if who not in may(model, "change"):
        rows = {"form-TOTAL_FORMS": "1", "form-INITIAL_FORMS": "1", "form-0-id": str(row.pk), "form-0-priority": "99"}
        client.post(address(model, "changelist"), {**rows, "form-0-version": "0", "_save": "1"})
    assert list(model._default_manager.order_by("pk").values()) == before


@pytest.mark.parametrize("who", [*ROLES])
@pytest.mark.parametrize("model", DESK, ids=label)
def test_actions_are_offered_to_those_who_may_and_refused_to_others(model: type[models.Model], who: str) -> None:
    row, client = make_row(model), enter(who)
    page = admin.site._registry[model]
    known = {"delete_selected", *(str(action) for action in page.actions or ())}
    wanted = {action for action in known if who in ACTIONS.get(label(model), {}).get(action, set())}
    html = client.get(address(model, "changelist")).content.decode()
    choices = re.search(r'<select name="action".*?</select>', html, re.S)
    offered = set(re.findall(r'<option value="(\w+)"', choices[0])) if choices else set()
    assert offered == wanted
    before = list(model._default_manager.order_by("pk").values())
    for action in known - wanted:
        client.post(address(model, "changelist"), {"action": action, "_selected_action": str(row.pk), "post": "yes"})
    assert list(model._default_manager.order_by("pk").values()) == before


def list_own_pages() -> set[str]:
    """The names of all addresses that are no list, add, change, delete or history page."""
    names = {str(pattern.name) for page in admin.site._registry.values() for pattern in page.get_urls() if pattern.name}
    return {name for name in names if not name.endswith(tuple(f"_{page}" for page in STANDARD))} | {
        name for name in names if name == "auth_user_password_change"
    }


def test_every_address_besides_is_walked() -> None:
    assert list_own_pages() == {*OTHER_PAGES, *POSTED_PAGES, *SIGNED_PAGES}, "say here who may open the new page"


@pytest.fixture
def package() -> Any:
    """A package whose file is there."""
    package: Any = make_row(Package)
    file = Path(locate_file(package.storage_path))
    file.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("post.html", "<body>\n</body>")
        archive.writestr("manifest.json", '{"images": [], "videos": []}')
    package.size_bytes = file.stat().st_size
    package.save()
    return package


def make_pack() -> Any:
    """A picture of a unique pack whose small copy can be made."""
    picture: Any = make_row(UniquePicture)
    derivative: Any = make_row(Derivative)
    derivative.original_sha256, derivative.part = picture.sha256, "picture"
    derivative.storage_name = default_storage.save("derived/walk.jpg", ContentFile(draw_picture()))
    derivative.save()
    return picture


def find_page(name: str, keys: dict[str, Any]) -> str:
    """The address of a page for these keys: one, several, or none."""
    key = keys.get(name, ())
    return reverse(f"admin:{name}", args=key if isinstance(key, tuple) else (key,))


@pytest.mark.parametrize("who", WHO)
def test_pages_besides_the_tables(package: Package, who: str) -> None:
    client, other = enter(who), make_person("somebody", "viewer")
    post, picture = package.post_id, make_pack()
    PostRevision.objects.create(post_id=post, number=1, title="제목", body="본문", saved_at=package.built_at)
    StatusChange.objects.create(
        post_id=post, source="ready", target="draft", batch="walked", changed_at=package.built_at
    )
    keys: dict[str, Any] = {
        **{name: post for name in (*OTHER_PAGES, *POSTED_PAGES) if name.startswith("posts_post")},
        **{name: package.pk for name in (*OTHER_PAGES, *POSTED_PAGES) if name.startswith("packages_package")},
        **dict.fromkeys(("posts_post_revision", "posts_post_restore"), (post, 1)),
        **dict.fromkeys(("posts_post_batch", "posts_post_undo_batch"), "walked"),
        "packages_uniquepack_picture": (picture.pk, "own"),
        "packages_uniquepack_decide": picture.pk,
        **dict.fromkeys(("packages_uniquepack_check", "packages_uniquepack_build"), picture.pack_id),
        "comparison_comparisontable_diff": make_row(ComparisonTable).pk,
        "clusters_cluster_decide": make_row(Cluster).pk,
        "clusters_linkbatch_do": (make_row(LinkBatch).pk, "discard"),
        "auth_user_password_change": other.pk,
        "catalog_product_drop_view": 1,
        "matching_ruleset_next": 1,
        "refresh_scoresettings_next": 1,
        **{name: make_row(MetricImport).pk for name in POSTED_PAGES if name.startswith("refresh_metricimport")},
        "matching_pin_post": package.post_id,
        **{name: make_row(ChangeBatch).pk for name in POSTED_PAGES if name.startswith("catalog_changebatch")},
    }
    for name, allowed in OTHER_PAGES.items():
        where = find_page(name, keys)
        check(client, where, who=who, allowed=allowed)
    for name, allowed in POSTED_PAGES.items():
        where = find_page(name, keys)
        check(client, where, who=who, allowed=allowed, post={})
    assert GateDecision.objects.count() == (who == "admin")
    assert check(client, "/admin/", who=who, allowed=EVERYBODY)
    check(client, "/admin/password_change/", who=who, allowed=EVERYBODY)
    check(client, "/admin/products", who=who, allowed=EVERYBODY)


@pytest.mark.parametrize("who", [*ROLES])
def test_sidebar_shows_exactly_what_opens(who: str) -> None:
    client = enter(who)
    response = client.get("/admin/")
    groups = response.context["available_apps"]
    shown = {model["admin_url"] for group in groups for model in group["models"]}
    assert shown == {address(model, "changelist") for model in DESK if who in may_read(model)}
    nav = response.content.decode().split('id="nav-sidebar"')[1].split("</nav>")[0]
    for where in set(re.findall(r'href="([^"]+)"', nav)):
        assert client.get(where).status_code == 200, where
    refused = {address(model, "changelist") for model in DESK} - shown
    for group in groups:
        html = client.get(group["app_url"]).content.decode()
        assert refused.isdisjoint(re.findall(r'href="([^"]+)"', html)), group["app_url"]


@pytest.mark.parametrize("who", [*ROLES])
def test_no_link_on_a_page_leads_to_a_refusal(package: Package, who: str) -> None:
    client = enter(who)
    seen: set[str] = set()
    for model in DESK:
        row = make_row(model)
        if who in may_read(model):
            for where in ("/admin/", address(model, "changelist"), address(model, "change", row.pk)):
                html = client.get(where).content.decode()
                seen |= set(re.findall(r'href="(/admin/[^"?#]+)', html)) - {"/admin/logout/"}
    assert len(seen) > 20
    assert [where for where in sorted(seen) if client.get(where).status_code == 403] == []


@pytest.mark.parametrize("who", WHO)
def test_api_follows_the_same_rights(who: str) -> None:
    client = enter(who)
    product: Any = make_row(apps.get_model("catalog", "Product"))
    where = f"/api/v1/products/{product.pk}/"
    reading = {client.get("/api/v1/products/").status_code, client.get(where).status_code}
    writing = client.patch(where, {"priority": 5, "version": product.version}, content_type="application/json")
    product.refresh_from_db()
    if who == "stranger":
        assert reading <= {401, 403}
        assert writing.status_code in (401, 403)
    else:
        assert reading == {200}
        assert writing.status_code == (200 if who in EDITORS else 403)
    assert (product.priority == 5) == (who in EDITORS)


@pytest.mark.parametrize("who", sorted(EDITORS))
@pytest.mark.parametrize("status", ["draft", "ready", "published"])
def test_only_who_may_publish_moves_a_post_to_published_or_back(who: str, status: str) -> None:
    client = log_in(make_person("writer", who))
    for was in ("ready", "published"):
        client.post(address(Post, "add"), fill_post(slug=f"guide-{was}", status="ready"))
        post = Post.objects.get(slug=f"guide-{was}")
        if was == "published":
            log_in(User.objects.create_superuser("over-all")).post(
                address(Post, "change", post.pk), fill_post(status="published", seen=mark_version(post))
            )
            post.refresh_from_db()
        client.post(
            address(Post, "change", post.pk), fill_post(status=status, title="고친 제목", seen=mark_version(post))
        )
        post.refresh_from_db()
        is_bound = who == "editor" and "published" in (was, status)
        assert post.status == (was if is_bound else status)
        assert (post.title == "고친 제목") == (who != "editor" or was == "published" or status != "published")


def fill_post(**changes: str) -> dict[str, str]:
    """The form of a post."""
    names = ("images-TOTAL_FORMS", "images-INITIAL_FORMS", "videos-TOTAL_FORMS", "videos-INITIAL_FORMS")
    pictures = dict.fromkeys(names, "0")
    return {"title": "청소기 고르기", "body": "본문", "relationship": "own_product", **pictures, **changes}
