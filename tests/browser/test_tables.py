"""A comparison table planned in a real browser: previewed in its closed frame, saved, and compared with its last version."""

import pytest
from playwright.sync_api import expect

from content.comparison.models import ComparisonTable
from content.comparison.services import renew_tables
from products.catalog.models import Store
from scripts.take_screenshots import find_chromium, open_desk
from tests.content.factories import change_products, make_shop
from tests.operations.roles.people import PASSWORD, make_person
from tests.support.services import require

pytestmark = [pytest.mark.browser, pytest.mark.once, pytest.mark.django_db(transaction=True)]
ADD = "/admin/comparison/comparisontable/add/"


@pytest.fixture(autouse=True)
def chromium() -> None:
    """These tests are worth nothing without the real browser."""
    require("Chromium", find_chromium() is not None, "install the system's package `chromium`")


@pytest.fixture(autouse=True)
def shop() -> None:
    """Two products, one of them hostile, and an editor. Made before the browser starts."""
    make_person("editor", "editor")
    make_shop({"number": 1}, {"number": 2, "name": "<script>top.hacked = 1</script>", "discounted_price": 50_000})


def test_a_table_is_previewed_saved_and_compared(live_server: object) -> None:
    with open_desk(str(live_server), user="editor", password=PASSWORD) as (page, watcher):
        page.goto(f"{live_server}{ADD}")
        page.fill("#id_name", "cleaners")
        page.fill("#id_skus", "JB-1\nJB-2")
        page.fill("#id_columns", "상품, 가격, 할인")
        preview = page.get_by_role("button", name="저장하지 않고 미리보기")
        preview.click()
        frame = page.frame_locator("iframe[name=table-preview]")
        expect(frame.locator("tbody tr")).to_have_count(2)
        expect(frame.locator("tbody")).to_contain_text("50,000원 (가장 낮은 가격)")
        page.fill("#id_columns", "상품, 가겨")
        preview.click()
        expect(frame.locator("body")).to_contain_text("'가겨': 없는 열입니다.")
        page.fill("#id_columns", "상품, 가격")
        page.locator("input[name=_save]").click()
        expect(page.locator("#result_list tbody tr")).to_have_count(1)
        assert page.evaluate("window.hacked") is None
        assert watcher.complaints == []
    change_products(Store.objects.get(), {"number": 1, "discounted_price": 40_000})
    assert renew_tables().renewed == 1
    table = ComparisonTable.objects.get()
    with open_desk(str(live_server), user="editor", password=PASSWORD) as (page, watcher):
        page.goto(f"{live_server}/admin/comparison/comparisontable/{table.pk}/change/")
        page.get_by_role("link", name="판 견주기").click()
        row = page.locator(".grid-table tbody tr").first
        expect(row).to_contain_text("99,000원")
        expect(row).to_contain_text("40,000원")
        assert watcher.complaints == []
