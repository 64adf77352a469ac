"""An editor's morning with prices: the stale list and why, one click for a typed-in price, both templates, publishing."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.utils import timezone
from playwright.sync_api import Page, expect
from pytest_django import Settings

from content.posts.models import Post
from products.catalog.models import CatalogueScan
from tests.browser.test_desk import editor, sit_at_desk
from tests.content.factories import make_post, make_shop, process

pytestmark = [pytest.mark.browser, pytest.mark.once, pytest.mark.django_db(transaction=True)]
__all__ = ["editor"]


def see_why_it_is_stale(page: Page, base: str) -> None:
    """From the first page to the posts whose prices nobody has checked for a day, with the product and the hours."""
    panel = page.locator(".panel", has_text="가격이 오래된 글")
    expect(panel.locator("strong")).to_have_text("1")
    panel.locator("a").click()
    row = page.locator("#result_list tbody tr")
    expect(row).to_contain_text("오래됨")
    expect(row).to_contain_text("무선 청소기 1")
    page.goto(f"{base}/admin/")


def fix_by_one_click(page: Page) -> None:
    """The placeholder stands in the place of a typed-in price."""
    panel = page.locator(".panel", has_text="가격을 직접 쓴 글")
    expect(panel.locator("strong")).to_have_text("1")
    panel.locator("a").click()
    page.get_by_role("link", name="가격을 쓴 글").first.click()
    expect(page.locator("#literals")).to_have_text("고정 가격 문구 2건")
    row = page.locator("tr", has_text="29,900**원")
    expect(row).to_contain_text("3번째 줄")
    expect(row).to_contain_text("{{ price:JB-1 }}")
    row.get_by_role("button").click()
    expect(page.locator(".messagelist")).to_contain_text("고쳤습니다")
    expect(page.locator("#literals")).to_have_text("고정 가격 문구 1건")
    expect(page.locator("#id_body")).to_have_value("{{ product:JB-1 }}\n\n지금 **{{ price:JB-1 }}**, 무료배송")


def look_at_both_templates(page: Page) -> None:
    """The page as it would be by either."""
    address = page.url
    page.get_by_role("link", name="미리보기").click()
    for template in ("구매 안내", "비교"):
        page.get_by_label("템플릿").select_option(label=template)
        page.get_by_role("button", name="보기").click()
        for width in ("모바일", "데스크톱"):
            page.get_by_role("link", name=width).click()
            expect(page.frame_locator("iframe").locator("body")).to_contain_text("지금 99,000원")
    page.goto(address)


def test_from_the_stale_list_to_a_published_post(
    live_server: object, editor: User, settings: Settings, tmp_path: object
) -> None:
    settings.PACKAGE_DIR = tmp_path
    make_shop({"number": 1})
    CatalogueScan.objects.update(scanned_at=timezone.now() - timedelta(hours=30))
    process(make_post("{{ product:JB-1 }}\n\n지금 **29,900**원, 무료배송", title="가격을 쓴 글"))
    with sit_at_desk(str(live_server)) as page:
        see_why_it_is_stale(page, str(live_server))
        fix_by_one_click(page)
        look_at_both_templates(page)
        page.locator("#next-steps").get_by_role("button", name="게시", exact=True).click()
        expect(page.locator("#result_list")).to_contain_text("게시됨")
        page.goto(f"{live_server}/posts/cleaner-guide/")
        expect(page.locator("article")).to_contain_text("지금 99,000원, 무료배송")
    post = Post.objects.get()
    assert (post.status, "29,900" in post.body) == ("published", False)
