"""오늘, the first page: it counts what its links list, shows each reader what the reader may see, and stays quick."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Group, Permission, User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from content.clusters.models import LinkBatch
from content.disclosure.models import PriceLiteral
from content.posts.models import Post, PostFinding
from content.refresh.models import EntryState, RefreshEntry
from operations.dashboard.counting import count_together
from operations.dashboard.panels import QUESTIONS
from operations.dashboard.week import BAR_WIDTH, read_week
from operations.gates.models import GateDecision, GateLine, Verdict
from perfhooks.models import PerfRun, PerfStage
from products.catalog.models import Placement
from products.storesync.models import RunStatus, SyncFailure, SyncRun
from tests.products.catalog.rows import make_product, make_scan
from tests.support.rows import make_row

LEADING_ELSEWHERE = {"stale_posts", "red_gates"}
"""Panels whose link is not a list of what was counted: posts that these tests do not have, and the gate board."""
pytestmark = pytest.mark.django_db


def read_panels(client: Client) -> dict[str, Any]:
    """{title: panel} of the page."""
    return {panel.title: panel for panel in client.get("/admin/").context["desk"].panels}


def make_trouble() -> None:
    """Something for every panel, and beside it a row that no panel may count."""
    for status in (RunStatus.FAILED, RunStatus.PARKED, RunStatus.DONE):
        run: Any = make_row(SyncRun)
        SyncRun.objects.filter(pk=run.pk).update(status=status)
    for resolved_at in (None, timezone.now()):
        failure: Any = make_row(SyncFailure)
        SyncFailure.objects.filter(pk=failure.pk).update(resolved_at=resolved_at)
    make_scan(hours_ago=30)
    stale = make_product(1)
    make_product(2, status="CLOSE")
    for content_id, is_live in ((1, True), (2, True), (3, False)):
        Placement.objects.create(product=stale, content_id=content_id, revision_shown=1, is_live=is_live)
    for faulty in (make_row(Post), make_row(Post)):
        for _ in range(2):
            finding: Any = make_row(PostFinding)
            PostFinding.objects.filter(pk=finding.pk).update(post=faulty)
    Post.objects.filter(findings=None).delete()
    make_row(Post)
    for note in ("막는 점검 사항 1건", ""):
        post: Any = make_row(Post)
        Post.objects.filter(pk=post.pk).update(status="scheduled", publish_at=timezone.now(), publish_note=note)
    for stage in ("ready", "draft"):
        literal: Any = make_row(PriceLiteral)
        Post.objects.filter(pk=literal.post_id).update(status=stage)
    for state, finished_at in ((EntryState.DEAD, timezone.now()), (EntryState.QUEUED, None)):
        entry: Any = make_row(RefreshEntry)
        RefreshEntry.objects.filter(pk=entry.pk).update(state=state, finished_at=finished_at)
    for number, step in enumerate((LinkBatch.State.PLANNED, LinkBatch.State.APPLIED)):
        LinkBatch.objects.create(batch_id=f"b{number}", state=step, made_at=timezone.now(), trace_id="t")
    for verdict in (Verdict.BLOCK, Verdict.PASS):
        line: Any = make_row(GateLine)
        GateLine.objects.filter(pk=line.pk).update(verdict=verdict, decision=GateDecision.objects.latest("pk"))
    GateLine.objects.update(decision=GateDecision.objects.latest("pk"))


def make_run(p95: float, **stage: Any) -> PerfRun:
    """A stored run of the pipeline with one stage of that p95 in seconds, 0.5 being its budget."""
    now = timezone.now()
    run = PerfRun.objects.create(
        kind="pipeline",
        scenario="hanbit",
        trace_id="ab" * 16,
        started_at=now - timedelta(seconds=90),
        finished_at=now,
        machine="-",
        load_average=0.5,
        database="sqlite",
        notes={"status": "done", "counts": {"products_seen": 1_000, "packages_built": 63}},
    )
    values = {"metric": "detail_fetch_seconds", "unit": "seconds", "count": 900, "p95": p95, **stage}
    PerfStage.objects.create(run=run, **values)
    return run


def test_empty_ledger_says_how_to_begin(admin_client: Client) -> None:
    response = admin_client.get("/admin/")
    html = response.content.decode()
    assert [panel.word for panel in response.context["desk"].panels] == ["없음"] * len(QUESTIONS)
    assert html.count("make demo") == 2
    assert "기다리는 글이 없습니다" in html


def test_each_panel_counts_what_is_wrong_and_nothing_else(admin_client: Client) -> None:
    make_trouble()
    counts = {title: panel.count for title, panel in read_panels(admin_client).items()}
    assert counts == {
        "실패한 동기화": 1,
        "멈춘 동기화": 1,
        "거부된 상품": 1,
        "가격 확인이 오래된 상품": 1,
        "가격이 오래된 글": 2,
        "점검할 글": 2,
        "막힌 게시 예약": 1,
        "가격을 직접 쓴 글": 1,
        "멈춘 대기열 항목": 1,
        "검토할 링크 제안": 1,
        "막힌 릴리즈 예산": 1,
    }


@pytest.mark.parametrize(
    "title", [question.title for name, question in QUESTIONS.items() if name not in LEADING_ELSEWHERE]
)
def test_link_of_a_panel_lists_exactly_what_it_counted(admin_client: Client, title: str) -> None:
    make_trouble()
    panel = read_panels(admin_client)[title]
    response = admin_client.get(panel.address)
    assert response.status_code == 200
    assert response.context["cl"].result_count == panel.count


def test_queue_shows_the_next_ten_with_their_reasons(admin_client: Client) -> None:
    for _ in range(12):
        make_row(RefreshEntry)
    desk = admin_client.get("/admin/").context["desk"]
    titles = list(RefreshEntry.objects.order_by("enqueued_at", "id").values_list("post__title", flat=True)[:10])
    assert [line.text for line in desk.queue.lines] == titles
    assert desk.queue.depth == 12
    assert admin_client.get(desk.queue.lines[0].address).status_code == 200


def test_newest_run_stands_there_with_its_counts_and_stages(admin_client: Client) -> None:
    make_run(0.3)
    make_run(0.31, verdict="ok", budget_id="detail-fetch-p95")
    html = admin_client.get("/admin/").content.decode()
    assert "1,000" in html
    assert "90.0초" in html
    assert "310ms" in html
    assert '<rect class="fill-ok"' in html
    assert "예산 안" in html
    assert "300ms" not in html


@pytest.mark.parametrize(
    ("p95", "verdict", "tone"), [(0.001, "ok", "ok"), (0.9, "breach", "bad"), (90.0, "breach", "bad")]
)
def test_bar_never_leaves_its_frame_and_shows_an_excess(p95: float, verdict: str, tone: str) -> None:
    make_run(p95, verdict=verdict, budget_id="detail-fetch-p95")
    week = read_week()
    assert week is not None
    bar = week.stages[0]
    assert bar.limit is not None
    assert 0 <= bar.fill <= BAR_WIDTH
    assert (bar.fill > bar.limit) == (verdict == "breach")
    assert bar.tone == tone


def test_stage_without_a_budget_has_no_bar() -> None:
    make_run(0.5, metric="zip_seconds")
    week = read_week()
    assert week is not None
    assert week.stages[0].limit is None
    assert "예산 없음" in week.stages[0].verdict


def make_staff(*permissions: str) -> User:
    """A member of staff with just these permissions."""
    user = User.objects.create_user("staff", password="secret-of-a-test", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    return user


def test_reader_sees_only_what_the_reader_may_see(client: Client) -> None:
    make_trouble()
    client.force_login(make_staff("view_product"))
    response = client.get("/admin/")
    html = response.content.decode()
    assert list(read_panels(client)) == ["가격 확인이 오래된 상품"]
    assert "갱신 대기열" not in html
    assert "최근 패키지" not in html
    assert "이번 주" not in html
    assert [group["name"] for group in response.context["available_apps"]] == ["상품"]


def test_staff_without_any_right_still_gets_a_page(client: Client) -> None:
    client.force_login(make_staff())
    assert client.get("/admin/").status_code == 200


def make_groups_member() -> User:
    """A member of staff who may do everything, half of it by the person's own rights and half by two groups."""
    user = User.objects.create_user("member", password="secret-of-a-test", is_staff=True)
    rights = list(Permission.objects.order_by("pk"))
    user.user_permissions.set(rights[::2])
    for number, own in enumerate((rights[1::4], rights[3::4])):
        group = Group.objects.create(name=f"group-{number}")
        group.permissions.set(own)
        user.groups.add(group)
    return user


