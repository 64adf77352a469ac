"""An editor's morning in a real browser: find a post, mend it, look at it, publish it, read it as a reader, take it back."""

import re
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from content.posts.models import Post, StatusChange
from content.posts.publishing import publish_due
from scripts.take_screenshots import find_chromium, open_desk
from tests.content.factories import make_post, make_shop, process
from tests.operations.roles.people import PASSWORD, make_person
from tests.support.services import require

pytestmark = [pytest.mark.browser, pytest.mark.once, pytest.mark.django_db(transaction=True)]
LIST = "/admin/posts/post/"


@pytest.fixture(autouse=True)
def chromium() -> None:
    """These tests are worth nothing without the real browser."""
    require("Chromium", find_chromium() is not None, "install the system's package `chromium`")


@pytest.fixture(autouse=True)
def shop(settings: object, tmp_path: object) -> None:
    """A product, a sound post, one that names a SKU that is not there, and two people. Made before the browser starts."""
    settings.PACKAGE_DIR = tmp_path / "packages"  # type: ignore[attr-defined, operator]
    settings.MEDIA_ROOT = tmp_path / "media"  # type: ignore[attr-defined, operator]
    make_person("publisher", "publisher")
    make_person("colleague", "editor", last_name="이", first_name="바다")
    make_shop({"number": 1, "discounted_price": 89_000})
    process(
        make_post(
            "## 고르는 법\n\n흡입력과 무게를 봅니다.\n\n{{ price:JB-1 }}", slug="sound", title="무선 청소기 고르기"
        )
    )
    process(make_post("이 제품은 {{ price:JB-404 }}입니다.\n\n가볍고 조용합니다.", slug="broken", title="고장 난 글"))


def open_list(page: Page, base: str, query: str = "") -> None:
    """The list of posts."""
    page.goto(f"{base}{LIST}{query}")


def find_what_needs_mending(page: Page, base: str) -> None:
    """From the first page to the list, open the post, read why it is blocked, and see that it cannot be published."""
    page.locator(".panel", has_text="점검할 글").get_by_role("link").click()
    expect(page.locator("#result_list tbody tr")).to_have_count(1)
    open_list(page, base)
    page.locator("#changelist-filter details", has_text="점검 사항").get_by_role("link", name="있음").click()
    expect(page.locator("#result_list tbody tr")).to_have_count(1)
    page.get_by_role("link", name="고장 난 글").click()
    expect(page.locator("table", has_text="점검 사항 1건")).to_contain_text("JB-404")
    page.locator("#next-steps").get_by_role("button", name="게시", exact=True).click()
    expect(page.locator(".messagelist")).to_contain_text("막는 점검 사항 1건")


def mend_and_look(page: Page, base: str) -> None:
    """Correct it, say why, and look at the preview in both widths."""
    open_list(page, base, "?findings__isnull=False")
    page.get_by_role("link", name="고장 난 글").click()
    page.fill("#id_body", "이 제품은 {{ price:JB-1 }}입니다.\n\n무겁지만 조용합니다.")
    page.fill("#id_title", "조용한 청소기")
    page.fill("#id_reason", "없는 SKU를 바로잡음")
    page.locator("input[name=_continue]").click()
    expect(page.locator(".messagelist")).to_contain_text("조용한 청소기")
    page.get_by_role("link", name="미리보기").click()
    for width in ("모바일", "데스크톱"):
        page.get_by_role("link", name=width).click()
        expect(page.frame_locator("iframe").locator("body")).to_contain_text("89,000원")
    page.go_back()
    page.go_back()
    page.go_back()


def compare_revisions(page: Page) -> None:
    """See what was changed, word by word."""
    page.get_by_role("link", name=re.compile("^판")).click()
    expect(page.locator("#content tbody tr")).to_have_count(2)
    page.get_by_role("link", name="앞 판과").first.click()
    expect(page.locator(".diff ins").first).to_contain_text("1")
    expect(page.locator(".diff-fact", has_text="제목")).to_contain_text("조용한 청소기")
    page.go_back()
    page.go_back()


def schedule(page: Page, base: str) -> None:
    """Publish it tomorrow at nine."""
    open_list(page, base, "?q=broken")
    page.get_by_role("link", name="조용한 청소기").click()
    page.select_option("#id_status", "scheduled")
    page.fill("#id_publish_at", f"{timezone.localtime() + timedelta(days=1):%Y-%m-%d}T09:00")
    page.locator("input[name=_save]").click()
    expect(page.locator("#result_list")).to_contain_text("게시 예약")


