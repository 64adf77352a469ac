"""The desk in a real browser: an editor logs in, reads, searches, changes a priority; nothing is refused or fails."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Page, expect

from products.catalog.models import Product
from scripts.take_screenshots import find_chromium, open_desk
from tests.products.catalog.rows import make_observation, make_product, make_scan
from tests.support.services import require

pytestmark = [pytest.mark.browser, pytest.mark.once, pytest.mark.django_db(transaction=True)]
PASSWORD = "secret-of-a-browser-test"


@pytest.fixture(autouse=True)
def chromium() -> None:
    """These tests are worth nothing without the real browser."""
    require("Chromium", find_chromium() is not None, "install the system's package `chromium`")


@pytest.fixture
def editor(db: None) -> User:
    """Somebody who may do everything. Made before the browser starts: its loop and the database do not share a thread."""
    return User.objects.create_superuser("editor", password=PASSWORD)


@contextmanager
def sit_at_desk(address: str, width: int = 1440) -> Iterator[Page]:
    """The desk's first page; at the end, nothing must have complained."""
    with open_desk(address, user="editor", password=PASSWORD, width=width) as (page, watcher):
        yield page
        page.wait_for_load_state("networkidle")
        assert watcher.complaints == []


def test_editor_sees_the_first_page_in_korean(live_server: object, editor: User) -> None:
    make_scan(hours_ago=30)
    make_product(1)
    with sit_at_desk(str(live_server)) as page:
        expect(page).to_have_title("오늘 | 장부")
        expect(page.locator("html")).to_have_attribute("lang", "ko")
        stale = page.locator(".panel", has_text="가격 확인이 오래된 상품")
        expect(stale.locator("strong")).to_have_text("1")
        stale.locator("a").click()
        expect(page.locator("#result_list")).to_contain_text("무선 이어폰 1호")


def test_korean_letters_have_a_font(live_server: object, editor: User) -> None:
    with sit_at_desk(str(live_server)) as page:
        widths = page.evaluate(
            """() => {
                const draw = (text) => {
                    const pen = document.createElement("canvas").getContext("2d");
                    pen.font = "32px " + getComputedStyle(document.body).fontFamily;
                    pen.fillText(text, 0, 32);
                    return pen.getImageData(0, 0, 40, 40).data.join();
                };
                return [draw("장"), draw("부"), draw("\\uFFFE")];
            }"""
        )
    assert len(set(widths)) == 3, "Korean letters are drawn as the same missing-glyph box"


def test_editor_changes_a_priority_in_the_list(live_server: object, editor: User) -> None:
    for number in range(3):
        make_product(number)
    with sit_at_desk(str(live_server)) as page:
        page.click("#nav-sidebar >> text=상품 >> nth=1")
        page.get_by_label("무선 이어폰 2호 우선순위").fill("25")
        page.click("input[name=_save]")
        expect(page.locator(".messagelist")).to_contain_text("상품 1개의 변경을 저장했습니다.")
        expect(page.locator("#result_list tbody tr").first).to_contain_text("무선 이어폰 2호")
    assert Product.objects.get(sku="HB-00002").priority == 25


def test_two_editors_meet_and_both_values_are_said(live_server: object, editor: User) -> None:
    make_product(1)
    with sit_at_desk(str(live_server)) as mine:
        mine.goto(f"{live_server}/admin/catalog/product/")
        theirs = mine.context.new_page()
        theirs.goto(f"{live_server}/admin/catalog/product/")
        theirs.get_by_label("무선 이어폰 1호 우선순위").fill("7")
        theirs.click("input[name=_save]")
        mine.get_by_label("무선 이어폰 1호 우선순위").fill("9")
        mine.click("input[name=_save]")
        expect(mine.locator(".messagelist .error")).to_contain_text("7(으)로 바꿨습니다")
        expect(mine.locator(".messagelist .error")).to_contain_text("입력한 값 9")
    assert Product.objects.get().priority == 7


def test_search_and_product_page(live_server: object, editor: User) -> None:
    product = make_product(1, name="캠핑 의자")
    make_product(2)
    make_observation(product, 1, 59_000, days_ago=9)
    make_observation(product, 2, 49_000, days_ago=1)
    with sit_at_desk(str(live_server)) as page:
        page.goto(f"{live_server}/admin/catalog/product/")
        page.fill("#searchbar", "의자")
        page.press("#searchbar", "Enter")
        expect(page.locator("#result_list tbody tr")).to_have_count(1)
        page.click("#result_list tbody th a")
        expect(page.locator("h1").nth(0)).to_have_text("캠핑 의자")
        expect(page.locator("svg.chart polyline")).to_have_count(2)


@pytest.mark.parametrize("width", [768, 1440])
def test_no_page_scrolls_sideways(live_server: object, editor: User, width: int) -> None:
    make_product(1, name="아주 긴 이름을 가진 초경량 접이식 대용량 프리미엄 캠핑 의자 세트 " * 3)
    addresses = ["/admin/", "/admin/catalog/product/", "/admin/perfhooks/perfrun/"]
    with sit_at_desk(str(live_server), width=width) as page:
        for address in addresses:
            page.goto(f"{live_server}{address}")
            excess = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
            assert excess <= 0, f"{address} is {excess} pixels too wide at {width}"


def test_keyboard_reaches_the_content_first(live_server: object, editor: User) -> None:
    with sit_at_desk(str(live_server)) as page:
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.getAttribute('href')") == "#content-start"


def test_policy_really_refuses_inline_script(live_server: object, editor: User) -> None:
    with open_desk(str(live_server), user="editor", password=PASSWORD) as (page, watcher):
        page.evaluate("document.body.setAttribute('onclick', 'window.ran = 1'); document.body.click()")
        assert page.evaluate("window.ran") is None
        assert any("Content Security Policy" in complaint for complaint in watcher.complaints)