@pytest.mark.parametrize("is_full", [False, True])
@pytest.mark.parametrize("make_reader", [make_groups_member, lambda: User.objects.create_superuser("chief")])
def test_page_takes_at_most_eight_queries(client: Client, make_reader: Callable[[], User], is_full: bool) -> None:
    client.force_login(make_reader())
    client.get("/admin/")
    if is_full:
        make_trouble()
        make_run(0.3)
        for _ in range(11):
            make_row(RefreshEntry)
    with CaptureQueriesContext(connection) as captured:
        response = client.get("/admin/")
    assert len(response.context["desk"].panels) == len(QUESTIONS)
    assert response.context["desk"].queue is not None
    assert len(captured) <= 8, [query["sql"][:120] for query in captured]


def test_sidebar_keeps_the_desk_s_order(admin_client: Client) -> None:
    groups = admin_client.get("/admin/").context["available_apps"]
    assert [group["name"] for group in groups] == ["상품", "콘텐츠", "운영"]
    assert groups[0]["models"][0]["name"] == "상품"


def test_group_has_a_page_of_its_own(admin_client: Client) -> None:
    html = admin_client.get("/admin/storesync/").content.decode()
    assert "<h1>상품</h1>" in html
    assert "/admin/catalog/product/" in html
    assert admin_client.get("/admin/nothing/").status_code == 404


def test_every_page_wears_the_desk_s_look(admin_client: Client) -> None:
    for address in ("/admin/", "/admin/catalog/product/", "/admin/roles/member/", "/admin/perfhooks/perfrun/"):
        html = admin_client.get(address).content.decode()
        assert "desk/desk.css" in html, "operations.dashboard must stand before the admin in INSTALLED_APPS"
        assert "장부" in html


def test_counting_together_equals_counting_one_by_one() -> None:
    make_trouble()
    parts = {name: question.rows() for name, question in QUESTIONS.items()}
    with CaptureQueriesContext(connection) as captured:
        together = count_together(**parts, none=Post.objects.none())
    assert len(captured) == 1
    assert together == {**{name: rows.count() for name, rows in parts.items()}, "none": 0}
    assert count_together() == {}
