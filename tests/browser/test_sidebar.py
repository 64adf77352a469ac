"""The sidebar's sections in a real browser: opened by a key, kept as their reader leaves them, found by a search for a page."""

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Page, expect

from scripts.take_screenshots import find_chromium, open_desk
from tests.support.axe import check_page
from tests.support.services import require

pytestmark = [pytest.mark.browser, pytest.mark.once, pytest.mark.django_db(transaction=True)]
PASSWORD = "secret-of-a-browser-test"


@pytest.fixture(autouse=True)
def desk() -> None:
    """Somebody who may see every page. Made before the browser starts."""
    require("Chromium", find_chromium() is not None, "install the system's package `chromium`")
    User.objects.create_superuser("editor", password=PASSWORD)


def list_open(page: Page) -> list[str]:
    """The sections whose pages are seen."""
    return page.locator("#nav-sidebar details[open] summary").all_inner_texts()


def test_sections_open_by_key_and_stay_and_the_page_s_own_is_open(live_server: object) -> None:
    with open_desk(str(live_server), user="editor", password=PASSWORD, width=1280) as (page, watcher):
        nav = page.locator("#nav-sidebar")
        assert list_open(page) == []
        nav.locator("summary", has_text="클러스터와 링크").focus()
        page.keyboard.press("Enter")
        page.keyboard.press("Tab")
        expect(page.locator(":focus")).to_have_text("클러스터")
        page.keyboard.press("Enter")
        expect(nav.locator("[aria-current=page]")).to_have_text("클러스터")
        page.goto(f"{live_server}/admin/refresh/refreshentry/")
        expect(nav.locator("summary", has_text="글 갱신")).to_be_visible()
        assert list_open(page) == ["클러스터와 링크", "글 갱신"], "one was opened by its reader, one is the page's"
        nav.locator("summary", has_text="클러스터와 링크").click()
        page.goto(f"{live_server}/admin/refresh/refreshtrial/effect/")
        expect(nav.locator("[aria-current=page]")).to_have_text("갱신 효과")
        assert list_open(page) == ["글 갱신"]
        check_page(page, watcher)


def test_a_search_for_a_page_looks_into_closed_sections(live_server: object) -> None:
    with open_desk(str(live_server), user="editor", password=PASSWORD, width=1280) as (page, watcher):
        nav = page.locator("#nav-sidebar")
        page.get_by_label("메뉴 찾기").fill("앵커")
        expect(nav.get_by_role("link", name="앵커", exact=True)).to_be_visible()
        expect(nav.locator("summary:visible")).to_have_text(["클러스터와 링크"])
        page.get_by_label("메뉴 찾기").press("Escape")
        expect(nav.locator("summary:visible")).to_have_count(6)
        assert list_open(page) == []
        check_page(page, watcher)
