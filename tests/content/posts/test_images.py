"""Pictures: forged, torn and monstrous files are refused, real ones are taken as they are."""

import contextlib
import csv

import pytest
from pytest_django import Settings

from content.posts.images import NotAPicture, verify_picture, verify_pictures
from tests.content.factories import draw_picture
from tests.support.data import find_shared_data

MUST_BE_REFUSED = [
    "bomb_900mp_1bit.png",
    "eps_as.jpg",
    "garbage_idat.png",
    "ico_as.png",
    "polyglot_gif_js.gif",
    "polyglot_gif_js_as.png",
    "random_noise.jpg",
    "truncated_header.jpg",
    "xxe.svg",
]


@pytest.mark.parametrize(("kind", "suffix"), [("JPEG", "jpg"), ("PNG", "png"), ("WEBP", "webp")])
def test_a_picture_is_taken_as_it_is(kind: str, suffix: str) -> None:
    data = draw_picture(kind=kind, size=(40, 30))
    picture = verify_picture(data)
    assert (picture.suffix, picture.width, picture.height, picture.data) == (suffix, 40, 30, data)


def test_of_several_pictures_the_bad_one_is_named_and_no_process_of_ours_decodes_it(settings: Settings) -> None:
    settings.MEDIA_CHILD_MB = 180
    good, huge = draw_picture(), draw_picture(kind="PNG", size=(6_900, 7_200))
    assert [each.data for each in verify_pictures([good, good])] == [good, good]
    with pytest.raises(NotAPicture, match="이미지 2번: 처리에 필요한 메모리"):
        verify_pictures([good, huge], labels=["이미지 1번", "이미지 2번"])


def test_a_torn_picture_is_refused() -> None:
    data = draw_picture(size=(400, 400))
    with pytest.raises(NotAPicture):
        verify_picture(data[: len(data) // 2])


def test_a_file_above_the_limit_is_refused_with_its_size() -> None:
    with pytest.raises(NotAPicture, match="21"):
        verify_picture(b"\xff\xd8" + b"0" * 21_500_000)


@pytest.mark.parametrize("name", MUST_BE_REFUSED)
def test_hostile_files_are_refused(name: str) -> None:
    with pytest.raises(NotAPicture):
        verify_picture((find_shared_data("hostile_media") / name).read_bytes())


def test_no_hostile_file_gets_past_as_another_error() -> None:
    folder = find_shared_data("hostile_media")
    with (folder / "index.csv").open(encoding="utf-8") as file:
        names = [next(iter(row.values())) for row in csv.DictReader(file)]
    assert len(names) > 40
    for path in (folder / name for name in names):
        if path.is_file():
            with contextlib.suppress(NotAPicture):
                verify_picture(path.read_bytes())
