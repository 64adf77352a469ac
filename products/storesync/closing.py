"""The end of a run: what is gone, which SKUs moved, what the scan confirmed; then its work list goes.

Nothing is marked deleted on the word of a list alone: the list must be consistent and not empty, few enough products
may be missing from it (a handful, or a share of the store), and the store must say of each that it is gone.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import partial

import structlog
from django.db import transaction
from django.db.models import F, QuerySet
from django.utils import timezone

from perfhooks.metrics import set_gauge
from products.catalog.selectors import read_living_ids
from products.catalog.services import complete_scan
from products.storesync.client import StoreClient
from products.storesync.decoding import ProductSummary
from products.storesync.details import (
    Outcome,
    RunRevision,
    WorkItem,
    save_call_counts,
    settle_deleted,
    stream_batches,
)
from products.storesync.errors import ProductGoneError, StoreCallError
from products.storesync.failures import resolve_unnumbered, resolve_vanished
from products.storesync.models import ItemState, Reason, RunStatus, SyncItem, SyncRun
from products.storesync.scan import read_seller_codes
from products.upsert.codes import record_findings, resolve_skus

log = structlog.get_logger()

MOST_VANISHED_SHARE = 0.2
"""When more of a store than this is missing from its list, the list is doubted, not the products."""
FEW_VANISHED = 5
"""So few are asked for one by one whatever their share: in a store of three, one deletion is a third of the list."""


@dataclass(frozen=True, slots=True)
class Missing:
    """Known products that the list did not name: those that are `gone`, and those that only may be."""

    gone: frozenset[int] = frozenset()
    doubtful: frozenset[int] = frozenset()
    note: str = ""


def finish_run(*, run: SyncRun, client: StoreClient, workers: int) -> None:
    """Settle everything that needs the whole list, and close the run.

    Raises StoreSyncError with nothing settled; what the store has said of missing products until then is kept.
    """
    listed = read_seller_codes(run).keys()
    living = read_living_ids(store_id=run.store_id)
    missing = _judge_missing(run, client, living.keys() - listed, living=len(living), workers=workers)
    save_call_counts(run, client)
    with transaction.atomic():
        _settle_catalogue(run, missing, listed, living)
        _close(run, missing)
    run.refresh_from_db()
    log.info("unknown_fields", run_id=run.pk, fields=run.unknown_fields)
    if run.listed:
        set_gauge("changed_sku_ratio", (run.created + run.updated + run.deleted) / run.listed)


def _judge_missing(
    run: SyncRun, client: StoreClient, missing: Collection[int], *, living: int, workers: int
) -> Missing:
    note = doubt_missing(len(missing), living, is_empty=not run.listed, is_consistent=run.is_consistent)
    if note or not missing:
        return Missing(doubtful=frozenset(missing), note=note)
    gone = _confirm_gone(run, client, missing, workers)
    return Missing(gone=gone, doubtful=frozenset(missing) - gone)


def _confirm_gone(run: SyncRun, client: StoreClient, missing: Collection[int], workers: int) -> frozenset[int]:
    """Those of which the store says that they are gone; the answers are kept, so that a parked run asks for the rest."""
    asked = run.items.filter(reason=Reason.MISSING)
    wanted = [
        SyncItem(run=run, origin_product_no=number, position=position, reason=Reason.MISSING)
        for position, number in enumerate(sorted(missing))
    ]
    SyncItem.objects.bulk_create(wanted, ignore_conflicts=True)
    pending = asked.filter(state=ItemState.PENDING).order_by("is_put_off", "position")
    work = [WorkItem(ProductSummary(item.origin_product_no), "", has_failed=item.is_put_off) for item in pending]
    for batch in stream_batches(partial(ask_if_gone, client), work, workers=workers):
        _keep_answers(asked, batch)
    return frozenset(asked.filter(state=ItemState.DONE).values_list("origin_product_no", flat=True))


@transaction.atomic
def _keep_answers(asked: QuerySet[SyncItem], batch: Sequence[Outcome]) -> None:
    """An item is done when its product is gone, and refused when the store still has it or does not say."""
    answered = [outcome for outcome in batch if not outcome.is_put_off]
    put_off = [outcome.origin_product_no for outcome in batch if outcome.is_put_off]
    for is_gone, state in ((True, ItemState.DONE), (False, ItemState.REFUSED)):
        numbers = [outcome.origin_product_no for outcome in answered if outcome.is_gone == is_gone]
        asked.filter(origin_product_no__in=numbers).update(state=state)
    asked.filter(origin_product_no__in=put_off).update(is_put_off=True)


def doubt_missing(missing: int, living: int, *, is_empty: bool, is_consistent: bool) -> str:
    """Why a list without so many of the living products is not believed, in Korean; "" when it is."""
    if is_empty and missing:
        return f"스토어의 목록이 비어 있어 상품 {living:,}개를 삭제하지 않았습니다. 스토어를 확인하세요."
    if not is_consistent:
        return "목록이 읽는 동안 바뀌어 두 번 읽어도 맞지 않았습니다. 삭제 확인과 가격 확인 시각은 다음 실행으로 미뤘습니다."
    if missing > max(FEW_VANISHED, living * MOST_VANISHED_SHARE):
        return (
            f"상품 {living:,}개 중 {missing:,}개가 목록에서 한꺼번에 사라져 삭제하지 않았습니다. 스토어를 확인하세요."
        )
    return ""


def ask_if_gone(client: StoreClient, item: WorkItem) -> Outcome:
    """Whether the store itself says that the product is no more: 404, or the state DELETE. Raises StoreCallError."""
    number = item.summary.origin_product_no
    try:
        detail = client.fetch_detail(number).value
    except ProductGoneError:
        return Outcome(number, is_gone=True)
    except StoreCallError as error:
        if error.reply.endpoint == "detail" and error.is_about_product:
            return Outcome(number, error=error, has_failed=item.has_failed)
        raise
    return Outcome(number, is_gone=detail.origin_product.status_type == "DELETE")


def _settle_catalogue(run: SyncRun, missing: Missing, listed: Collection[int], living: dict[int, int]) -> None:
    revision = RunRevision(run)
    deleted = settle_deleted(run, missing.gone)
    if run.listed:
        resolve_unnumbered(run=run)
    if run.is_consistent and not missing.note:
        resolve_vanished(store_id=run.store_id, listed=listed)
    resolve_skus(store_id=run.store_id, revision=revision)
    record_findings(store_id=run.store_id)
    refused = (
        run.items.filter(state=ItemState.REFUSED)
        .exclude(reason=Reason.MISSING)
        .values_list("origin_product_no", flat=True)
    )
    unconfirmed = {living[number]: "refused" for number in refused if number in living}
    unconfirmed |= {living[number]: "missing" for number in missing.doubtful}
    complete_scan(scan_id=run.scan_id, listed=len(listed), is_complete=run.is_consistent, unconfirmed=unconfirmed)
    SyncRun.objects.filter(pk=run.pk).update(deleted=F("deleted") + deleted)


def _close(run: SyncRun, missing: Missing) -> None:
    row = SyncRun.objects.filter(pk=run.pk)
    row.update(status=RunStatus.DONE, finished_at=timezone.now(), error=missing.note)
    SyncRun.objects.filter(store_id=run.store_id, status=RunStatus.FAILED).update(status=RunStatus.SETTLED)
    clear_work(run)


def clear_work(run: SyncRun) -> None:
    """Remove the pages and items of a run that will not go on."""
    run.pages.all().delete()
    run.items.all().delete()
