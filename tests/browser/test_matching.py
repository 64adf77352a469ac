"""An editor changes how posts are matched, in a real browser: write a rule, see what it changes, save, look at how it stands."""

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import expect

from content.matching.defaults import DEFAULT_RULESET
from content.matching.models import MatchHistory
from content.matching.rulesets import save_ruleset
from content.matching.selectors import get_active_ruleset
from content.matching.services import forget_index, match_post
from scripts.take_screenshots import find_chromium, open_desk
from tests.content.factories import make_post, make_shop
from tests.support.axe import check_page
from tests.support.services import require

pytestmark = [pytest.mark.browser, pytest.mark.once, pytest.mark.django_db(transaction=True)]
PASSWORD = "secret-of-a-browser-test"


@pytest.fixture(autouse=True)
def desk() -> None:
    """An editor, two products, a post. Made before the browser starts."""
    require("Chromium", find_chromium() is not None, "install the system's package `chromium`")
    forget_index()
    User.objects.create_superuser("editor", password=PASSWORD)
    make_shop(
        {"number": 1, "name": "무선 청소기", "price": 90_000, "discounted_price": 90_000},
        {"number": 2, "name": "무선 청소기 큰 것", "price": 300_000, "discounted_price": 300_000},
    )
    if get_active_ruleset() is DEFAULT_RULESET:
        save_ruleset(draft=DEFAULT_RULESET, based_on=DEFAULT_RULESET.version, actor="editor")
    match_post(post_id=make_post("본문", title="무선 청소기 <img src=x onerror=alert(1)>").pk)


@pytest.mark.parametrize("width", [768, 1440])
def test_a_rule_is_tried_and_saved(live_server: object, width: int) -> None:
    before = get_active_ruleset().version
    with open_desk(str(live_server), user="editor", password=PASSWORD, width=width) as (page, watcher):
        page.goto(f"{live_server}/admin/matching/ruleset/")
        page.locator("#result_list").get_by_text("이 판을 바탕으로 새 판").first.click()
        page.get_by_label("바꾼 이유").fill("큰 것을 먼저")
        page.get_by_label("규칙 1 코드", exact=True).fill("large")
        page.get_by_label("규칙 1 이름").fill("큰 것")
        page.get_by_label("규칙 1 가격 하한(원)").fill("200000")
        page.get_by_label("규칙 1 가중치").fill("5")
        page.click("input[name=preview]")
        expect(page.locator("#preview h2")).to_have_text("가장 새로운 글 1편 가운데 1편의 결정이 바뀝니다")
        expect(page.locator("#preview")).to_contain_text("JB-1 → JB-2")
        check_page(page, watcher)
        page.click("input[name=save]")
        expect(page.locator(".messagelist")).to_contain_text(f"{before + 1}판을 저장해 적용했습니다")
        page.goto(f"{live_server}/admin/matching/matchdecision/")
        page.get_by_role("link", name="매칭 현황").click()
        expect(page.locator("svg.chart polyline")).to_have_count(1)
        assert watcher.complaints == []
    assert get_active_ruleset().rules[0].code == "large"
    assert MatchHistory.objects.count() == 1