def publish_many(page: Page, base: str) -> None:
    """Choose all that is ready and publish it, after the page that says how many."""
    open_list(page, base, "?status__exact=ready")
    page.locator("#action-toggle").check()
    page.locator("select[name=action]").select_option(label="게시")
    page.locator("button[name=index]").click()
    expect(page.locator("#content")).to_contain_text("옮길 글")
    page.fill("#id_reason", "아침 게시")
    page.get_by_role("button", name="글 1개 옮기기").click()
    expect(page.locator(".messagelist")).to_contain_text("글 1개를 게시됨(으)로 옮겼습니다.")


def read_as_a_reader(page: Page, base: str, slug: str, words: str, width: int) -> None:
    """The public page on a phone or a desk: the words, no script, nothing that scrolls sideways."""
    page.set_viewport_size({"width": width, "height": 800})
    page.goto(f"{base}/posts/{slug}/")
    expect(page.locator("article h1")).to_have_text(words)
    expect(page.locator("article")).to_contain_text("89,000원")
    excess = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert excess <= 0, f"{excess} pixels too wide at {width}"
    page.set_viewport_size({"width": 1440, "height": 900})


def archive(page: Page, base: str) -> None:
    """Take it from the readers for good, by its own button."""
    open_list(page, base, "?q=sound")
    page.get_by_role("link", name="무선 청소기 고르기").click()
    page.locator("#next-steps").get_by_role("button", name="보관").click()
    expect(page.locator("#result_list")).to_contain_text("보관됨")


def test_an_editors_morning(live_server: object) -> None:
    base = str(live_server)
    with open_desk(base, user="publisher", password=PASSWORD) as (page, watcher):
        find_what_needs_mending(page, base)
        mend_and_look(page, base)
        compare_revisions(page)
        schedule(page, base)
        publish_many(page, base)
        for width in (360, 1440):
            read_as_a_reader(page, base, "sound", "무선 청소기 고르기", width)
        page.wait_for_load_state("networkidle")
        assert watcher.complaints == []
        assert page.goto(f"{base}/posts/broken/").status == 404  # type: ignore[union-attr]
        archive(page, base)
        assert page.goto(f"{base}/posts/sound/").status == 410  # type: ignore[union-attr]
    assert publish_due(now=timezone.now() + timedelta(days=2)).published == 1
    states = dict(Post.objects.values_list("slug", "status"))
    assert states == {"sound": "archived", "broken": "published"}
    assert set(StatusChange.objects.filter(batch__gt="").values_list("reason", flat=True)) == {"아침 게시"}


def test_nothing_that_a_post_holds_runs_on_its_public_page(live_server: object) -> None:
    attack = "<script>window.ran = 1</script><img src=x onerror='window.ran = 1'>\"'></script>"
    body = f"{attack}\n\n[링크](javascript:window.ran=1)\n\n<svg onload='window.ran = 1'>\n\n\u202eمرحبا 👩‍👩‍👧"
    make_post(body, slug="hostile", title=f"제목 {attack}", status="published")
    base = str(live_server)
    with open_desk(base, user="publisher", password=PASSWORD) as (page, watcher):
        page.goto(f"{base}/posts/hostile/", wait_until="networkidle")
        expect(page.locator("article h1")).to_contain_text("<script>")
        for link in page.locator("article a").all():
            assert not str(link.get_attribute("href")).startswith("javascript:")
        assert page.evaluate("window.ran") is None
        data = page.evaluate("JSON.parse(document.querySelector('script[type=\"application/ld+json\"]').textContent)")
        assert data["headline"].startswith("제목 <script>")
        assert watcher.complaints == []


def test_two_editors_meet_at_a_post_and_one_takes_over(live_server: object) -> None:
    base, post = str(live_server), Post.objects.get(slug="sound")
    with open_desk(base, user="publisher", password=PASSWORD) as (mine, watcher):
        mine.goto(f"{base}{LIST}{post.pk}/change/")
        other = mine.context.browser.new_context(locale="ko-KR")  # type: ignore[union-attr]
        theirs = other.new_page()
        theirs.goto(f"{base}/admin/login/?next={LIST}{post.pk}/change/")
        theirs.fill("input[name=username]", "colleague")
        theirs.fill("input[name=password]", PASSWORD)
        theirs.click("input[type=submit]")
        expect(theirs.locator("#edit-lock")).to_contain_text("김하늘 님이")
        theirs.get_by_role("button", name="넘겨받기").click()
        expect(theirs.locator(".messagelist")).to_contain_text("편집을 넘겨받았습니다")
        mine.fill("#id_title", "나의 제목")
        mine.locator("input[name=_save]").click()
        expect(mine.locator("#edit-lock")).to_contain_text("이바다 님이")
        expect(mine.locator("#id_title")).to_have_value("나의 제목")
        mine.get_by_role("button", name="넘겨받고 저장").click()
        expect(mine.locator(".messagelist")).to_contain_text("나의 제목")
        assert watcher.complaints == []
    assert Post.objects.get(slug="sound").title == "나의 제목"
