"""Packages in a bucket: built, looked at, taken by a signed link and pruned over HTTP, and nothing is lost while it is silent."""

import io
import re
import time
import zipfile
from collections.abc import Iterator
from copy import deepcopy
from datetime import timedelta
from typing import Any

import boto3
import pytest
from django.core.checks import run_checks
from django.core.files.storage import storages
from django.test import Client
from django.urls import reverse
from moto.server import ThreadedMotoServer
from pytest_django import Settings

from content.packages import pruning
from content.packages.lost import list_lost_ids
from content.packages.models import Package
from content.packages.pruning import prune_packages
from content.packages.services import PackageRefused
from content.posts.models import Post
from content.posts.services import delete_post
from tests.content.factories import draw_picture, make_post, new_images, process

pytestmark = pytest.mark.django_db

NAME = "jangbu-packages"


class BucketServer:
    """An S3 server of this test's own on 127.0.0.1."""

    def __init__(self) -> None:
        self.server = ThreadedMotoServer(ip_address="127.0.0.1", port=0)
        self.server.start()
        host, self.port = self.server.get_host_and_port()
        self.url = f"http://{host}:{self.port}"
        self.client: Any = boto3.client(
            "s3", endpoint_url=self.url, region_name="us-east-1", aws_access_key_id="k", aws_secret_access_key="s"
        )
        self.client.create_bucket(Bucket=NAME)

    def list_keys(self) -> set[str]:
        return {entry["Key"] for entry in self.client.list_objects_v2(Bucket=NAME).get("Contents", [])}

    def read(self, key: str) -> bytes:
        return bytes(self.client.get_object(Bucket=NAME, Key=key)["Body"].read())


@pytest.fixture
def bucket(settings: Settings) -> Iterator[BucketServer]:
    server = BucketServer()
    place(settings, bucket_name=NAME, endpoint_url=server.url)
    yield server
    server.server.stop()


def place(settings: Settings, **options: str) -> None:
    """Let packages lie in a bucket."""
    changed = deepcopy(settings.STORAGES)
    keys = {"access_key": "k", "secret_key": "s", "region_name": "us-east-1", "location": "naver"}
    changed["packages"] = {"BACKEND": "content.packages.bucket.PackageBucket", "OPTIONS": {**keys, **options}}
    settings.STORAGES = changed


def build(version: int = 0) -> Post:
    post = make_post(f"{version}판", images=new_images(draw_picture("red")))
    assert process(post).status == "built"
    return post


def test_a_package_is_built_kept_seen_and_taken_by_a_link_that_ends(
    bucket: BucketServer, settings: Settings, admin_client: Client
) -> None:
    post = build()
    package = Package.objects.get()
    assert bucket.list_keys() == {f"naver/{package.storage_path}"}
    held = bucket.read(f"naver/{package.storage_path}")
    assert len(held) == package.size_bytes
    assert "manifest.json" in zipfile.ZipFile(io.BytesIO(held)).namelist()
    assert process(post).status == "cached"
    page = admin_client.get(reverse("admin:packages_package_change", args=[package.pk])).content.decode()
    link = re.search(r'id="signed-link"[^>]*value="([^"]+)"', page)
    assert link
    assert admin_client.get(reverse("admin:packages_package_preview", args=[package.pk])).status_code == 200
    stranger = Client()
    taken: Any = stranger.get(link[1])
    assert b"".join(taken.streaming_content) == held
    settings.PACKAGE_LINK_SECONDS = 0
    time.sleep(1.1)
    assert stranger.get(link[1]).status_code == 410


def test_a_bucket_gives_the_same_bytes_as_a_folder(bucket: BucketServer, settings: Settings) -> None:
    build()
    package = Package.objects.get()
    held = bucket.read(f"naver/{package.storage_path}")
    changed = deepcopy(settings.STORAGES)
    changed["packages"] = {"BACKEND": "content.packages.storage.PackageFolder"}
    settings.STORAGES = changed
    assert process(Post.objects.get()).status == "built"
    assert (settings.PACKAGE_DIR / package.storage_path).read_bytes() == held


def test_old_packages_and_files_that_nobody_knows_are_pruned(
    bucket: BucketServer, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.PACKAGES_KEPT = 1
    for version in range(4):
        post = build(version)
    assert prune_packages().removed == 2
    assert bucket.list_keys() == {f"naver/{path}" for path in Package.objects.values_list("storage_path", flat=True)}
    delete_post(post_id=post.pk)
    monkeypatch.setattr(pruning, "ORPHAN_AGE", timedelta(seconds=-5))
    assert prune_packages().orphans == 2
    assert bucket.list_keys() == set()


def test_a_lost_object_is_built_again_and_a_silent_bucket_loses_nothing(
    bucket: BucketServer, settings: Settings, admin_client: Client
) -> None:
    post = build()
    package = Package.objects.get()
    bucket.client.delete_object(Bucket=NAME, Key=f"naver/{package.storage_path}")
    assert list_lost_ids() == [package.pk]
    assert process(post).status == "built"
    assert list_lost_ids() == []
    place(settings, bucket_name="another", endpoint_url=bucket.url)
    with pytest.raises(OSError, match="NoSuchBucket"):
        list_lost_ids()
    bucket.server.stop()
    place(settings, bucket_name=NAME, endpoint_url=bucket.url)
    with pytest.raises(OSError, match="EndpointConnectionError"):
        list_lost_ids()
    with pytest.raises(PackageRefused, match=f"버킷 '{NAME}'"):
        process(post)
    package.refresh_from_db()
    assert package.is_current
    answer = admin_client.get(reverse("admin:packages_package_download", args=[package.pk]))
    assert answer.status_code == 503
    assert "답하지 않습니다" in answer.content.decode()


def test_a_bucket_without_a_name_is_told_at_the_start(settings: Settings) -> None:
    place(settings, bucket_name="")
    assert "packages.E007" in {found.id for found in run_checks()}


def test_a_download_holds_little_in_memory(bucket: BucketServer) -> None:
    storage = storages["packages"]
    storage.save("big.zip", io.BytesIO(bytes(9 * 1024 * 1024)))
    with storage.open("big.zip") as file:
        spool: Any = file.file
        assert spool._rolled, "beyond 8 MB it lies on the disk"
