"""Clips of a post: taken by the form with clear errors, placed in the body, kept by revisions, in the package with keyframes."""

import json
import zipfile
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from content.cro.services import compose_post
from content.media.clips import read_clip
from content.media.recipe import ClipRecipe
from content.packages.models import AssetUse, Derivative
from content.packages.selectors import get_current
from content.posts.models import Post, PostFinding, PostRevision, PostVideo
from content.posts.restoring import restore_revision
from content.posts.services import store_images
from content.posts.videos import fill_video
from tests.content.factories import draw_picture, make_post, new_images, process
from tests.content.media.clips import write_clip
from tests.content.posts.test_admin import fill_form, page_of, read_errors

pytestmark = pytest.mark.django_db


@pytest.fixture
def clip(tmp_path: Path) -> bytes:
    return write_clip(tmp_path / "clip.mp4", seconds=3, location="+37.5665+126.9780/")


def add_clip(post: Post, data: bytes, **values: Any) -> PostVideo:
    row = fill_video(
        PostVideo(post=post, position=1, **{"alt": "쓰는 모습", **values}), ContentFile(data, "my clip.mov")
    )
    store_images(post_id=post.pk, changed=[row], deleted=[])
    return row


def read_zip(path: str) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def test_a_package_holds_clip_poster_and_keyframes_in_their_order(
    clip: bytes, settings: Settings, tmp_path: Path
) -> None:
    settings.PACKAGE_KEYFRAMES = 3
    post = make_post("앞\n\n![켜는 법](video:1)\n\n뒤 ![사진](image:1)", images=new_images(draw_picture()))
    row = add_clip(post, clip, caption="3초면 됩니다")
    outcome = process(post)
    assert outcome.status == "built", outcome.findings
    files = read_zip(outcome.path)
    assert list(files) == [
        "01_cleaner-guide.jpg",
        "01_cleaner-guide.mp4",
        "02_cleaner-guide.jpg",
        "keyframes/01_cleaner-guide-01.jpg",
        "keyframes/01_cleaner-guide-02.jpg",
        "manifest.json",
        "post.html",
        "post.txt",
    ]
    page = files["post.html"].decode()
    assert '<img src="01_cleaner-guide.jpg" alt="동영상: 켜는 법"><br><em>3초면 됩니다</em>' in page
    manifest = json.loads(files["manifest.json"])
    [video] = manifest["videos"]
    assert (video["order"], video["name"], video["poster"], video["block"]) == (
        1,
        "01_cleaner-guide.mp4",
        "01_cleaner-guide.jpg",
        "video:1",
    )
    assert (video["caption"], video["seconds"], video["original_sha256"]) == ("3초면 됩니다", 3.0, row.sha256)
    assert [frame["name"] for frame in video["keyframes"]] == list(files)[3:5]
    assert b"+37.5665" not in files["01_cleaner-guide.mp4"]
    copy = tmp_path / "packed.mp4"
    copy.write_bytes(files["01_cleaner-guide.mp4"])
    assert read_clip(copy, ClipRecipe())[1].seconds == pytest.approx(3, abs=0.1)
    package = get_current(post.pk)
    assert package is not None
    assert (package.image_count, package.video_count) == (2, 1)
    assert AssetUse.objects.filter(sha256=row.sha256).exists()
    assert process(post).status == "cached"
    assert Derivative.objects.filter(original_sha256=row.sha256).count() == 4


def test_more_than_ten_keyframes_stay_in_the_order_of_the_clip(tmp_path: Path, settings: Settings) -> None:
    settings.PACKAGE_KEYFRAMES = 12
    post = make_post("글")
    add_clip(post, write_clip(tmp_path / "long.mp4", seconds=13))
    [video] = json.loads(read_zip(process(post).path)["manifest.json"])["videos"]
    in_time = [Derivative.objects.get(part=f"frame:{place}").sha256 for place in range(1, 12)]
    assert [frame["sha256"] for frame in video["keyframes"]] == in_time
    assert len(set(in_time)) == 11


