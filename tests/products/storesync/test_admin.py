"""The desk's pages of the sync, as an editor sees them."""

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from products.catalog.models import Product
from products.storesync.failures import RESTS_AFTER_ATTEMPTS
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


def test_another_try_from_the_page_of_a_failure(admin_client: Client, refused: SyncFailure) -> None:
    page = read_page(admin_client, "admin:storesync_syncfailure_change", refused.pk)
    form = f'<input type="hidden" name="_selected_action" value="{refused.pk}">'
    assert form in page
    assert f'action="{reverse(FAILURES)}"' in page
    admin_client.post(reverse(FAILURES), {"action": "retry", "_selected_action": [refused.pk]})
    assert form not in read_page(admin_client, "admin:storesync_syncfailure_change", refused.pk), (
        "it is asked for already"
    )


def test_what_was_asked_for_again_is_well_after_the_next_run(
    admin_client: Client, sync: Sync, store: SimulatorProcess, refused: SyncFailure
) -> None:
    SyncFailure.objects.update(attempts=RESTS_AFTER_ATTEMPTS, code="server_fault")
    number = refused.origin_product_no
    store.mutate([{"originProductNo": number, "set": {"salePrice": 1_000, "discountedPrice": 900}}])
    admin_client.post(reverse(FAILURES), {"action": "retry", "_selected_action": [refused.pk]})
    assert sync().created == 1
    assert "해결" in read_page(admin_client, "admin:storesync_syncfailure_change", refused.pk)


def test_the_slowest_details_of_a_run_by_sku(admin_client: Client, sync: Sync, store: SimulatorProcess) -> None:
    store.faults("hang", route="detail", pick=1, times=1, seconds=0.4)
    facts = sync(workers=8)
    run = SyncRun.objects.get()
    assert len(run.slowest) == 20
    seconds, sku, number = run.slowest[0]
    assert seconds >= 0.4
    assert [entry[0] for entry in run.slowest] == sorted((entry[0] for entry in run.slowest), reverse=True)
    product = Product.objects.get(origin_product_no=number)
    assert product.sku == sku
    page = read_page(admin_client, "admin:storesync_syncrun_change", facts.run_id)
    assert f'<a href="{reverse("admin:catalog_product_change", args=[product.pk])}">{sku}</a>' in page
    assert page.count("초</p>") == 20
    for words in ("새 상품 63", "스스로 한도를 넘음 0, 스토어 사정 0", "바뀐 상품만"):
        assert words in page


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
