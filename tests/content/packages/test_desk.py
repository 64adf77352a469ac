"""The desk's pages of packages: what is in one, a link that ends, unique packs with their collisions side by side."""

import re
import time
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.core import signing
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from pytest_django import Settings

from content.packages.models import Package, UniquePack, UniquePicture
from content.packages.storage import get_storage
from content.packages.unique import check_pack
from tests.content.factories import draw_picture, make_post, new_images, process
from tests.content.packages.test_unique import draw_scene, make_scenes

pytestmark = pytest.mark.django_db


@pytest.fixture
def chief(client: Client) -> Client:
    client.force_login(User.objects.create_superuser("chief", password="x"))
    return client


def build(slug: str = "cleaner-guide") -> Package:
    post = make_post("글 ![거실](image:1)", slug=slug, images=new_images(draw_picture("red")))
    process(post)
    return Package.objects.get(post=post)


def test_the_preview_shows_the_packages_own_page_and_files(chief: Client) -> None:
    package = build()
    page = chief.get(reverse("admin:packages_package_preview", args=[package.pk])).content.decode()
    assert "01_cleaner-guide.jpg" in page
    assert "48 x 32" in page
    assert "sandbox" in page
    response = chief.get(reverse("admin:packages_package_frame", args=[package.pk]))
    assert "sandbox" in response.headers["Content-Security-Policy"]
    assert re.search(r'<img src="data:image/jpeg;base64,[^"]{100,}" alt="거실">', response.content.decode())
    get_storage().delete(package.storage_path)
    assert chief.get(reverse("admin:packages_package_preview", args=[package.pk])).status_code == 404
    assert chief.get(reverse("admin:packages_package_frame", args=[package.pk])).status_code == 404


