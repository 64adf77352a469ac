"""Previews in a real browser: every template by every variant, hostile words and all; nothing runs, everybody can read it."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import product

import pytest
from playwright.sync_api import Page, expect

from content.comparison.services import build_table
from content.cro.environment import TEMPLATE_VERSIONS
from content.cro.variants import BUILT_IN
from content.matching.models import MatchDecision
from content.matching.services import forget_index, match_post
from content.posts.models import Post
from content.posts.preview import TARGETS, Preview
from scripts.take_screenshots import find_chromium, open_desk
from tests.content.factories import draw_picture, make_post, make_shop, new_images
from tests.operations.roles.people import PASSWORD, make_person
from tests.support.axe import list_grave_findings
from tests.support.services import require

pytestmark = [pytest.mark.browser, pytest.mark.once, pytest.mark.django_db(transaction=True)]

ATTACKS = (
    "<script>document.title='ran'</script>",
    "<img src=x onerror=\"document.title='ran'\">",
    "<svg onload=\"document.title='ran'\"><animate onbegin=\"document.title='ran'\" attributeName=x dur=1s></svg>",
    "<a href=\"javascript:document.title='ran'\">누르세요</a>",
    "<iframe srcdoc=\"<script>parent.document.title='ran'</script>\"></iframe>",
    "<style>@import 'https://evil.example/a.css'</style>",
    '"><body onload="document.title=\'ran\'">',
)
BODY = "\n\n".join(
    (
        "# 시작 \u202eKRW 000,1",
        *ATTACKS,
        "[링크](javascript:document.title='ran') [자료](data:text/html,<script>1</script>) <javascript:alert(1)>",
        "![a\" onerror=\"document.title='ran'](image:1) {{ price:JB-1 }}",
        "{{ product:JB-2 }}",
        "{{ table }}",
        "{{ ad:side }}",
        "## 끝 🧹 שלום مرحبا",
        "문단입니다.",
    )
)


@pytest.fixture(autouse=True)
def chromium() -> None:
    """These tests are worth nothing without the real browser."""
    require("Chromium", find_chromium() is not None, "install the system's package `chromium`")


@pytest.fixture
def post() -> Post:
    """A post whose every part was written by an enemy. Made before the browser starts."""
    make_person("editor", "editor")
    name = f"무선 청소기 {ATTACKS[0]}{ATTACKS[1]}"
    benefits = {"gift": ATTACKS[2], "delivery_fee": 0}
    attributes = {ATTACKS[0]: ATTACKS[1], "색": ATTACKS[3]}
    make_shop(
        {"number": 1, "name": name, "brand": ATTACKS[6], "benefits": benefits, "attributes": attributes},
        {"number": 2, "name": "무선 청소기 둘", "attributes": attributes, "discounted_price": 50_000},
        {"number": 3, "name": "무선 청소기 셋", "stock": 0, "status": "OUTOFSTOCK"},
    )
    post = make_post(BODY, title=f"무선 청소기 추천 {ATTACKS[0]}", images=new_images(draw_picture()))
    forget_index()  # that of another test's catalogue
    match_post(post_id=post.pk)
    build_table(post_id=post.pk)
    assert MatchDecision.objects.get().product is not None
    return post


@contextmanager
def sit_at_desk(address: str) -> Iterator[Page]:
    """The desk's first page; at the end, nothing must have complained."""
    with open_desk(address, user="editor", password=PASSWORD) as (page, watcher):
        page.on("dialog", lambda dialog: watcher.complaints.append(f"dialog: {dialog.message}"))
        yield page
        page.wait_for_load_state("networkidle")
        assert watcher.complaints == []


def list_looks() -> list[str]:
    keys = [variant.key for variant in BUILT_IN]
    return [
        f"template={template}&variant={variant}&target={target}"
        for template, variant, target in product(TEMPLATE_VERSIONS, keys, TARGETS)
    ]


def test_nothing_runs_in_any_preview(live_server: object, post: Post) -> None:
    """A sandboxed frame that holds a script, a handler or a foreign address makes the browser complain."""
    with sit_at_desk(str(live_server)) as page:
        for look in list_looks():
            with page.expect_response("**/preview/frame/**") as frame:
                page.goto(f"{live_server}/admin/posts/post/{post.pk}/preview/?{look}")
            assert frame.value.ok, look
            assert page.title() == f"미리보기: {post.title} | 장부"


