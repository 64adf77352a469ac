"""Old packages go with their files, whatever is killed in between; what is current or was posted stays."""

from datetime import timedelta
from pathlib import Path

import pytest
from django.core.management import call_command
from pytest_django import Settings

from content.packages import pruning
from content.packages.models import AssetUse, Package
from content.packages.posting import mark_posted
from content.packages.pruning import PrunedPackages, mark_old, prune_packages
from content.posts.models import Post
from content.posts.services import delete_post
from tests.content.factories import draw_picture, make_post, new_images, process

pytestmark = pytest.mark.django_db


def build_versions(number: int) -> Post:
    """A post of which so many packages were built."""
    for version in range(number):
        post = make_post(f"{version}판", images=new_images(draw_picture("red")))
        process(post)
    return post


def list_files(settings: Settings) -> set[str]:
    root = Path(settings.PACKAGE_DIR)
    return {str(path.relative_to(root)) for path in root.rglob("*") if path.is_file()}


def test_the_newest_few_the_current_one_and_posted_ones_stay(settings: Settings) -> None:
    settings.PACKAGES_KEPT = 2
    post = build_versions(6)
    oldest = Package.objects.order_by("pk").first()
    assert oldest is not None
    mark_posted(package_id=oldest.pk, address="https://blog.naver.com/jangbu/1", actor_id=None)
    assert prune_packages() == PrunedPackages(removed=2, strays=0, orphans=0, failed=0)
    left = list(Package.objects.order_by("pk"))
    assert [package.is_current for package in left] == [False, False, False, True]
    assert left[0] == oldest
    assert list_files(settings) == {package.storage_path for package in left}
    assert AssetUse.objects.get(slug=post.slug).package == oldest, "the ledger remembers what was used"
    assert prune_packages() == PrunedPackages(0, 0, 0, 0)


@pytest.mark.parametrize("is_file_gone", [False, True])
def test_a_death_in_between_is_ended_by_the_next_run(settings: Settings, is_file_gone: bool) -> None:
    settings.PACKAGES_KEPT = 0
    build_versions(2)
    assert mark_old() == 1
    doomed = Package.objects.exclude(doomed_at=None).get()
    if is_file_gone:
        (Path(settings.PACKAGE_DIR) / doomed.storage_path).unlink()
    assert prune_packages().removed == 1
    assert list_files(settings) == {Package.objects.get().storage_path}


def test_a_doomed_package_that_is_built_again_stays(settings: Settings) -> None:
    settings.PACKAGES_KEPT = 0
    build_versions(2)
    mark_old()
    post = make_post("0판", images=new_images(draw_picture("red")))
    again = process(post)
    assert again.status == "built"
    assert prune_packages().removed == 1, "the other one is superseded now"
    current = Package.objects.get(is_current=True)
    assert (current.doomed_at, Path(again.path).exists()) == (None, True)


def test_files_that_nobody_knows_go_when_they_are_old_enough(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.PACKAGES_KEPT = 0
    post = build_versions(1)
    kept = make_post("다른 글", slug="other")
    process(kept)
    part = Path(settings.PACKAGE_DIR) / post.slug / ".a.zip.1.nowhere:999999999:1.part"
    part.write_bytes(b"half")
    delete_post(post_id=post.pk)
    assert prune_packages().orphans == 0, "a worker may stand between its file and its row"
    monkeypatch.setattr(pruning, "ORPHAN_AGE", timedelta(seconds=-1))
    done = prune_packages()
    assert done.orphans == 1
    assert {name for name in list_files(settings) if not name.endswith(".part")} == {Package.objects.get().storage_path}


def test_a_file_that_cannot_be_removed_is_tried_again(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.PACKAGES_KEPT = 0
    build_versions(2)

    def refuse(name: str) -> None:
        raise PermissionError(name)

    with monkeypatch.context() as patch:
        patch.setattr(pruning, "remove_package", refuse)
        assert prune_packages().failed == 1
    assert prune_packages().removed == 1


def test_the_command_says_what_went(settings: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    settings.PACKAGES_KEPT = 0
    build_versions(2)
    call_command("prune_packages", "--json")
    assert '"removed": 1' in capsys.readouterr().out
