"""Bringing the catalogue to what a store has (plan 2A): start a run, carry it out, pick it up where it was left."""

import re
from datetime import timedelta
from typing import NamedTuple

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import timezone

from perfhooks.clock import business_now
from perfhooks.services import hold_lock
from perfhooks.spans import span
from perfhooks.trace import bind_trace, current_trace_id
from products.catalog.models import Store
from products.catalog.selectors import latest_revision
from products.catalog.services import get_or_create_store, start_scan
from products.storesync.accounts import StoreAccount, find_account_problem, identify_place
from products.storesync.books import open_book
from products.storesync.client import LIST_SIZE_LIMIT, StoreClient
from products.storesync.closing import clear_work, finish_run
from products.storesync.details import Progress, read_details, save_call_counts
from products.storesync.errors import StoreCallError, StoreCodeError, StoreConfigError, StoreSyncError
from products.storesync.models import UNFINISHED, RunStatus, SyncRun
from products.storesync.scan import read_list
from products.storesync.selectors import RunFacts, describe_run

DEFAULT_WORKERS = 4
STORE_CODE = re.compile(r"[\w-]{1,40}")
RESUME_WITHIN_HOURS = 24
"""A list that is older tells more about yesterday than about the store; reading it anew costs two calls per 1,000."""


def read_account(*, api_url: str = "") -> StoreAccount:
    """The store's credentials from the settings; raises StoreConfigError that names what is missing or malformed.

    api_url: where the store answers, instead of STORE_API_URL.
    """
    given = (api_url or settings.STORE_API_URL, settings.STORE_CLIENT_ID, settings.STORE_CLIENT_SECRET)
    problem = find_account_problem(*given)
    if problem:
        raise StoreConfigError(f"{problem} 조치: 환경 변수를 API 센터의 값으로 고치세요.")
    return StoreAccount(*given)


def start_run(
    *,
    store_code: str,
    store_name: str = "",
    api_url: str = "",
    catalogue: str = "",
    is_incremental: bool = True,
    is_cached: bool = True,
) -> int:
    """The id of the store's unfinished run, with its work list, scan time, revision and trace id; else of a new one.

    api_url: where the store answers, instead of STORE_API_URL. catalogue: the fingerprint of what a simulated store
    sells. Not incremental: every detail is read. Not cached: with a new token and connection for each call. A run that is
    old, or that reads another place or otherwise, is given up for a new one: all that it stored stays, and a new incremental
    one asks for no detail of it again. LockHeld while a process is still at work on such a run. While the settings name
    no store to talk to, an unfinished run is kept whatever they say. Raises StoreCodeError.
    """
    _check_code(store_code)
    store = get_or_create_store(code=store_code, name=store_name or store_code)
    place = identify_place(api_url or settings.STORE_API_URL, settings.STORE_CLIENT_ID, catalogue=catalogue)
    ways = Ways(is_incremental, is_cached)
    unfinished = SyncRun.objects.filter(store=store, status__in=UNFINISHED)
    if _is_account_usable(api_url):
        _give_up_useless(store, place, ways)
        unfinished = unfinished.filter(place=place)
    try:
        with transaction.atomic():
            run = unfinished.select_for_update().first()
            if run is None:
                return _create_run(store.pk, api_url, place, ways)
            # Who waits for the run must not take the old stop for the new outcome.
            SyncRun.objects.filter(pk=run.pk).update(api_url=api_url, status=RunStatus.RUNNING, error="")
            return run.pk
    except IntegrityError:
        # Another process has started one at the same moment.
        return unfinished.get().pk


def _check_code(code: str) -> None:
    if not STORE_CODE.fullmatch(code):
        fix = "글자, 숫자, 붙임표(-), 밑줄(_)로 40자까지 쓰세요."
        raise StoreCodeError(f"스토어 코드 '{code[:40]}'은(는) 쓸 수 없습니다. 조치: {fix}")


def _is_account_usable(api_url: str) -> bool:
    try:
        read_account(api_url=api_url)
    except StoreConfigError:
        return False
    return True


class Ways(NamedTuple):
    """How a run reads its store."""

    is_incremental: bool
    is_cached: bool


