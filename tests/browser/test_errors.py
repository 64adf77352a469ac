"""The error pages of the production server in a real browser: styled as the desk, with nothing refused on the way."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from scripts.take_screenshots import find_chromium, open_desk
from tests.perfhooks.servers import Server, open_server
from tests.support.ledger import Ledger, open_ledger
from tests.support.services import require

pytestmark = [pytest.mark.browser, pytest.mark.once, pytest.mark.slow, pytest.mark.django_db]
PASSWORD = "secret-of-a-browser-test"
ADD_STAFF = f"""
import django
django.setup()
from django.contrib.auth.models import User
User.objects.create_user("staff", password="{PASSWORD}", is_staff=True)
"""
RENAME_TABLE = """
import django, sys
django.setup()
from django.db import connection
connection.cursor().execute(f"ALTER TABLE {sys.argv[1]} RENAME TO {sys.argv[2]}")
"""
PICTURES = os.environ.get("ERROR_PICTURES", "")
"""A folder for pictures of the pages, for who wants to look at them."""


@dataclass(frozen=True)
class Shop:
    """The running server and its ledger."""

    server: Server
    ledger: Ledger


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory, migrated: Ledger) -> Iterator[Shop]:
    """The production server on a ledger of its own, with one member of staff who may see nothing."""
    require("Chromium", find_chromium() is not None, "install the system's package `chromium`")
    own = {"DJANGO_SETTINGS_MODULE": "project.settings.prod", "SECRET_KEY": "k" * 40}
    with open_ledger(tmp_path_factory.mktemp("shop"), like=migrated, **own) as ledger:
        for command in (("manage.py", "collectstatic", "--no-input"), ("-c", ADD_STAFF)):
            done = ledger.run(*command)
            assert done.returncode == 0, done.stderr
        with open_server(ledger.environment) as server:
            yield Shop(server, ledger)


@contextmanager
def without_sessions(ledger: Ledger) -> Iterator[None]:
    """The table of sessions is not where the server looks for it."""

    def rename(*names: str) -> None:
        done = ledger.run("-c", RENAME_TABLE, *names)
        assert done.returncode == 0, done.stderr

    rename("django_session", "put_away")
    try:
        yield
    finally:
        rename("put_away", "django_session")


def check_page(page: Page, title: str, picture: str) -> None:
    """The page stands there in the desk's look, and its button leads back."""
    expect(page.locator("h1")).to_have_text(title)
    assert page.evaluate("getComputedStyle(document.querySelector('#header')).backgroundColor") != "rgba(0, 0, 0, 0)"
    assert page.evaluate("getComputedStyle(document.querySelector('.panel')).borderTopStyle") == "solid"
    assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") <= 0
    assert len(page.locator("dd.mono").inner_text()) == 32
    assert page.locator("a.button").get_attribute("href") == "/admin/"
    if PICTURES:
        page.screenshot(path=Path(PICTURES) / f"{picture}.png")


@pytest.mark.parametrize("width", [1440, 768])
def test_every_error_page_wears_the_desk_s_look(shop: Shop, width: int) -> None:
    url = shop.server.url
    with open_desk(url, user="staff", password=PASSWORD, width=width) as (page, watcher):
        page.goto(f"{url}/admin/nothing/")
        check_page(page, "찾는 화면이 없습니다", f"404-{width}")
        page.goto(f"{url}/admin/catalog/product/")
        check_page(page, "볼 수 있는 권한이 없습니다", f"403-{width}")
        page.goto(url.replace("127.0.0.1", "elsewhere.localhost") + "/admin/")
        check_page(page, "잘못된 요청입니다", f"400-{width}")
        page.goto(f"{url}/admin/password_change/")
        page.context.clear_cookies(name="csrftoken")
        page.fill("input[name=old_password]", PASSWORD)
        page.fill("input[name=new_password1]", "another-secret-1")
        page.fill("input[name=new_password2]", "another-secret-1")
        page.click("input[type=submit]")
        check_page(page, "보안 확인에 실패해 저장하지 않았습니다", f"csrf-{width}")
        page.click("a.button")
        expect(page).to_have_title("오늘 | 장부")
        with without_sessions(shop.ledger):
            page.goto(f"{url}/admin/")
            check_page(page, "서버에서 오류가 났습니다", f"500-{width}")
    expected = ("status 4", "status 5", "the server responded with a status of", "elsewhere.localhost")
    assert [line for line in watcher.complaints if not any(word in line for word in expected)] == []
