"""Converted pictures of an older recipe go, but never what a kept package was made of or an editor is shown."""

from datetime import timedelta
from pathlib import Path

import pytest
from django.core.files.storage import default_storage
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import Settings

from content.packages.models import AssetUse, Derivative, Package, UniquePicture
from content.packages.posting import mark_posted
from content.packages.pruning import prune_packages
from content.packages.unique import check_pack
from content.posts.models import Post
from operations.pipeline.jobs import tidy_up
from tests.content.factories import draw_picture, make_post, new_images, process

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _keep_none(settings: Settings) -> None:
    settings.PACKAGES_KEPT = 0


def age() -> None:
    """Let all derivatives be two hours old."""
    Derivative.objects.update(made_at=timezone.now() - timedelta(hours=2))


def build(slug: str, *colours: str) -> Post:
    post = make_post("글", slug=slug, images=new_images(*map(draw_picture, colours)))
    assert process(post).status == "built"
    age()
    return post


def list_files(settings: Settings) -> set[str]:
    root = Path(settings.MEDIA_ROOT)
    return {str(path.relative_to(root)) for path in (root / "derived").rglob("*") if path.is_file()}


def test_an_older_recipes_pictures_go_with_the_last_package_made_of_them(settings: Settings) -> None:
    post = build("first", "red", "blue")
    old = set(Derivative.objects.values_list("storage_name", flat=True))
    settings.PACKAGE_JPEG_QUALITY = 70
    assert prune_packages().derivatives == 0, "the current package is still of the older recipe"
    assert process(post).status == "built"
    age()
    assert prune_packages().derivatives == 2, "its package was superseded and went first"
    left = set(Derivative.objects.values_list("storage_name", flat=True))
    assert list_files(settings) == left
    assert not left & old
    assert prune_packages().derivatives == 0
    assert process(post).status == "cached"


def test_what_was_posted_keeps_the_pictures_it_was_made_of(settings: Settings) -> None:
    post = build("first", "red")
    mark_posted(package_id=Package.objects.get().pk, address="https://blog.naver.com/jangbu/1", actor_id=None)
    settings.PACKAGE_JPEG_QUALITY = 70
    assert process(post).status == "built"
    age()
    assert tidy_up()["derivatives"] == 0
    assert Derivative.objects.count() == 2


def test_the_same_bytes_under_both_recipes_stay(settings: Settings) -> None:
    post = build("first", "red")
    settings.PACKAGE_KEYFRAMES = 3  # says nothing about pictures: their bytes, and so their names, stay the same
    assert process(post).status == "built"
    age()
    assert prune_packages().derivatives == 1
    assert default_storage.exists(Derivative.objects.get().storage_name)


def test_what_just_was_made_stays(settings: Settings) -> None:
    build("first", "red")
    Derivative.objects.update(made_at=timezone.now())
    Post.objects.get().packages.all().delete()
    settings.PACKAGE_JPEG_QUALITY = 70
    assert prune_packages().derivatives == 0, "a build under the older settings may be on its way"


def test_the_used_picture_beside_a_collision_can_still_be_seen(settings: Settings, admin_client: Client) -> None:
    build("first", "red").delete()
    settings.PACKAGE_JPEG_QUALITY = 70
    post = make_post("글", slug="second", images=new_images(draw_picture("red", size=(96, 64)), draw_picture("blue")))
    check_pack(post_id=post.pk, blog="home-note", actor_id=None)
    assert prune_packages().derivatives == 0
    picture = UniquePicture.objects.get(order=1)
    assert picture.nearest == AssetUse.objects.get()
    used = admin_client.get(reverse("admin:packages_uniquepack_picture", args=[picture.pk, "used"]))
    assert (used.status_code, used.headers["Content-Type"]) == (200, "image/jpeg")


def test_a_file_that_cannot_be_removed_keeps_its_row(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    post = build("first", "red")
    settings.PACKAGE_JPEG_QUALITY = 70
    process(post)
    age()

    def refuse(name: str) -> None:
        raise PermissionError(name)

    with monkeypatch.context() as patch:
        patch.setattr(default_storage, "delete", refuse)
        done = prune_packages()
        assert (done.derivatives, done.failed) == (0, 1)
    assert prune_packages().derivatives == 1
