"""The desk's pages of the sync, as an editor sees them."""

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from products.storesync.models import SyncFailure, SyncRun
from products.storesync.simulator.process import SimulatorProcess
from tests.products.storesync.conftest import Sync

RUNS = "admin:storesync_syncrun_changelist"
FAILURES = "admin:storesync_syncfailure_changelist"


@pytest.fixture
def refused(sync: Sync, store: SimulatorProcess) -> SyncFailure:
    """A product that the last run could not keep."""
    number = sorted(store.catalogue())[0]
    store.mutate([{"originProductNo": number, "set": {"salePrice": 0, "name": "<b>값 없는</b> 청소기"}}])
    sync()
    return SyncFailure.objects.get()


def read_page(client: Client, name: str, *arguments: object, query: str = "") -> str:
    reply = client.get(reverse(name, args=arguments) + query)
    assert reply.status_code == 200
    return reply.content.decode()


def test_the_list_of_runs(admin_client: Client, sync: Sync, refused: SyncFailure) -> None:
    page = read_page(admin_client, RUNS)
    for words in ("완료", "방금 전", "63 → +62 ~0 −0", "64 / 0"):
        assert words in page
    assert f"run__id__exact={refused.run_id}" in page


def test_the_page_of_a_run(admin_client: Client, refused: SyncFailure) -> None:
    page = read_page(admin_client, "admin:storesync_syncrun_change", refused.run_id)
    run = SyncRun.objects.get()
    for words in (run.trace_id, "1개 모두 보기", "0원은 쓸 수 없습니다", "읽은 상세", "완료"):
        assert words in page
    assert 'name="_save"' not in page


def test_the_list_and_page_of_a_failure(admin_client: Client, refused: SyncFailure) -> None:
    page = read_page(admin_client, FAILURES, query="?resolved_at__isnull=True")
    assert "&lt;b&gt;값 없는&lt;/b&gt; 청소기" in page
    assert "salePrice: 0원은 쓸 수 없습니다" in page
    assert "0개" in read_page(admin_client, FAILURES, query="?resolved_at__isnull=False")
    detail = read_page(admin_client, "admin:storesync_syncfailure_change", refused.pk)
    assert "<b>값 없는</b>" not in detail
    assert refused.trace_id in detail


def test_an_editor_asks_for_another_try(admin_client: Client, refused: SyncFailure) -> None:
    chosen = {"action": "retry", "_selected_action": [refused.pk]}
    reply = admin_client.post(reverse(FAILURES), chosen, follow=True)
    assert "1개를 다음 동기화에서 다시 읽습니다." in reply.content.decode()
    refused.refresh_from_db()
    assert refused.is_retry_wanted
    assert "다시 시도 예정" in read_page(admin_client, FAILURES)


def test_nobody_edits_what_the_sync_wrote(admin_client: Client, refused: SyncFailure) -> None:
    for model in ("syncrun", "syncfailure"):
        assert admin_client.get(reverse(f"admin:storesync_{model}_add")).status_code == 403
        assert admin_client.post(reverse(f"admin:storesync_{model}_delete", args=[1])).status_code in (302, 403, 404)
    assert SyncFailure.objects.filter(pk=refused.pk).exists()


def test_who_may_not_see_may_not_retry(client: Client, refused: SyncFailure) -> None:
    editor = User.objects.create_user("editor", is_staff=True)
    editor.user_permissions.add(Permission.objects.get(codename="view_syncrun"))
    client.force_login(editor)
    assert client.get(reverse(RUNS)).status_code == 200
    assert client.post(reverse(FAILURES), {"action": "retry", "_selected_action": [refused.pk]}).status_code == 403
    refused.refresh_from_db()
    assert not refused.is_retry_wanted


@pytest.mark.parametrize("name", [RUNS, FAILURES])
def test_a_list_asks_the_same_however_long_it_is(
    admin_client: Client,
    refused: SyncFailure,
    name: str,
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    run = SyncRun.objects.get()
    for index in range(30):
        SyncRun.objects.create(
            store=run.store, scan=run.scan, status="failed", started_at=run.started_at, trace_id=f"trace-{index:04}"
        )
        failure = SyncFailure.objects.get(pk=refused.pk)
        failure.pk, failure.origin_product_no = None, index + 1
        failure.save()
    with django_assert_max_num_queries(8):
        read_page(admin_client, name)
