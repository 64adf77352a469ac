"""An editor groups posts, looks at the map, reads a proposal, inserts it and takes it back, in a real browser."""

import re

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import expect

from content.posts.models import Post
from scripts.take_screenshots import find_chromium, open_desk
from tests.content.clusters.garden import plant_cleaners
from tests.support.services import require

pytestmark = [pytest.mark.browser, pytest.mark.once, pytest.mark.django_db(transaction=True)]
PASSWORD = "secret-of-a-browser-test"
LISTS = ("plannedlink", "linkhealth", "linkrule", "anchor")


@pytest.fixture(autouse=True)
def desk() -> None:
    """An editor and four posts that speak of each other. Made before the browser starts."""
    require("Chromium", find_chromium() is not None, "install the system's package `chromium`")
    User.objects.create_superuser("editor", password=PASSWORD)
    plant_cleaners()


@pytest.mark.parametrize("width", [768, 1440])
def test_links_are_proposed_inserted_and_taken_back(live_server: object, width: int) -> None:
    spokes = {str(key) for key in Post.objects.exclude(slug="cordless-guide").values_list("pk", flat=True)}
    with open_desk(str(live_server), user="editor", password=PASSWORD, width=width) as (page, watcher):

        def check_width() -> None:
            excess = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
            assert excess <= 0, page.url

        page.goto(f"{live_server}/admin/clusters/cluster/")
        page.get_by_role("button", name="클러스터 계획하기").click()
        expect(page.locator(".messagelist")).to_contain_text("클러스터 1개에 있습니다")
        check_width()
        page.goto(f"{live_server}/admin/clusters/linkbatch/")
        page.get_by_role("button", name="링크 계획하기").click()
        expect(page.locator(".batch-post").first).to_contain_text("무선 청소기 필터 관리")
        check_width()
        page.get_by_role("button", name="개 넣기").click()
        expect(page.locator(".messagelist")).to_contain_text("넣었습니다")
        page.goto(f"{live_server}/admin/clusters/cluster/map/")
        expect(page.locator(".map-frame circle")).to_have_count(4)
        check_width()
        page.locator("svg.overview a text.name").click()
        expect(page.locator(".map-frame path.arc-down")).to_have_count(3)
        check_width()
        page.locator(".map-frame a").nth(1).click()
        expect(page).to_have_url(re.compile(r"/admin/posts/post/\d+/change/$"))
        assert page.url.split("/")[-3] in spokes
        for name in LISTS:
            page.goto(f"{live_server}/admin/clusters/{name}/")
            check_width()
        page.goto(f"{live_server}/admin/clusters/linkbatch/")
        page.locator("#result_list tbody th a").first.click()
        page.get_by_role("button", name="되돌리기").click()
        expect(page.locator("h1 .pill")).to_have_text("되돌림")
        assert watcher.complaints == []
    assert not Post.objects.filter(body__contains="(post:").exists()
