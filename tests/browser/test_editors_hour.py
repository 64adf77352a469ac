"""An editor's hour in a real browser: find, keep the view, change many, import a sheet with bad rows, undo, read on."""

import pytest
from playwright.sync_api import Page, expect

from products.catalog.models import Product
from scripts.take_screenshots import find_chromium, open_desk
from tests.operations.roles.people import PASSWORD, make_person
from tests.products.catalog.rows import make_observation, make_product, make_scan
from tests.support.services import require

pytestmark = [pytest.mark.browser, pytest.mark.once, pytest.mark.django_db(transaction=True)]
LIST = "/admin/catalog/product/"
SHEET = """SKU,우선순위,보류,이유
HB-00011,80,,기획전 앞줄
HB-00012,,예,입고 전
HB-00013,70,,
HB-99999,10,,
HB-00014,많이,,
HB-00015,5,글쎄,
"""


@pytest.fixture(autouse=True)
def chromium() -> None:
    """These tests are worth nothing without the real browser."""
    require("Chromium", find_chromium() is not None, "install the system's package `chromium`")


@pytest.fixture(autouse=True)
def shop() -> None:
    """Sixty products, eight of them sold out, and an editor. Made before the browser starts."""
    make_person("editor", "editor")
    make_scan()
    for number in range(1, 61):
        stock = 0 if number > 52 else 20
        make_product(number, stock=stock, image_url="https://example.com/a.jpg", price=60_000 + number * 10)
    make_observation(Product.objects.get(sku="HB-00011"), 1, 62_000, days_ago=8)
    make_observation(Product.objects.get(sku="HB-00011"), 2, 60_110, days_ago=1)


def find_what_sells(page: Page) -> None:
    """Search a word and filter."""
    page.goto(f"{page.url.split('/admin/')[0]}{LIST}")
    page.fill("#searchbar", "이어폰")
    page.press("#searchbar", "Enter")
    page.locator("#changelist-filter details", has_text="재고").get_by_role("link", name="있음").click()
    expect(page.locator("#result_list tbody tr")).to_have_count(50)


def keep_the_view(page: Page) -> None:
    """Save it under a name."""
    page.get_by_text("지금 조건 저장").click()
    page.get_by_label("이름").fill("팔리는 이어폰")
    page.locator(".views-save button").click()
    expect(page.locator(".messagelist")).to_contain_text("보기 '팔리는 이어폰'을(를) 저장했습니다.")
    page.goto(page.url.split("?")[0])
    page.get_by_role("link", name="팔리는 이어폰").click()
    expect(page.locator("#result_list tbody tr")).to_have_count(50)
    expect(page.locator(".views li.selected")).to_contain_text("팔리는 이어폰")


def choose_fifty(page: Page) -> None:
    """The whole page, and an action that asks for a number."""
    page.locator("#action-toggle").check()
    page.locator("select[name=action]").select_option(label="우선순위 정하기")
    page.locator("button[name=index]").click()
    expect(page.locator("#content")).to_contain_text("고른 상품 50개")


def draft_fifty(page: Page) -> None:
    """Say the number."""
    page.fill("#id_amount", "50")
    page.get_by_role("button", name="다음").click()
    expect(page.locator(".panels")).to_contain_text("바뀔 상품")


def confirm_fifty(page: Page) -> None:
    """Say why, and yes."""
    page.fill("#id_reason", "겨울 기획전")
    page.get_by_role("button", name="상품 50개 바꾸기").click()
    expect(page.locator(".messagelist")).to_contain_text("상품 50개를 바꿨습니다.")


def upload_sheet(page: Page) -> None:
    """A sheet with three bad rows."""
    page.goto(f"{page.url.split('/admin/')[0]}{LIST}")
    page.get_by_role("link", name="파일 가져오기").click()
    page.set_input_files("#id_file", {"name": "기획전.csv", "mimeType": "text/csv", "buffer": SHEET.encode("cp949")})
    page.fill("#id_reason", "기획전 준비")
    page.get_by_role("button", name="미리 보기").click()
    errors = page.locator("#errors ~ div table").first
    expect(errors.locator("tbody tr")).to_have_count(3)
    expect(errors).to_contain_text("'HB-99999' 상품이 없습니다")
    expect(errors).to_contain_text("'많이'은(는) 쓸 수 없습니다")


def confirm_sheet(page: Page) -> None:
    """Say yes to the good rows."""
    page.get_by_role("button", name="상품 3개 바꾸기").click()
    expect(page.locator(".messagelist")).to_contain_text("상품 3개를 바꿨습니다.")


def undo_sheet(page: Page) -> None:
    """Take them back."""
    page.get_by_role("button", name="되돌리기").click()
    expect(page.locator(".messagelist")).to_contain_text("상품 3개를 되돌렸습니다.")


def read_history(page: Page) -> None:
    """A product remembers all of it."""
    page.get_by_role("link", name="무선 이어폰 11호").click()
    rows = page.locator("#changes ~ div table tbody tr")
    expect(rows).to_have_count(5)
    for at, said in enumerate(
        ["되돌림: 우선순위 80 → 50", "우선순위 50 → 80", "우선순위 0 → 50", "판매가 62,000원 → 60,110원", "첫 가격"]
    ):
        expect(rows.nth(at)).to_contain_text(said)
    expect(rows.nth(1)).to_contain_text("기획전 앞줄")
    expect(rows.nth(2)).to_contain_text("겨울 기획전")
    expect(page.locator("svg.chart polyline")).to_have_count(2)


HOUR = [
    find_what_sells,
    keep_the_view,
    choose_fifty,
    draft_fifty,
    confirm_fifty,
    upload_sheet,
    confirm_sheet,
    undo_sheet,
    read_history,
]


@pytest.mark.parametrize("width", [1024, 1440])
def test_an_editors_hour(live_server: object, width: int) -> None:
    with open_desk(str(live_server), user="editor", password=PASSWORD, width=width) as (page, watcher):
        for work in HOUR:
            work(page)
            excess = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
            assert excess <= 0, f"{work.__name__}: {page.url} is {excess} pixels too wide at {width}"
        page.wait_for_load_state("networkidle")
        assert watcher.complaints == []
    changed = Product.objects.filter(priority=50, hold=False).order_by("sku")
    assert [product.sku for product in changed] == [f"HB-{number:05d}" for number in range(3, 53)]


def test_all_pages_are_chosen_and_only_the_filtered_rows_change(live_server: object) -> None:
    with open_desk(str(live_server), user="editor", password=PASSWORD) as (page, watcher):
        page.goto(f"{live_server}{LIST}?stock=in")
        page.locator("#action-toggle").check()
        page.locator(".actions .question a").click()
        page.locator("select[name=action]").select_option(label="보류")
        page.locator("button[name=index]").click()
        page.get_by_role("button", name="상품 52개 바꾸기").click()
        expect(page.locator(".messagelist")).to_contain_text("상품 52개를 바꿨습니다.")
        assert watcher.complaints == []
    assert Product.objects.filter(hold=True).count() == 52
    assert not Product.objects.filter(hold=True, stock=0).exists()
