"""What a package may hold and what its HTML may say: told before anything is written, with file and fix."""

from pathlib import Path
from typing import Any

import pytest
from django.core.checks import run_checks
from pytest_django import Settings

from content.packages.limits import Piece, find_excesses, get_limits
from content.packages.models import Package
from content.packages.validation import find_faults
from content.posts.models import PostFinding
from tests.content.factories import draw_picture, make_post, new_images, process

FRAME = '<!doctype html>\n<html lang="ko">\n<head>\n<meta charset="utf-8">\n<title>제목 <글></title>\n</head>\n<body>\n{}</body>\n</html>\n'
NOTICE = "<!--disclosure paid_ad.3--><p><strong>광고입니다.</strong></p><!--/disclosure-->\n"


def look_at(body: str, *, notice: str = NOTICE) -> list[str]:
    document = FRAME.replace("<글>", "&lt;글&gt;").format(notice + body)
    return find_faults(document, names={"01_a.jpg"}, disclosure_version="paid_ad.3")


@pytest.mark.once
def test_the_subset_passes() -> None:
    body = (
        '<h2>제목</h2>\n<p>글 <a href="https://a.example/?a=1&amp;b=2">링크</a><br><em>강조</em> 3 &lt; 5</p>'
        "<ul><li>하나</li></ul><table><thead><tr><th>가</th></tr></thead><tbody><tr><td>나</td></tr></tbody></table>"
        '<p><img src="01_a.jpg" alt=""></p><hr><blockquote><p>인용</p></blockquote>'
    )
    assert look_at(body) == []


@pytest.mark.once
@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("<script>1</script>", "<script>"),
        ("<iframe src='https://a.example'></iframe>", "<iframe>"),
        ('<p style="color:red">글</p>', "style"),
        ('<p class="x">글</p>', "class"),
        ('<p onclick="x()">글</p>', "onclick"),
        ('<a href="javascript:alert(1)">글</a>', "링크 주소"),
        ('<a href="/inside">글</a>', "링크 주소"),
        ('<p><img src="02_b.jpg" alt="b"></p>', "패키지에 없습니다"),
        ('<p><img src="https://a.example/1.jpg" alt="b"></p>', "패키지에 없습니다"),
        ('<p><img src="01_a.jpg"></p>', "대체 텍스트"),
        ('<table><tr><td colspan="2">글</td></tr></table>', "colspan"),
        ("<p>글", "짝이 맞지"),
        ("<p><h2>글</h2></p>", "<p> 안에 <h2>"),
        ("<!-- 메모 --><p>글</p>", "주석"),
        ("<p>\u202e글</p>", "방향"),
        ("<h1>글</h1>", "<h1>"),
        ("<p>글</p><![CDATA[x]]>", "CDATA"),
    ],
)  # fmt: skip
def test_what_an_editor_would_not_take_over_is_named(body: str, words: str) -> None:
    faults = look_at(body)
    assert any(words in fault for fault in faults), faults
    assert all("번째 줄" in fault for fault in faults)


@pytest.mark.once
@pytest.mark.parametrize(
    "notice", ["", "<p>먼저</p>" + NOTICE, NOTICE.replace("3", "2", 1), "<!--disclosure paid_ad.3--><p>광고</p>"]
)
def test_the_disclosure_comes_first_in_the_version_meant(notice: str) -> None:
    assert any("고지문" in fault for fault in look_at("<p>글</p>", notice=notice))


@pytest.mark.once
def test_each_limit_names_the_file_and_the_fix(settings: Settings) -> None:
    settings.PACKAGE_IMAGES_LIMIT, settings.PACKAGE_VIDEOS_LIMIT, settings.PACKAGE_TOTAL_MB = 2, 1, 30
    settings.PACKAGE_IMAGE_FORMATS = ["jpg"]
    pieces = [
        Piece("image", "01_a.jpg", "글 이미지 1번", 11_000_000, 10, 10),
        Piece("image", "02_b.png", "글 이미지 2번", 1_000, 10, 10),
        Piece("image", "03_c.jpg", "글 이미지 3번", 1_000, 10, 10),
        Piece("video", "04_d.mp4", "동영상 1번", 250_000_000, 10, 10, seconds=700),
        Piece("video", "05_e.mp4", "동영상 2번", 1_000, 3_840, 2_160, seconds=7),
        Piece("frame", "keyframes/05_e-01.jpg", "동영상 2번", 1_000, 1_400, 2_100),
    ]
    messages = [finding.message for finding in find_excesses(pieces, get_limits())]
    wanted = [
        ("3장", "03_c.jpg"),
        ("2개", "05_e.mp4"),
        ("01_a.jpg", "11.0 MB"),
        ("02_b.png", "PNG"),
        ("04_d.mp4", "250.0 MB"),
        ("04_d.mp4", "700초"),
        ("261.0 MB", "04_d.mp4"),
        ("keyframes/05_e-01.jpg", "1,400x2,100"),
    ]
    for words in wanted:
        assert any(all(word in message for word in words) for message in messages), words
    assert len(messages) == len(wanted)
    assert find_excesses(pieces[2:3], get_limits()) == ()


@pytest.mark.once
@pytest.mark.parametrize(
    ("name", "value", "code"),
    [
        ("PACKAGE_IMAGES_LIMIT", 0, "packages.E001"),
        ("PACKAGE_IMAGES_LIMIT", 100, "packages.E001"),
        ("PACKAGE_LONG_SIDE", 100, "packages.E001"),
        ("PACKAGE_ZIP_LEVEL", 10, "packages.E001"),
        ("LEDGER_LOOK_BITS", 5, "packages.E002"),
        ("PACKAGE_IMAGE_FORMATS", ["gif"], "packages.E003"),
        ("PACKAGE_TOTAL_MB", 5, "packages.E004"),
        ("PACKAGE_BLOG", " ", "packages.E005"),
        ("PACKAGE_LEAST_SIDE", 3_000, "packages.E006"),
    ],
)
def test_absurd_settings_are_told_at_the_start(settings: Settings, name: str, value: Any, code: str) -> None:
    assert [found for found in run_checks() if str(found.id).startswith("packages.")] == []
    setattr(settings, name, value)
    assert code in {found.id for found in run_checks()}


@pytest.mark.django_db
def test_a_post_beyond_a_limit_is_refused_before_anything_is_written(settings: Settings) -> None:
    settings.PACKAGE_IMAGES_LIMIT = 1
    post = make_post("글", images=new_images(draw_picture("red"), draw_picture("blue")))
    assert process(post).status == "refused"
    finding = PostFinding.objects.get(post=post)
    assert finding.kind == "over_limit"
    assert "02_cleaner-guide.jpg" in finding.message
    assert not Package.objects.exists()
    assert not Path(settings.PACKAGE_DIR).exists()
    settings.PACKAGE_IMAGES_LIMIT = 2
    assert process(post).status == "built"
    settings.PACKAGE_IMAGES_LIMIT = 1
    assert process(post).status == "refused", "a lowered limit counts for what was built before"


@pytest.mark.django_db
def test_a_picture_that_cannot_be_decoded_is_refused_by_its_number_and_the_others_are_not_lost(
    settings: Settings,
) -> None:
    huge = draw_picture(kind="PNG", size=(6_900, 7_200))
    post = make_post("글", images=new_images(draw_picture("red"), huge))
    settings.MEDIA_CHILD_MB = 180
    assert process(post).status == "refused"
    message = PostFinding.objects.get(post=post).message
    assert "글 이미지 2번" in message
    assert "메모리가 한도" in message
