"""An editor mends a typed-in price in the browser: sees where it stands, clicks once, and the placeholder is there."""

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import expect

from content.posts.models import Post
from tests.browser.test_desk import editor, sit_at_desk
from tests.content.factories import make_post, make_shop

pytestmark = [pytest.mark.browser, pytest.mark.once, pytest.mark.django_db(transaction=True)]
__all__ = ["editor"]


def test_one_click_puts_the_placeholder_in_the_place_of_a_price(live_server: object, editor: User) -> None:
    make_shop({"number": 1})
    post = make_post("{{ product:JB-1 }}\n\n지금 **29,900**원, 무료배송", title="가격을 쓴 글")
    with sit_at_desk(str(live_server)) as page:
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
    post.refresh_from_db()
    assert "29,900" not in Post.objects.get().body