def test_a_signed_link_opens_without_an_account_and_ends_by_itself(
    chief: Client, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = build()
    page = chief.get(reverse("admin:packages_package_change", args=[package.pk])).content.decode()
    found = re.search(r'id="signed-link"[^>]* value="http://testserver([^"]+)"', page)
    assert found is not None
    link, stranger = found[1], Client()
    response = stranger.get(link)
    assert (response.status_code, response.headers["Content-Type"]) == (200, "application/zip")
    with get_storage().open(package.storage_path) as file:
        assert b"".join(response.streaming_content) == file.read()  # type: ignore[attr-defined]
    assert stranger.get(link[:-3] + "aa/").status_code == 404
    other = reverse("admin:packages_package_file", args=[signing.TimestampSigner(salt="other").sign(str(package.pk))])
    assert stranger.get(other).status_code == 404
    later = time.time() + settings.PACKAGE_LINK_SECONDS + 1
    monkeypatch.setattr(time, "time", lambda: later)
    gone = stranger.get(link)
    assert (gone.status_code, "새 링크" in gone.content.decode()) == (410, True)


def test_the_link_is_for_those_who_may_download(client: Client) -> None:
    package = build()
    reader = User.objects.create_user("reader", password="x", is_staff=True)
    reader.user_permissions.add(Permission.objects.get(codename="view_package"))
    client.force_login(reader)
    assert "signed-link" not in client.get(reverse("admin:packages_package_change", args=[package.pk])).content.decode()


def test_a_unique_pack_from_start_to_package(chief: Client) -> None:
    process(make_scenes("first", draw_scene(1)))
    post = make_scenes("second", draw_scene(1), draw_scene(2))
    add = reverse("admin:packages_uniquepack_add")
    unknown = chief.post(add, {"post": "nobody", "blog": "home-note"})
    assert "이 슬러그의 글이 없습니다" in unknown.content.decode()
    bad = chief.post(add, {"post": post.slug, "blog": "우리집"})
    assert "2~40자" in bad.content.decode()
    started = chief.post(add, {"post": post.slug, "blog": "home-note"}, follow=True)
    page = started.content.decode()
    pack = UniquePack.objects.get()
    same, new = UniquePicture.objects.filter(pack=pack).order_by("order")
    assert (pack.requested_by.username, same.verdict, new.verdict) == ("chief", "same", "new")  # type: ignore[union-attr]
    assert "이미 쓴 사진" in page
    assert "naver · first" in page
    assert "dHash 0/64, wHash 0/64" in page
    for side in ("own", "used"):
        shown = chief.get(reverse("admin:packages_uniquepack_picture", args=[same.pk, side]))
        assert shown.headers["Content-Type"] == "image/jpeg"
    assert chief.get(reverse("admin:packages_uniquepack_picture", args=[same.pk, "other"])).status_code == 404
    build_page = reverse("admin:packages_uniquepack_build", args=[pack.pk])
    assert "정하지 않은 이미지" in chief.post(build_page, follow=True).content.decode()
    decide = reverse("admin:packages_uniquepack_decide", args=[same.pk])
    assert "다시 쓸 수 없습니다" in chief.post(decide, {"decision": "keep", "note": "x"}, follow=True).content.decode()
    chief.post(decide, {"decision": "drop"})
    done = chief.post(build_page, follow=True).content.decode()
    assert "유니크 팩을 만들었습니다" in done
    package = Package.objects.get(kind="unique")
    assert reverse("admin:packages_package_change", args=[package.pk]) in done
    assert "유니크 · home-note" in chief.get("/admin/packages/package/").content.decode()
    again = chief.post(reverse("admin:packages_uniquepack_check", args=[pack.pk]), follow=True).content.decode()
    assert "다시 대조했습니다" in again


def test_only_who_may_make_packs_decides(client: Client) -> None:
    process(make_scenes("first", draw_scene(1)))
    pack_id = check_pack(post_id=make_scenes("second", draw_scene(1)).pk, blog="home-note", actor_id=None).pack_id
    picture = UniquePicture.objects.get(pack=pack_id)
    reader = User.objects.create_user("reader", password="x", is_staff=True)
    reader.user_permissions.add(Permission.objects.get(codename="view_uniquepack"))
    client.force_login(reader)
    page = client.get(reverse("admin:packages_uniquepack_change", args=[pack_id]))
    assert page.status_code == 200
    assert "다시 대조" not in page.content.decode()
    assert client.get(reverse("admin:packages_uniquepack_picture", args=[picture.pk, "own"])).status_code == 200
    for name, key in (("check", pack_id), ("build", pack_id), ("decide", picture.pk)):
        assert client.post(reverse(f"admin:packages_uniquepack_{name}", args=[key])).status_code == 403


def test_lists_and_pages_take_the_same_few_queries(chief: Client) -> None:
    counts: dict[str, list[int]] = {}
    for number in range(1, 4):
        build(f"post-{number}")
        post = make_scenes(f"pack-{number}", *(draw_scene(10 * number + at) for at in range(number)))
        pack_id = check_pack(post_id=post.pk, blog="home-note", actor_id=None).pack_id
        for page in (
            "/admin/packages/package/",
            "/admin/packages/uniquepack/",
            "/admin/packages/assetuse/",
            reverse("admin:packages_uniquepack_change", args=[pack_id]),
        ):
            key = re.sub(r"\d+", "N", page)
            with CaptureQueriesContext(connection) as captured:
                assert chief.get(page).status_code == 200
            counts.setdefault(key, []).append(len(captured))
    for page, seen in counts.items():
        assert seen[1] == seen[2] <= 8, (page, seen)


def test_a_pack_is_offered_from_the_package(chief: Client) -> None:
    package = build()
    page: Any = chief.get(reverse("admin:packages_package_change", args=[package.pk])).content.decode()
    assert f"{reverse('admin:packages_uniquepack_add')}?post={package.post_id}" in page
    offered = chief.get(f"{reverse('admin:packages_uniquepack_add')}?post={package.post_id}").content.decode()
    assert f'value="{package.post.slug}"' in offered