def test_an_unplaced_clip_follows_the_text_and_an_unknown_one_is_told(clip: bytes) -> None:
    post = make_post("글")
    add_clip(post, clip)
    for target in ("package", "page"):
        rendered = compose_post(post_id=post.pk, target=target)
        assert [(ref.kind, ref.block, ref.alt) for ref in rendered.images] == [
            ("video", "video:1", "동영상: 쓰는 모습")
        ]
        assert "<video" not in rendered.html
    make_post("글 ![없음](video:7)")
    assert process(post).status == "refused"
    assert "동영상 7번: 글에 없습니다" in PostFinding.objects.get(post=post).message


def test_limits_of_clips_are_told_with_the_file(clip: bytes, settings: Settings) -> None:
    post = make_post("글")
    add_clip(post, clip)
    settings.PACKAGE_VIDEO_SECONDS = 1
    assert process(post).status == "refused"
    message = PostFinding.objects.get(post=post).message
    assert "동영상 1번" in message
    assert "1초를 넘습니다" in message
    settings.PACKAGE_VIDEO_SECONDS, settings.PACKAGE_VIDEOS_LIMIT = 600, 0
    assert process(post).status == "refused"
    assert "한도 0개" in PostFinding.objects.get(post=post).message


def test_a_torn_clip_is_told(clip: bytes) -> None:
    post = make_post("글")
    row = add_clip(post, clip)
    Path(row.video.path).write_bytes(clip[:2_000])
    assert process(post).status == "refused"
    assert PostFinding.objects.get(post=post).kind == "bad_video"


def test_revisions_keep_clips(clip: bytes) -> None:
    post = make_post("글")
    row = add_clip(post, clip)
    number = PostRevision.objects.filter(post=post).order_by("-number").values_list("number", flat=True)[0]
    store_images(post_id=post.pk, changed=[], deleted=[row])
    assert not PostVideo.objects.exists()
    restore_revision(post_id=post.pk, number=number, editor_id=None)
    back = PostVideo.objects.get(post=post)
    assert (back.sha256, back.alt, back.video.read(), back.seconds) == (row.sha256, "쓰는 모습", clip, 3.0)
    assert compose_post(post_id=post.pk).images[0].source == back.poster.name


def fill_clip(post: Post, file: SimpleUploadedFile) -> dict[str, Any]:
    sent = {"videos-TOTAL_FORMS": "1", "videos-0-position": "1", "videos-0-video": file, "videos-0-alt": "영상"}
    return fill_form(post, **sent)


def test_the_form_takes_a_clip_and_says_what_is_wrong_with_another_file(client: Client, clip: bytes) -> None:
    client.force_login(User.objects.create_superuser("chief", password="x"))
    post = make_post("본문")
    bad = client.post(page_of(post), fill_clip(post, SimpleUploadedFile("../a.mp4", b"MZ" + clip)))
    assert "MP4, MOV가 아닌 파일입니다" in read_errors(bad)
    assert not PostVideo.objects.exists()
    sent = client.post(page_of(post), fill_clip(post, SimpleUploadedFile("../내 영상.mov", clip, "video/quicktime")))
    assert sent.status_code == 302, read_errors(sent)
    row = PostVideo.objects.get(post=post)
    assert row.video.name == f"posts/{row.sha256[:2]}/{row.sha256[:32]}.mp4"
    assert str(row.poster.name).endswith(".jpg")
    assert row.seconds == 3.0
    page = client.get(page_of(post)).content.decode()
    assert "글 동영상" in page


def test_the_public_page_shows_the_poster_and_never_the_clip(client: Client, clip: bytes) -> None:
    post = make_post("![켜는 법](video:1)", status="published")
    row = add_clip(post, clip)
    response = client.get(reverse("site:post", args=[post.slug]))
    page = response.content.decode()
    address = reverse("site:media", args=[row.poster.name])
    assert f'<img src="{address}" alt="동영상: 켜는 법">' in page
    assert client.get(address).status_code == 200
    assert ".mp4" not in page
    assert client.get(f"/media/{row.video.name}").status_code == 404
