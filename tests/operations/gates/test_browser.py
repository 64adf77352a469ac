"""The gate board in a real browser: the button is pressed, the reason is found, nothing is refused or too wide."""

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import expect

from perfhooks.machine import current_commit
from scripts.take_screenshots import find_chromium, open_desk
from tests.operations.gates.planting import bad_value, built_blockers, plant, plant_all_well
from tests.support.services import require

pytestmark = [pytest.mark.browser, pytest.mark.once, pytest.mark.django_db(transaction=True)]
PASSWORD = "secret-of-a-browser-test"


@pytest.mark.parametrize("width", [768, 1440])
def test_pressing_the_button_shows_what_blocks_and_leads_to_its_cause(live_server: object, width: int) -> None:
    require("Chromium", find_chromium() is not None, "install the system's package `chromium`")
    require("git", bool(current_commit()), "run the tests in a git checkout, or name the commit in JANGBU_COMMIT")
    User.objects.create_superuser("editor", password=PASSWORD)
    plant_all_well(besides=["match-fallback"], commit=current_commit())
    budget = next(budget for budget in built_blockers() if budget.id == "match-fallback")
    plant(budget, bad_value(budget), commit=current_commit())

    with open_desk(str(live_server), user="editor", password=PASSWORD, width=width) as (page, watcher):
        page.goto(f"{live_server}/admin/gates/gatedecision/")
        page.click("input[value='지금 판정']")
        expect(page.locator(".messagelist .error")).to_contain_text("릴리즈를 막습니다")
        red = page.locator("tr", has=page.locator(".pill-bad"), has_text="match-fallback")
        expect(red).to_contain_text("한도를 넘었습니다")
        excess = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert excess <= 0, f"{excess} pixels too wide at {width}"
        page.locator("summary", has_text="아직 만들지 않아").click()
        expect(page.locator("tr", has_text="unsafe-ad-slots")).to_be_visible()
        red.locator("a").click()
        expect(page.locator("h1")).to_have_text("성능")
        assert watcher.complaints == []
