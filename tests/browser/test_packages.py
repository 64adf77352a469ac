"""Packages on the desk in a real browser: found, looked at and taken; a unique pack decided picture by picture; an upload."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from PIL import ImageOps
from playwright.sync_api import Page, expect
from pytest_django import Settings

from content.packages.ledger import forget_index
from content.packages.models import Package
from content.packages.storage import get_storage
from content.posts.models import Post
from scripts.take_screenshots import find_chromium, open_desk
from tests.content.factories import make_post, new_images, process
from tests.content.media.clips import write_clip
from tests.content.packages.test_unique import draw_scene, encode
from tests.support.axe import list_grave_findings
from tests.support.services import require

pytestmark = [pytest.mark.browser, pytest.mark.once, pytest.mark.django_db(transaction=True)]
PASSWORD = "secret-of-a-browser-test"
WIDTHS = pytest.mark.parametrize("width", [768, 1280])
CUT_OFF = """() => [...document.querySelectorAll("#content input, #content textarea, #content img")]
    .filter((part) => part.offsetParent && part.getBoundingClientRect().right > innerWidth).map((part) => part.outerHTML)"""
TITLE = "거실과 주방을 함께 쓰는 집에서 무선 청소기 고르는 법"


@dataclass
class Room:
    """What is there before the browser starts. old: a post with a superseded package; new: one that shows used pictures."""

    old: Post
    current: Package
    superseded: Package
    new: Post


@pytest.fixture
def room(settings: Settings, tmp_path: Path) -> Room:
    require("Chromium", find_chromium() is not None, "install the system's package `chromium`")
    settings.PACKAGE_DIR, settings.MEDIA_ROOT = tmp_path / "packages", tmp_path / "media"
    forget_index()  # that of another test's ledger
    User.objects.create_superuser("editor", password=PASSWORD)
    scenes = [draw_scene(number, (1_200, 900)) for number in range(4)]
    pictures = new_images(*map(encode, scenes[:3]))
    make_post("첫 글 ![거실](image:1)", slug="living-room", title=TITLE, images=pictures)
    process(Post.objects.get())
    old = make_post("첫 글을 고쳤습니다. ![거실](image:1)", slug="living-room", title=TITLE, images=pictures)
    process(old)
    settings.LEDGER_SAME_BITS, settings.LEDGER_LOOK_BITS = 7, 32
    cropped = scenes[1].crop((60, 45, 1_140, 855))
    new = make_post(
        "둘째 글",
        slug="kitchen",
        title="주방에서 쓰는 법",
        images=new_images(*map(encode, (scenes[0], cropped, ImageOps.mirror(scenes[2]), scenes[3]))),
    )
    packages = Package.objects.filter(post=old)
    return Room(old, packages.get(is_current=True), packages.get(is_current=False), new)


@contextmanager
def sit(address: object, width: int) -> Iterator[tuple[Page, Callable[..., None]]]:
    """A desk, and `look`, which opens a page ("" for the one that is open) and holds it against axe and its width."""
    with open_desk(str(address), user="editor", password=PASSWORD, width=width) as (page, watcher):

        def look(path: str = "") -> None:
            if path:
                page.goto(f"{address}/admin/{path}", wait_until="networkidle")
            excess = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
            assert excess <= 0, page.url
            assert page.evaluate(CUT_OFF) == [], page.url
            heard = len(watcher.complaints)
            assert list_grave_findings(page) == [], page.url
            del watcher.complaints[heard:]  # axe tries styles of its own, which the page's policy refuses

        yield page, look
        page.wait_for_load_state("networkidle")
        assert watcher.complaints == []


@WIDTHS
def test_a_package_is_found_looked_at_taken_and_marked(live_server: object, room: Room, width: int) -> None:
    with sit(live_server, width) as (page, look):
        look("packages/package/")
        expect(page.locator("#result_list tbody tr")).to_have_count(2)
        look(f"packages/package/{room.superseded.pk}/change/")
        expect(page.get_by_text("지난 판")).to_be_visible()
        look(f"packages/package/{room.current.pk}/change/")
        link = page.get_by_label("내려받기 링크").input_value()
        with page.expect_download() as taken:
            page.evaluate("(address) => { location.href = address }", link)
        assert taken.value.suggested_filename == Path(room.current.storage_path).name
        page.get_by_label("네이버에 올린 주소").fill("https://example.com/1")
        page.get_by_role("button", name="올린 것으로 표시").click()
        expect(page.locator("#posted-form .errorlist")).to_contain_text("blog.naver.com")
        look()
        page.get_by_label("네이버에 올린 주소").fill("https://blog.naver.com/jangbu/1")
        page.get_by_role("button", name="올린 것으로 표시").click()
        expect(page.locator(".messagelist")).to_contain_text("blog.naver.com/jangbu/1")
        page.locator(".object-tools").get_by_text("미리보기").click()
        look()
        expect(page.frame_locator("iframe").locator("img")).to_have_count(3)
        for name in ("assetuse", "asset", "uniquepack"):
            look(f"packages/{name}/")


def test_a_lost_package_is_said_to_be_lost(live_server: object, room: Room) -> None:
    get_storage().delete(room.current.storage_path)
    with open_desk(str(live_server), user="editor", password=PASSWORD, width=768) as (page, _watcher):
        page.goto(f"{live_server}/admin/packages/package/{room.current.pk}/preview/")
        expect(page.locator(".errornote")).to_contain_text("없거나 손상되었습니다")
        assert list_grave_findings(page) == []


@WIDTHS
def test_a_unique_pack_is_decided_picture_by_picture_and_built(live_server: object, room: Room, width: int) -> None:
    with sit(live_server, width) as (page, look):
        look(f"packages/uniquepack/add/?post={room.new.pk}")
        page.get_by_label("블로그").fill("우리 집")
        page.get_by_role("button", name="저장", exact=True).click()
        expect(page.locator(".errorlist").first).to_contain_text("2~40자")
        look()
        page.get_by_label("블로그").fill("home-note")
        page.get_by_role("button", name="저장", exact=True).click()
        expect(page.locator(".collision")).to_have_count(4)
        look()
        pairs = [section.locator("img") for section in page.locator(".collision").all()]
        assert [pair.count() for pair in pairs] == [2, 2, 2, 1]
        for picture in page.locator(".collision img").all():
            picture.scroll_into_view_if_needed()
            picture.evaluate("(image) => image.complete || new Promise((done) => { image.onload = done })")
            assert picture.evaluate("(image) => image.naturalWidth") > 0
        boxes = [picture.bounding_box() for picture in pairs[0].all()]
        assert len({round(box["y"]) for box in boxes if box}) == 1, "the two stand side by side"
        expect(page.get_by_role("button", name="유니크 팩 만들기")).to_be_disabled()
        same, looked, mirrored = (page.locator(".collision").nth(at) for at in range(3))
        expect(same.get_by_role("button", name="다른 사진이다")).to_have_count(0)
        same.get_by_role("button", name="빼고 만든다").click()
        expect(same.locator("strong")).to_have_text("빼고 만든다")
        looked.get_by_label("다른 사진인 이유").fill("다른 날 다른 자리에서 찍음")
        looked.get_by_role("button", name="다른 사진이다").click()
        expect(looked.locator("strong")).to_have_text("다른 사진이다")
        mirrored.get_by_role("button", name="빼고 만든다").click()
        expect(mirrored.locator("strong")).to_have_text("빼고 만든다")
        look()
        page.get_by_role("button", name="유니크 팩 만들기").click()
        expect(page.locator(".messagelist")).to_contain_text("이미지 2장")
        look("packages/uniquepack/")
        expect(page.locator("#result_list")).to_contain_text("만듦")


@WIDTHS
def test_a_picture_is_uploaded_and_a_wrong_one_is_named(
    live_server: object, room: Room, width: int, tmp_path: Path
) -> None:
    good, torn, clip = tmp_path / "새 사진.jpg", tmp_path / "찢긴 사진.jpg", tmp_path / "영상.mp4"
    good.write_bytes(encode(draw_scene(9)))
    torn.write_bytes(encode(draw_scene(8))[:2_000])
    write_clip(clip, seconds=1)
    with sit(live_server, width) as (page, look):
        look(f"posts/post/{room.new.pk}/change/")
        page.locator("#id_images-4-position").fill("5")
        page.locator("#id_images-4-alt").fill("새 사진")
        page.locator("#id_images-4-image").set_input_files(torn)
        page.locator("input[name=_continue]").click()
        expect(page.locator("#images-group .errorlist").first).to_contain_text(
            "이미지 '찢긴 사진.jpg': 파일이 잘렸거나"
        )
        look()
        page.locator("#id_images-4-image").set_input_files(good)
        page.get_by_role("button", name="글 동영상 더 추가하기").click()
        page.locator("#id_videos-0-position").fill("6")
        page.locator("#id_videos-0-alt").fill("영상")
        page.locator("#id_videos-0-video").set_input_files(clip)
        page.locator("input[name=_continue]").click()
        expect(page.locator(".messagelist")).to_be_visible()
        look()
