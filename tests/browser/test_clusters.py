"""An editor groups posts, looks at the map, reads a proposal, inserts it and takes it back, in a real browser."""

import re
from concurrent.futures import ThreadPoolExecutor
from itertools import combinations
from math import dist

import pytest
from django.contrib.auth.models import User
from django.db import connections
from django.utils import timezone
from playwright.sync_api import expect

from content.clusters import batchwork
from content.clusters.batchwork import carry_out
from content.clusters.inserting import begin_batch
from content.clusters.linking import plan_links
from content.clusters.models import Cluster, ClusterMember, LinkBatch
from content.clusters.planning import plan_clusters
from content.posts.models import Post
from scripts.take_screenshots import find_chromium, open_desk
from tests.content.clusters.garden import plant_cleaners
from tests.support.axe import check_page
from tests.support.services import require

pytestmark = [pytest.mark.browser, pytest.mark.once, pytest.mark.django_db(transaction=True)]
PASSWORD = "secret-of-a-browser-test"
PAGES = (
    "plannedlink/",
    "linkhealth/",
    "linkrule/",
    "linkrule/add/",
    "anchor/",
    "anchor/add/",
    "cluster/",
    "linkbatch/",
)


@pytest.fixture(autouse=True)
def desk() -> None:
    """An editor and four posts that speak of each other. Made before the browser starts."""
    require("Chromium", find_chromium() is not None, "install the system's package `chromium`")
    User.objects.create_superuser("editor", password=PASSWORD)
    plant_cleaners()


@pytest.mark.parametrize("width", [768, 1280])
def test_links_are_proposed_inserted_and_taken_back(live_server: object, width: int) -> None:
    spokes = {str(key) for key in Post.objects.exclude(slug="cordless-guide").values_list("pk", flat=True)}
    with open_desk(str(live_server), user="editor", password=PASSWORD, width=width) as (page, watcher):
        page.goto(f"{live_server}/admin/clusters/cluster/")
        page.get_by_role("button", name="클러스터 계획하기").click()
        expect(page.locator(".messagelist")).to_contain_text("클러스터 1개에 있습니다")
        check_page(page, watcher)
        page.goto(f"{live_server}/admin/clusters/linkbatch/")
        page.get_by_role("button", name="링크 계획하기").click()
        expect(page.locator(".batch-post").first).to_contain_text("무선 청소기 필터 관리")
        check_page(page, watcher)
        page.get_by_role("button", name="개 넣기").click()
        expect(page.locator(".messagelist")).to_contain_text("넣었습니다")
        page.goto(f"{live_server}/admin/clusters/cluster/map/")
        expect(page.locator(".map-frame circle")).to_have_count(4)
        check_page(page, watcher)
        page.locator("svg.overview a text.name").click()
        expect(page.locator(".map-frame path.arc-down")).to_have_count(3)
        check_page(page, watcher)
        page.locator(".map-frame a").nth(1).click()
        expect(page).to_have_url(re.compile(r"/admin/posts/post/\d+/change/$"))
        assert page.url.split("/")[-3] in spokes
        for name in PAGES:
            page.goto(f"{live_server}/admin/clusters/{name}")
            check_page(page, watcher)
        page.goto(f"{live_server}/admin/clusters/linkbatch/")
        page.locator("#result_list tbody th a").first.click()
        page.get_by_role("button", name="되돌리기").click()
        expect(page.locator("h1 .pill")).to_have_text("되돌림")
        check_page(page, watcher)
        assert watcher.complaints == []
    assert not Post.objects.filter(body__contains="(post:").exists()


def test_the_page_of_a_job_follows_it_to_its_end_without_being_thrown_away(
    live_server: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batchwork, "LONG_POSTS", 1)
    plan_clusters()
    planned = plan_links()
    batch = LinkBatch.objects.get(batch_id=planned.batch_id)
    begin_batch(batch_id=batch.batch_id, state=LinkBatch.State.APPLYING)
    with (
        ThreadPoolExecutor(1) as aside,
        open_desk(str(live_server), user="editor", password=PASSWORD) as (page, watcher),
    ):
        page.goto(f"{live_server}/admin/clusters/linkbatch/{batch.pk}/change/")
        expect(page.locator("progress")).to_have_attribute("value", "0")
        expect(page.get_by_role("button", name="넣기")).to_have_count(0)
        check_page(page, watcher)
        page.locator(".batch-post details summary").first.click()
        with page.expect_response("**/change/"):  # the page asks how far the job is
            pass
        expect(page.locator(".batch-post details").first).to_have_attribute("open", "")
        aside.submit(finish, batch.batch_id).result(timeout=30)
        expect(page.locator("h1 .pill")).to_have_text("넣음")
        expect(page.locator("progress")).to_have_count(0)
        expect(page.get_by_role("button", name=f"넣은 링크 {planned.planned}개 되돌리기")).to_be_visible()
        assert watcher.complaints == []


def finish(batch_id: str) -> None:
    """Do the batch as a worker would; in a thread, since the browser's has no database."""
    try:
        carry_out(batch_id=batch_id)
    finally:
        connections.close_all()


@pytest.mark.parametrize("spokes", [0, 1, 100])
def test_a_cluster_of_any_size_is_a_picture_that_can_be_read(live_server: object, spokes: int) -> None:
    cluster = Cluster.objects.create(name="주전자", plan=9)
    posts = [
        Post(
            slug=f"k-{at}",
            title=f"주전자 이야기 {at} 오래 쓰는 방법",
            body="글",
            status="published",
            published_at=timezone.now(),
        )
        for at in range(spokes + 1)
    ]
    Post.objects.bulk_create(posts)
    ClusterMember.objects.bulk_create(
        ClusterMember(cluster=cluster, post=post, role="spoke" if at else "hub", score=0.5)
        for at, post in enumerate(posts)
    )
    with open_desk(str(live_server), user="editor", password=PASSWORD, width=768) as (page, watcher):
        page.goto(f"{live_server}/admin/clusters/cluster/{cluster.pk}/change/")
        expect(page.locator(".map-frame circle")).to_have_count(spokes + 1)
        check_page(page, watcher)
        boxes = [page.locator(".map-frame circle").nth(at).bounding_box() for at in range(spokes + 1)]
        centres = [
            (box["x"] + box["width"] / 2, box["y"] + box["height"] / 2, box["width"] / 2) for box in boxes if box
        ]
        assert all(dist(one[:2], other[:2]) >= one[2] + other[2] - 1 for one, other in combinations(centres, 2))
        if spokes == 100:
            link = page.locator(".map-frame a", has=page.locator("text.number", has_text=re.compile("^7$")))
            row = page.locator("table.grid-table tbody tr").nth(7)
            expect(row.locator("td").first).to_have_text("7")
            title = row.locator("th a").inner_text()
            assert title in str(link.locator("title").text_content())
            assert link.get_attribute("href") == row.locator("th a").get_attribute("href")
