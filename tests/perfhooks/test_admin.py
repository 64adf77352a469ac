"""The performance page: what it shows, to whom, and in how many queries."""

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from perfhooks.models import PerfRun, RunLock
from perfhooks.queries import count_queries
from perfhooks.recorder import Recorder
from perfhooks.services import store_run
from tests.perfhooks.test_services import recorded

pytestmark = pytest.mark.django_db
PAGE = "admin:perfhooks_perfrun_changelist"


def test_without_runs_the_page_says_how_to_make_one(admin_client: Client) -> None:
    page = admin_client.get(reverse(PAGE)).content.decode()
    assert "저장된 측정이 없습니다" in page
    assert "manage.py pipeline" in page


def test_the_newest_run_is_shown_beside_the_one_before(admin_client: Client) -> None:
    store_run(recorded(detail_seconds=0.2), kind="pipeline", scenario="demo")
    store_run(recorded(detail_seconds=0.6), kind="pipeline", scenario="demo")

    page = admin_client.get(reverse(PAGE)).content.decode()
    assert "detail_fetch_seconds" in page
    assert "match_engine_latency_p95_ms" in page
    assert '<span class="pill pill-bad">예산 초과</span>' in page
    assert '<span class="pill pill-ok">예산 안</span>' in page
    assert "600ms" in page
    assert "200ms" in page
    assert "×3.00" in page
    assert "p95 ≤ 500ms" in page
    assert 'title="detail fetch p95 &lt; 500ms"' in page
    for heading in ("지표", "횟수", "p50", "p95", "p99", "예산", "판정", "직전 실행"):
        assert f">{heading}</th>" in page


def test_the_page_has_no_inline_style_or_script(admin_client: Client) -> None:
    store_run(recorded(), kind="pipeline", scenario="demo")
    page = admin_client.get(reverse(PAGE)).content.decode()
    content = page[page.index('<div id="content-main">') :]
    assert " style=" not in content
    assert "<style" not in content


def test_an_older_run_and_another_kind_can_be_chosen(admin_client: Client) -> None:
    older = store_run(recorded(detail_seconds=0.3), kind="pipeline", scenario="demo")
    store_run(recorded(detail_seconds=0.4), kind="bench", scenario="upsert")

    assert "300ms" in admin_client.get(reverse(PAGE), {"run": older.pk}).content.decode()
    assert "300ms" in admin_client.get(reverse(PAGE), {"kind": "pipeline"}).content.decode()
    for nonsense in ({"run": "x"}, {"run": "999999"}, {"kind": "nothing"}):
        assert "400ms" in admin_client.get(reverse(PAGE), nonsense).content.decode()


def test_the_number_of_queries_does_not_grow_with_the_runs(admin_client: Client) -> None:
    counts = []
    for _ in range(2):
        for _ in range(4):
            store_run(recorded(), kind="pipeline", scenario="demo")
        with count_queries() as counted:
            admin_client.get(reverse(PAGE))
        counts.append(counted.queries)
    assert counts[0] == counts[1] <= 10


def test_nobody_edits_runs_and_strangers_do_not_see_them(admin_client: Client, client: Client) -> None:
    run = store_run(recorded(), kind="pipeline", scenario="demo")

    assert admin_client.get(reverse("admin:perfhooks_perfrun_add")).status_code == 403
    assert admin_client.post(reverse("admin:perfhooks_perfrun_delete", args=[run.pk])).status_code == 403
    assert admin_client.get(reverse("admin:perfhooks_perfrun_change", args=[run.pk])).status_code == 200
    assert client.get(reverse(PAGE)).status_code == 302
    assert PerfRun.objects.count() == 1


def test_locks_show_whether_their_process_lives(admin_client: Client) -> None:
    now = timezone.now()
    RunLock.objects.create(name="pipeline", holder="nobody", acquired_at=now, heartbeat_at=now)

    page = admin_client.get(reverse("admin:perfhooks_runlock_changelist")).content.decode()
    assert "종료됨" in page
    assert "방금 전" in page


def test_a_run_beside_uncommitted_code_says_so(admin_client: Client) -> None:
    with Recorder() as recorder:
        pass
    run = store_run(recorder, kind="pipeline", scenario="demo")
    PerfRun.objects.filter(pk=run.pk).update(commit="c0ffee" + "0" * 34 + "-dirty")
    page = admin_client.get(reverse(PAGE)).content.decode()
    assert "커밋 c0ffee0000 (수정됨)" in page
