"""Roles in a real browser: an administrator makes somebody an editor, and the desk of that person changes with it."""

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import expect

from operations.roles.services import sync_roles
from scripts.take_screenshots import find_chromium, open_desk
from tests.operations.roles.people import PASSWORD, make_person
from tests.support.services import require

pytestmark = [pytest.mark.browser, pytest.mark.once, pytest.mark.django_db(transaction=True)]


@pytest.fixture(autouse=True)
def people(db: None) -> list[User]:
    """Made before the browser starts: its loop and the database do not share a thread."""
    require("Chromium", find_chromium() is not None, "install the system's package `chromium`")
    sync_roles()
    return [make_person("boss", "admin"), make_person("jiwoo", "viewer")]


def test_admin_makes_an_editor_of_a_viewer(live_server: object, people: list[User]) -> None:
    base = str(live_server)
    with open_desk(base, user="boss", password=PASSWORD) as (page, watcher):
        page.click("#nav-sidebar >> text=사용자")
        page.click("#result_list >> text=jiwoo")
        page.get_by_label("뷰어:").uncheck()
        page.get_by_label("편집자:").check()
        page.click("input[name=_save]")
        expect(page.locator("#result_list tr", has_text="jiwoo")).to_contain_text("편집자")
        assert watcher.complaints == []
    with open_desk(base, user="jiwoo", password=PASSWORD) as (page, watcher):
        nav = page.locator("#nav-sidebar")
        expect(nav).to_contain_text("릴리즈 게이트")
        expect(nav).not_to_contain_text("사용자")
        page.goto(f"{base}/admin/posts/post/add/")
        expect(page.locator("select[name=status] option")).to_have_text(["작성 중", "준비됨"])
        assert watcher.complaints == []


@pytest.mark.parametrize("width", [768, 1440])
def test_pages_do_not_scroll_sideways(live_server: object, people: list[User], width: int) -> None:
    base = str(live_server)
    with open_desk(base, user="boss", password=PASSWORD, width=width) as (page, watcher):
        for where in ("member/", "member/add/", f"member/{people[1].pk}/change/", "role/", "role/table/", "role/add/"):
            page.goto(f"{base}/admin/roles/{where}")
            excess = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
            assert excess <= 0, f"{where} is {excess} pixels too wide at {width}"
        assert watcher.complaints == []
