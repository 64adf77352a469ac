"""An editor and the refresh queue in a real browser: a file of figures, why a post leads, other weights, the effect."""

from pathlib import Path

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import expect

from content.posts.models import Post
from content.refresh.models import Arm, PostMetric, ScoreSettings
from content.refresh.score import ScoreSpec
from content.refresh.scoring import score_posts
from content.refresh.settings import save_settings
from scripts.take_screenshots import find_chromium, open_desk
from tests.content.factories import make_post
from tests.content.refresh.samples import DAY, NOW, TODAY, age, cover, hide_disclosure, note_trial, write_figures
from tests.support.axe import check_page
from tests.support.services import require

pytestmark = [pytest.mark.browser, pytest.mark.once, pytest.mark.django_db(transaction=True)]
PASSWORD = "secret-of-a-browser-test"


@pytest.fixture(autouse=True)
def desk(monkeypatch: pytest.MonkeyPatch) -> None:
    """An editor, a post that lost clicks, one whose disclosure fails, and posts of an older round. Before the browser starts."""
    require("Chromium", find_chromium() is not None, "install the system's package `chromium`")
    monkeypatch.setenv("SOURCE_DATE_EPOCH", str(int(NOW.timestamp())))
    User.objects.create_superuser("editor", password=PASSWORD)
    if not ScoreSettings.objects.exists():
        save_settings(draft=ScoreSpec(), based_on=1, actor="editor")
    for number in range(12):
        post = make_post(slug=f"글-{number}", title=f"청소기 이야기 {number} <img src=x onerror=alert(1)>")
        age(post, days=200)
        note_trial(post, days_ago=40, arm=Arm.HELD_BACK if number < 5 else Arm.REFRESHED, before_clicks=280)
        write_figures(post, TODAY - 60 * DAY, 60, clicks=10 + number)
    cover("search_console", TODAY - 90 * DAY, TODAY - DAY)
    lost, hidden = Post.objects.order_by("id")[:2]
    PostMetric.objects.filter(post=lost, day__gte=TODAY - 28 * DAY).update(clicks=1)
    hide_disclosure(hidden)
    score_posts(now=NOW)


@pytest.mark.parametrize("width", [768, 1280])
def test_the_room_of_refreshes(live_server: object, width: int, tmp_path: Path) -> None:
    file = tmp_path / "검색.csv"
    file.write_text("페이지,날짜,클릭수\n/posts/글-3/,2026-11-03,77\n/posts/글-3/,어제,5\n")
    before = ScoreSettings.objects.get(is_active=True).version
    with open_desk(str(live_server), user="editor", password=PASSWORD, width=width) as (page, watcher):
        page.goto(f"{live_server}/admin/refresh/metricimport/import/")
        page.set_input_files("#id_file", file)
        page.get_by_role("button", name="미리 보기").click()
        expect(page.get_by_text("날짜가 아닙니다")).to_be_visible()
        check_page(page, watcher)
        page.get_by_role("button", name="성과 1건 적용").click()
        expect(page.locator(".messagelist")).to_contain_text("0건을 더하고 1건을 바꾸었습니다")
        page.goto(f"{live_server}/admin/refresh/postscore/")
        check_page(page, watcher)
        page.locator("#result_list .field-points a").first.click()
        expect(page.locator(".field-why")).to_contain_text("그 앞 28일")
        check_page(page, watcher)
        page.goto(f"{live_server}/admin/refresh/scoresettings/{before}/next/")
        page.get_by_label("트래픽 가중치").fill("0")
        page.get_by_label("낡음 가중치").fill("0.55")
        page.click("input[name=preview]")
        expect(page.locator("#preview tbody tr").first).to_contain_text("청소기 이야기 1")
        check_page(page, watcher)
        page.click("input[name=save]")
        expect(page.locator(".messagelist")).to_contain_text(f"{before + 1}판을 저장해 적용했습니다")
        page.goto(f"{live_server}/admin/refresh/refreshtrial/effect/")
        expect(page.locator("svg.chart circle.dot")).to_have_count(1)
        check_page(page, watcher)
        for name in ("refreshentry", "refreshtrial", "scoresettings", "postmetric", "metricimport"):
            page.goto(f"{live_server}/admin/refresh/{name}/")
            check_page(page, watcher)
        assert watcher.complaints == []
    assert PostMetric.objects.get(post__slug="글-3", day="2026-11-03").clicks == 77