def _create_run(store_id: int, api_url: str, place: str, ways: Ways) -> int:
    scan_id = start_scan(store_id=store_id, scanned_at=business_now())
    now = timezone.now()
    return SyncRun.objects.create(
        store_id=store_id,
        api_url=api_url,
        place=place,
        scan_id=scan_id,
        asked_at_revision=latest_revision(),
        started_at=now,
        trace_id=current_trace_id(),
        **ways._asdict(),
    ).pk


def _give_up_useless(store: Store, place: str, ways: Ways) -> None:
    run = SyncRun.objects.filter(store=store, status__in=UNFINISHED).first()
    reason = _find_useless(run, place, ways) if run else ""
    if run and reason:
        with hold_lock(f"sync:{store.code}"):
            run.refresh_from_db()  # it may have ended while we came for the lock
            if run.status in UNFINISHED:
                _stop(run, RunStatus.FAILED, f"{reason} 이어서 하지 않고 새로 시작했습니다. {run.error}".strip())


def _find_useless(run: SyncRun, place: str, ways: Ways) -> str:
    """Why the run is not worth going on with, in Korean; "" when it is."""
    if run.place != place:
        return "다른 주소나 카탈로그를 읽던 실행이어서"
    if ways != (run.is_incremental, run.is_cached):
        return "읽는 방식(전체·증분, 캐시)이 다른 실행이어서"
    # A start that lies far ahead is told by a clock that was wrong; its age is not to be known.
    if abs(timezone.now() - run.started_at) >= timedelta(hours=RESUME_WITHIN_HOURS):
        return f"시작한 시각이 {RESUME_WITHIN_HOURS}시간 넘게 떨어져 있어"
    return ""


def sync_store(
    *,
    run_id: int,
    workers: int = DEFAULT_WORKERS,
    page_size: int = LIST_SIZE_LIMIT,
    progress: Progress | None = None,
) -> RunFacts:
    """Carry a run out, or on: list, details, deletions, SKUs, scan. A run that has ended is left as it is.

    workers: threads that ask the store. progress: called with (details settled, details planned) after each batch.
    Raises LockHeld while another process syncs the store, StoreSyncError when it cannot go on: the run is then
    failed, or parked for the next start, with the message in its row; everything stored so far is whole.
    """
    run = SyncRun.objects.select_related("store", "scan").get(pk=run_id)
    with hold_lock(f"sync:{run.store.code}"), bind_trace(run.trace_id):
        run.refresh_from_db()
        if run.status in UNFINISHED:
            with span("sync_total_seconds", run_id=run.pk):
                _carry_out(run, workers=workers, page_size=page_size, progress=progress)
    return describe_run(run_id)


def _carry_out(run: SyncRun, *, workers: int, page_size: int, progress: Progress | None) -> None:
    SyncRun.objects.filter(pk=run.pk).update(status=RunStatus.RUNNING, workers=workers, error="", finished_at=None)
    try:
        account = read_account(api_url=run.api_url)
        with StoreClient(account, open_book=open_book, is_cached=run.is_cached) as client:
            try:
                client.fetch_token()
                read_list(run=run, client=client, size=page_size)
                read_details(run=run, client=client, workers=workers, progress=progress)
                finish_run(run=run, client=client, workers=workers)
            finally:
                save_call_counts(run, client)
    except StoreSyncError as error:
        _stop(run, RunStatus.PARKED if error.is_resumable else RunStatus.FAILED, _describe(error))
        raise
    except Exception as error:
        _stop(run, RunStatus.PARKED, f"예상하지 못한 오류로 멈췄습니다: {type(error).__name__}. 로그를 확인하세요.")
        raise


def _describe(error: StoreSyncError) -> str:
    """What is kept of it: with the number by which the store finds the call in its own log."""
    trace_id = error.reply.trace_id if isinstance(error, StoreCallError) else ""
    return f"{error} 스토어 추적 ID: {trace_id}" if trace_id else str(error)


def _stop(run: SyncRun, status: RunStatus, message: str) -> None:
    SyncRun.objects.filter(pk=run.pk).update(status=status, error=message, finished_at=timezone.now())
    if status == RunStatus.FAILED:
        clear_work(run)
