"""Packages: built once, whole or not at all, and never of a post that its editor must mend first."""

import errno
import hashlib
import io
import json
import os
import socket
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from PIL import Image
from pytest_django import Settings

from content.cro.environment import TEMPLATE_VERSIONS
from content.cro.services import compose_post
from content.matching.services import match_post
from content.packages.files import write_atomically
from content.packages.models import Asset, Package
from content.packages.selectors import get_current
from content.packages.services import PackageRefused, build_package
from content.posts.models import PostFinding
from content.refresh.models import RefreshEntry
from content.refresh.services import claim_entries, finish_entry
from content.storage import WholeFileStorage
from perfhooks.liveness import this_holder
from perfhooks.trace import bind_trace
from products.catalog.models import Placement, PriceObservation
from products.catalog.services import complete_scan, start_scan
from tests.content.conftest import PictureShop
from tests.content.factories import (
    CHECKED_AT,
    change_products,
    draw_picture,
    get_product,
    make_post,
    make_shop,
    new_images,
    process,
)

pytestmark = pytest.mark.django_db

BODY = "소개 글입니다.\n\n{{ product:JB-1 }}\n\n지금 {{ price:JB-1 }}\n\n![거실](image:1)\n\n{{ cta:JB-1 }}"


def read_zip(source: str | Path | bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(source) if isinstance(source, bytes) else source) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def list_parts(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.rglob("*") if path.is_file())


def test_package_holds_page_text_manifest_and_numbered_pictures(picture_shop: PictureShop) -> None:
    product_picture, own_picture = draw_picture("navy"), draw_picture("olive", kind="PNG")
    facts = {"number": 1, "image_url": picture_shop.put("/a.jpg", product_picture)}
    store = make_shop({**facts, "discounted_price": 129_000})
    change_products(store, facts)
    post = make_post(BODY, images=new_images(own_picture))
    outcome = process(post)
    assert (outcome.status, outcome.image_count) == ("built", 2)
    assert Path(outcome.path).name.startswith("cleaner-guide-")
    files = read_zip(outcome.path)
    assert list(files) == ["01_jb-1.jpg", "02_cleaner-guide.jpg", "manifest.json", "post.html", "post.txt"]
    assert all(Image.open(io.BytesIO(files[name])).format == "JPEG" for name in list(files)[:2])
    page = files["post.html"].decode()
    assert '<img src="02_cleaner-guide.jpg" alt="거실">' in page
    assert "<strong>99,000원</strong> (판매가 129,000원에서 23% 할인)" in page
    assert "[이미지 02_cleaner-guide.jpg: 거실]" in files["post.txt"].decode()
    manifest = json.loads(files["manifest.json"])
    assert [(item["order"], item["kind"], item["original_sha256"], item["block"]) for item in manifest["images"]] == [
        (1, "product", hashlib.sha256(product_picture).hexdigest(), "product:JB-1"),
        (2, "post", hashlib.sha256(own_picture).hexdigest(), "image:1"),
    ]
    for item in manifest["images"]:
        data = files[item["name"]]
        assert (item["sha256"], item["size_bytes"]) == (hashlib.sha256(data).hexdigest(), len(data))
        assert (item["width"], item["height"], len(item["dhash"]), len(item["whash"])) == (48, 32, 16, 16)
    assert manifest["as_of"] == CHECKED_AT.isoformat()
    assert (manifest["template"], manifest["disclosure_version"]) == (
        {"id": "cro_buy", "version": TEMPLATE_VERSIONS["cro_buy"]},
        "own_product.1",
    )
    package = get_current(post.pk)
    assert package is not None
    assert (package.sha256, package.size_bytes) == (outcome.sha256, Path(outcome.path).stat().st_size)


def test_nothing_in_a_package_depends_on_the_database(picture_shop: PictureShop) -> None:
    make_shop({"number": 1, "image_url": picture_shop.put("/a.jpg", draw_picture())})
    post = make_post(BODY, images=new_images(draw_picture("red")))
    with bind_trace("trace-of-the-first-build"):
        first = Path(process(post).path).read_bytes()
    post.packages.all().delete()
    get_product(1).delete()
    change_products(make_shop(), {"number": 1, "image_url": picture_shop.url + "/a.jpg"})
    second = Path(process(post).path).read_bytes()
    assert b"trace-of-the-first-build" not in first
    manifests = [json.loads(read_zip(data)["manifest.json"]) for data in (first, second)]
    assert manifests[0] | {"catalogue_revision": 2} == manifests[1]
    for name in ("post.html", "post.txt", "01_jb-1.jpg"):
        assert read_zip(first)[name] == read_zip(second)[name]