@contextmanager
def open_frames(address: str) -> Iterator[Page]:
    """A page in which the frames' documents are opened without their policy and sandbox, for scripts of the test's own."""
    with open_desk(address, user="editor", password=PASSWORD) as (desk, _watcher):
        cookies = desk.context.cookies()
        browser = desk.context.browser
        assert browser is not None
        context = browser.new_context(bypass_csp=True)
        context.add_cookies(cookies)  # type: ignore[arg-type]
        yield context.new_page()


def test_the_page_itself_is_harmless_even_without_policy_and_sandbox(live_server: object, post: Post) -> None:
    with open_frames(str(live_server)) as page:
        said: list[str] = []
        page.on("dialog", lambda dialog: said.append(dialog.message))
        for look in list_looks():
            page.goto(f"{live_server}/admin/posts/post/{post.pk}/preview/frame/?{look}")
            page.evaluate("document.querySelectorAll('img').forEach(image => image.dispatchEvent(new Event('error')))")
            assert page.title() == post.title, look
            assert page.locator("script, svg, iframe, style, form, [onerror], [onload], [onclick]").count() == 0, look
            addresses = page.locator("a").evaluate_all("links => links.map(link => link.protocol)")
            assert set(addresses) <= {"https:"}, look
        assert said == []


def test_the_fence_holds_even_if_the_cleaning_failed(
    live_server: object, post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    html = "".join(ATTACKS) + "<form action='/admin/logout/' method='post'><button>보내기</button></form>"
    monkeypatch.setattr("content.posts.previewing.make_preview", lambda *_args: Preview("그대로", html))
    with open_desk(str(live_server), user="editor", password=PASSWORD) as (page, watcher):
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        for address in ("preview/", "preview/frame/"):
            page.goto(f"{live_server}/admin/posts/post/{post.pk}/{address}", wait_until="networkidle")
        foreign = [address for address in asked if not address.startswith((str(live_server), "data:"))]
        assert foreign == []
        complaints = " ".join(watcher.complaints)
        assert "Blocked script execution" in complaints
        assert "Content Security Policy" in complaints
        page.goto(f"{live_server}/admin/")
        assert page.title() == "오늘 | 장부", "the form inside was not sent and nobody is logged out"


NARROW, WIDE = 390, 1_280


@pytest.mark.slow
@pytest.mark.parametrize("width", [NARROW, WIDE])
def test_every_preview_can_be_read_by_everybody(live_server: object, post: Post, width: int) -> None:
    with open_frames(str(live_server)) as page:
        page.set_viewport_size({"width": width, "height": 900})
        for look in list_looks():
            page.goto(f"{live_server}/admin/posts/post/{post.pk}/preview/frame/?{look}")
            if width == NARROW:  # the same elements at both widths
                assert list_grave_findings(page) == [], look
            excess = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
            assert excess <= 0, f"{look} is {excess} pixels too wide at {width}"


def test_the_choice_can_be_used_by_everybody(live_server: object, post: Post) -> None:
    with sit_at_desk(str(live_server)) as page:
        page.goto(f"{live_server}/admin/posts/post/{post.pk}/preview/")
        assert list_grave_findings(page) == []


def test_an_editor_chooses_post_template_variant_and_width(live_server: object, post: Post) -> None:
    other = make_post("다른 글의 본문", slug="other-post", title="다른 글")
    with sit_at_desk(str(live_server)) as page:
        page.goto(f"{live_server}/admin/posts/post/{post.pk}/preview/")
        page.get_by_label("템플릿").select_option(label="추천 목록")
        page.get_by_label("변형").select_option(label="링크 먼저")
        page.get_by_label("쓰임").select_option(label="공개 페이지")
        page.get_by_role("button", name="보기").click()
        expect(page).to_have_url(re.compile("variant=early-link"))
        shown = page.request.get(f"{live_server}{page.locator('iframe').get_attribute('src')}").text()
        assert "<h3>1. " in shown
        assert shown.count('<p class="cta">') == 2
        page.get_by_role("link", name="데스크톱").click()
        expect(page.locator("iframe.frame-desktop")).to_be_visible()
        expect(page.get_by_label("템플릿")).to_have_value("cro_best")
        page.get_by_label("글", exact=True).fill("other-post")
        page.get_by_role("button", name="보기").click()
        expect(page).to_have_url(
            f"{live_server}/admin/posts/post/{other.pk}/preview/?template=cro_best&variant=early-link&target=page&width=desktop"
        )
        page.get_by_label("글", exact=True).fill("없는-글")
        page.get_by_role("button", name="보기").click()
        expect(page.locator(".messagelist .error")).to_contain_text("'없는-글'인 글이 없습니다")