def test_same_input_gives_the_same_bytes_at_another_time(
    picture_shop: PictureShop, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_shop({"number": 1, "image_url": picture_shop.put("/a.jpg", draw_picture())})
    post = make_post(BODY, images=new_images(draw_picture("red")))
    first = process(post)
    data = Path(first.path).read_bytes()
    Path(first.path).unlink()
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1900000000")
    second = process(post)
    assert (second.status, second.sha256) == ("built", first.sha256)
    assert Path(second.path).read_bytes() == data


def test_second_build_writes_nothing_and_fetches_nothing(
    picture_shop: PictureShop, django_assert_max_num_queries: Any
) -> None:
    make_shop({"number": 1, "image_url": picture_shop.put("/a.jpg", draw_picture())})
    post = make_post(BODY, images=new_images(draw_picture("red")))
    first = process(post)
    modified = Path(first.path).stat().st_mtime_ns
    with django_assert_max_num_queries(24) as captured:
        second = build_package(post_id=post.pk)
    assert (second.status, second.path) == ("cached", first.path)
    assert Path(first.path).stat().st_mtime_ns == modified
    written = [query["sql"] for query in captured if query["sql"].startswith(("INSERT", "UPDATE", "DELETE"))]
    assert written == []
    assert len(picture_shop.requests) == 1


def test_a_price_that_is_merely_confirmed_again_builds_nothing(picture_shop: PictureShop) -> None:
    make_shop({"number": 1, "image_url": picture_shop.put("/a.jpg", draw_picture())})
    post = make_post("{{ price:JB-1 }}")
    assert process(post).status == "built"
    later = CHECKED_AT.replace(day=23)
    scan_id = start_scan(store_id=get_product(1).store_id, scanned_at=later)
    complete_scan(scan_id=scan_id, listed=1, is_complete=True, unconfirmed={})
    assert process(post).status == "cached"


def test_a_changed_price_makes_another_package_current(picture_shop: PictureShop) -> None:
    url = picture_shop.put("/a.jpg", draw_picture())
    store = make_shop({"number": 1, "image_url": url})
    post = make_post(BODY, images=new_images(draw_picture("red")))
    first = process(post)
    change_products(store, {"number": 1, "image_url": url, "discounted_price": 89_000})
    second = process(post)
    assert second.status == "built"
    assert second.path != first.path
    assert "89,000원" in read_zip(second.path)["post.html"].decode()
    assert list(Package.objects.filter(is_current=True).values_list("sha256", flat=True)) == [second.sha256]
    assert Placement.objects.get(content_id=post.pk).revision_shown == get_product(1).revision == 2
    assert PriceObservation.objects.count() == 2
    change_products(store, {"number": 1, "image_url": url})
    third = process(post)
    assert (third.status, third.path) == ("built", first.path)
    assert "99,000원" in read_zip(third.path)["post.html"].decode()
    assert Package.objects.filter(post=post).count() == 2


def test_an_unknown_sku_is_refused_and_the_earlier_package_stays(picture_shop: PictureShop) -> None:
    make_shop({"number": 1, "image_url": picture_shop.put("/a.jpg", draw_picture())})
    post = make_post("{{ product:JB-1 }}")
    earlier = process(post)
    post = make_post("{{ product:JB-1 }}\n\n값은 {{ price:JB-404 }}")
    outcome = process(post)
    assert outcome.status == "refused"
    assert PostFinding.objects.get(post=post).line == 3
    assert "JB-404" in PostFinding.objects.get(post=post).message
    assert get_current(post.pk).sha256 == earlier.sha256  # type: ignore[union-attr]
    assert list_parts(Path(earlier.path).parent) == [Path(earlier.path).name]


def test_a_fetched_picture_that_needs_too_much_memory_is_refused_with_its_address(
    picture_shop: PictureShop, settings: Settings
) -> None:
    settings.MEDIA_CHILD_MB = 180
    url = picture_shop.put("/huge.png", draw_picture(kind="PNG", size=(6_900, 7_200)))
    make_shop({"number": 1, "image_url": url})
    post = make_post("{{ product:JB-1 }}")
    assert process(post).status == "refused"
    assert f"{url}: 처리에 필요한 메모리가 한도를 넘습니다" in PostFinding.objects.get(post=post).message
    assert not Asset.objects.exists()


def test_a_picture_that_is_none_is_refused_with_its_address_and_product(picture_shop: PictureShop) -> None:
    url = picture_shop.put("/a.jpg", b"<html>not a picture</html>")
    make_shop({"number": 1, "image_url": url})
    post = make_post("{{ product:JB-1 }}")
    outcome = process(post)
    assert outcome.status == "refused"
    message = PostFinding.objects.get(post=post).message
    assert url in message
    assert "'JB-1'" in message
    assert not Package.objects.exists()
    assert not Asset.objects.exists()
    picture_shop.put("/a.jpg", draw_picture())
    assert process(post).status == "built"
    assert not PostFinding.objects.exists()


@pytest.mark.parametrize(("status", "words"), [(404, "404"), (403, "403")])
def test_a_picture_that_the_shop_does_not_give_is_refused(picture_shop: PictureShop, status: int, words: str) -> None:
    make_shop({"number": 1, "image_url": picture_shop.put("/a.jpg", b"", status=status)})
    outcome = process(make_post("{{ product:JB-1 }}"))
    assert outcome.status == "refused"
    assert words in outcome.findings[0].message
    assert len(picture_shop.requests) == 1


def test_a_shop_in_trouble_is_asked_three_times_and_is_nobodys_finding(picture_shop: PictureShop) -> None:
    make_shop({"number": 1, "image_url": picture_shop.put("/a.jpg", b"", status=503)})
    post = make_post("{{ product:JB-1 }}")
    with bind_trace("trace-of-this-build"), pytest.raises(PackageRefused, match="503"):
        process(post)
    assert picture_shop.requests == [("/a.jpg", "trace-of-this-build")] * 3
    assert not PostFinding.objects.exists()


def test_a_full_disk_refuses_names_the_file_and_leaves_nothing(
    picture_shop: PictureShop, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = picture_shop.put("/a.jpg", draw_picture())
    store = make_shop({"number": 1, "image_url": url})
    post = make_post("{{ product:JB-1 }}")
    earlier = process(post)
    change_products(store, {"number": 1, "image_url": url, "discounted_price": 90_000})

    def refuse(handle: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", refuse)
    with pytest.raises(PackageRefused, match=r"cleaner-guide-[0-9a-f]{12}\.zip: 디스크에 빈 공간이 없습니다"):
        process(post)
    assert list_parts(Path(settings.PACKAGE_DIR)) == [Path(earlier.path).name]
    assert get_current(post.pk).sha256 == earlier.sha256  # type: ignore[union-attr]
    assert Placement.objects.get(content_id=post.pk).revision_shown == 1
    monkeypatch.undo()


def test_a_real_size_limit_of_the_system_leaves_no_torn_file(tmp_path: Path) -> None:
    script = (
        "import resource, sys; from pathlib import Path; from content.packages.files import write_atomically\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))\n"
        "try: write_atomically(Path(sys.argv[1]), b'x' * 5000)\n"
        "except OSError as error: print(error.errno)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, str(tmp_path / "a" / "a-1.zip")], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == str(errno.EFBIG)
    assert list_parts(tmp_path) == []


def test_what_a_killed_process_left_is_removed_and_what_a_living_one_writes_is_not(tmp_path: Path) -> None:
    dead = tmp_path / f".a-0.zip.7.{socket.gethostname()}:999999999:1.part"
    living = tmp_path / f".a-0.zip.7.{this_holder()}.part"
    for part in (dead, living):
        part.write_bytes(b"half")
    write_atomically(tmp_path / "a-1.zip", b"whole")
    assert list_parts(tmp_path) == sorted([living.name, "a-1.zip"])


def test_a_product_that_changed_while_the_post_was_processed_queues_it_again(picture_shop: PictureShop) -> None:
    store = make_shop({"number": 1})
    post = make_post("{{ price:JB-1 }}")
    [entry] = claim_entries(limit=1)
    match_post(post_id=post.pk)
    rendered = compose_post(post_id=post.pk)
    change_products(store, {"number": 1, "discounted_price": 50_000})
    assert not RefreshEntry.objects.get().is_dirty, "no placement tells yet that this post shows the product"
    build_package(post_id=post.pk, rendered=rendered)
    assert not finish_entry(entry_id=entry.id)
    assert RefreshEntry.objects.get().state == "queued"
    assert "50,000원" in read_zip(process(post).path)["post.html"].decode()


def test_a_lost_file_is_built_again(picture_shop: PictureShop) -> None:
    make_shop({"number": 1})
    post = make_post("{{ price:JB-1 }}")
    first = process(post)
    Path(first.path).unlink()
    assert process(post).status == "built"
    assert Package.objects.count() == 1


def test_a_picture_used_twice_is_packed_once_and_shared_between_posts(picture_shop: PictureShop) -> None:
    url = picture_shop.put("/a.jpg", draw_picture())
    make_shop({"number": 1, "image_url": url}, {"number": 2, "image_url": url})
    first = make_post("{{ product:JB-1 }}\n\n{{ product:JB-2 }}", slug="one")
    second = make_post("{{ product:JB-2 }}", slug="two")
    assert process(first).image_count == 1
    assert process(second).image_count == 1
    assert len(picture_shop.requests) == 1


@pytest.fixture(params=["content.storage.WholeFileStorage", "django.core.files.storage.InMemoryStorage"])
def storage(request: pytest.FixtureRequest, settings: Settings) -> str:
    """The local folder, and a storage that is none."""
    settings.STORAGES = {**settings.STORAGES, "default": {"BACKEND": request.param}}
    return str(request.param)


def tear(name: str, data: bytes) -> None:
    """Leave half of the bytes under this name, as a killed process or a full disk does."""
    default_storage.delete(name)
    default_storage.save(name, ContentFile(data[: len(data) // 2]))


@pytest.mark.usefixtures("storage")
def test_a_torn_product_picture_is_fetched_anew(picture_shop: PictureShop, settings: Settings) -> None:
    data = draw_picture()
    url = picture_shop.put("/a.jpg", data)
    store = make_shop({"number": 1, "image_url": url})
    post = make_post("{{ product:JB-1 }}")
    process(post)
    asset = Asset.objects.get()
    tear(asset.storage_name, data)
    change_products(store, {"number": 1, "image_url": url, "discounted_price": 90_000})
    settings.PACKAGE_JPEG_QUALITY = 70  # the original is needed again
    outcome = process(post)
    assert outcome.status == "built"
    assert default_storage.open(Asset.objects.get().storage_name).read() == data
    assert len(picture_shop.requests) == 2


@pytest.mark.usefixtures("storage")
def test_what_lies_under_a_fingerprints_name_is_not_trusted_unseen(picture_shop: PictureShop) -> None:
    data = draw_picture()
    sha256 = hashlib.sha256(data).hexdigest()
    tear(f"assets/{sha256[:2]}/{sha256}.jpg", data)
    make_shop({"number": 1, "image_url": picture_shop.put("/a.jpg", data)})
    outcome = process(make_post("{{ product:JB-1 }}"))
    assert outcome.status == "built"
    assert default_storage.open(Asset.objects.get().storage_name).read() == data
    assert len(picture_shop.requests) == 1


def test_a_torn_picture_of_the_posts_own_is_told_and_uploading_it_again_is_enough() -> None:
    data = draw_picture()
    post = make_post("![거실](image:1)", images=new_images(data))
    tear(str(post.images.get().image.name), data)
    [entry] = claim_entries(limit=1)
    outcome = process(post)
    finish_entry(entry_id=entry.id, outcome=outcome.status)
    assert outcome.status == "refused"
    finding = PostFinding.objects.get()
    assert (finding.kind, "다시 올리세요" in finding.message) == ("bad_image", True)
    make_post("![거실](image:1)", images=new_images(data))
    assert RefreshEntry.objects.filter(state="queued").count() == 1
    assert process(post).status == "built"
    assert not PostFinding.objects.exists()


def test_a_disk_that_tears_every_picture_is_no_fault_of_the_post(
    picture_shop: PictureShop, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_shop({"number": 1, "image_url": picture_shop.put("/a.jpg", draw_picture())})
    post = make_post("{{ product:JB-1 }}")
    save = WholeFileStorage._save
    monkeypatch.setattr(WholeFileStorage, "_save", lambda self, name, _content: save(self, name, ContentFile(b"half")))
    with pytest.raises(PackageRefused, match="assets/"):
        process(post)
    assert len(picture_shop.requests) == 2
    monkeypatch.undo()
    assert process(post).status == "built"


def test_a_picture_that_finds_no_room_leaves_no_torn_file(tmp_path: Path) -> None:
    script = (
        "import django, resource, sys; django.setup()\n"
        "from django.core.files.base import ContentFile; from django.core.files.storage import default_storage\n"
        "from django.test import override_settings\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))\n"
        "with override_settings(MEDIA_ROOT=sys.argv[1]):\n"
        "    try: default_storage.save('posts/aa/a.jpg', ContentFile(b'x' * 5000))\n"
        "    except OSError as error: print(error.errno)\n"
    )
    done = subprocess.run([sys.executable, "-c", script, str(tmp_path)], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == str(errno.EFBIG)
    assert list_parts(tmp_path) == []
