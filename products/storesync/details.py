"""Reading the details of a work list: threads ask and decode, the calling thread writes, a batch at a time.

The threads never touch the database. A batch and the states of its items are one transaction, so that a killed run
repeats at most the details that were under way or read within the last two seconds.
"""

import queue
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from itertools import islice

from django.db import transaction
from django.db.models import Case, F, QuerySet, When

from perfhooks.trace import carry_context
from products.catalog.services import allocate_revision
from products.storesync.client import SLOWEST_KEPT, StoreClient
from products.storesync.decoding import ProductSummary, from_plain
from products.storesync.errors import ProductGoneError, StoreCallError, StoreSyncError
from products.storesync.failures import Refusal, record_refusals, resolve_failures
from products.storesync.mapping import (
    RefusedProduct,
    choose_main_channel,
    hash_summary,
    list_price_boundaries,
    map_product,
)
from products.storesync.models import ItemState, Reason, SyncItem, SyncRun
from products.storesync.readings import forget_readings, record_readings
from products.storesync.scan import describe_refusal, read_seller_codes
from products.storesync.unknown import add_unknown
from products.upsert.codes import choose_skus
from products.upsert.deletion import mark_deleted
from products.upsert.rows import ProductRow
from products.upsert.services import upsert_products

BATCH_ROWS = 500
FLUSH_SECONDS = 2.0
TICK_SECONDS = 0.25
QUEUED_PER_WORKER = 16
PASSING_FAULTS_IN_A_ROW = 5
"""So many products in a row that fail for the store's own trouble are no longer the products' trouble."""

IS_MERELY_OLD = Case(When(reason=Reason.OLD, then=1), default=0)
URGENCY = ("-priority", "-is_shown", "-is_price_moved", "position")
"""What is read first among the new and changed, and among the merely old: what editors and readers would miss most."""

Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class WorkItem:
    """One product to read."""

    summary: ProductSummary
    sku: str
    has_failed: bool = False


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one item: a row, or a refusal, or neither when the product is gone, or may be.

    `deleted_hash`: where the list says so as well, the fingerprint of its entry. `has_failed`: the item had failed before.
    `is_put_off`: it is left for the end of the work list.
    """

    origin_product_no: int
    row: ProductRow | None = None
    refusal: Refusal | None = None
    is_gone: bool = False
    deleted_hash: str = ""
    error: StoreCallError | None = None
    boundaries: Sequence[datetime] = ()
    has_failed: bool = False
    is_put_off: bool = False

    @property
    def is_passing(self) -> bool:
        """Whether the store's own trouble is to blame."""
        return self.error is not None and self.error.is_resumable


def read_details(*, run: SyncRun, client: StoreClient, workers: int, progress: Progress | None = None) -> None:
    """Read and store every pending item of the run.

    Raises StoreSyncError; what was read until then is stored, the rest stays pending.
    """
    done = run.planned - _select_pending(run).count()
    for batch in stream_batches(partial(fetch_item, client), _iter_pending(run), workers=workers):
        _store_batch(run, client, batch)
        done += sum(not outcome.is_put_off for outcome in batch)
        if progress:
            progress(done, run.planned)


def _select_pending(run: SyncRun) -> QuerySet[SyncItem]:
    """What is left to read; whether what the list lacks is gone is asked at the end."""
    return run.items.filter(state=ItemState.PENDING).exclude(reason=Reason.MISSING)


def _iter_pending(run: SyncRun) -> Iterator[WorkItem]:
    skus = choose_skus(store_id=run.store_id, codes=read_seller_codes(run))
    pending = _select_pending(run).order_by("is_put_off", IS_MERELY_OLD, *URGENCY)
    keys = list(pending.values_list("pk", flat=True))
    for start in range(0, len(keys), BATCH_ROWS):
        chunk = keys[start : start + BATCH_ROWS]
        items = SyncItem.objects.in_bulk(chunk)
        for key in chunk:
            item = items[key]
            has_failed = item.is_put_off or item.reason == Reason.FAILED
            yield WorkItem(from_plain(item.summary), skus[item.origin_product_no], has_failed)


def fetch_item(client: StoreClient, item: WorkItem) -> Outcome:
    """Ask for one detail and make the row; raises StoreCallError when the trouble is not this product's alone."""
    number = item.summary.origin_product_no
    try:
        received = client.fetch_detail(number, sku=item.sku)
    except ProductGoneError as error:
        if choose_main_channel(item.summary).status_type == "DELETE":
            return Outcome(number, is_gone=True, deleted_hash=hash_summary(item.summary))
        return Outcome(number, refusal=_refuse_gone(item, error))
    except StoreCallError as error:
        # A token that cannot be had is never about the product, although the product asked for it.
        if error.reply.endpoint != "detail" or not error.is_about_product:
            raise
        return Outcome(number, refusal=_refuse_call(item, error), error=error, has_failed=item.has_failed)
    try:
        row = map_product(item.summary, received.value, sku=item.sku)
        return Outcome(number, row=row, boundaries=list_price_boundaries(received.value))
    except RefusedProduct as error:
        fingerprint = hash_summary(item.summary)
        refusal = describe_refusal(item.summary, error, summary_hash=fingerprint, body=client.quote(received.body))
        return Outcome(number, refusal=replace(refusal, server_trace_id=received.trace_id))


def _refuse_gone(item: WorkItem, error: ProductGoneError) -> Refusal:
    said = f"{error} 목록에는 아직 있습니다. 목록에서 빠지면 저절로 닫히고, 계속되면 스토어에서 상품을 확인하세요."
    return replace(_refuse_call(item, error), code="product_gone", message=said)


def _refuse_call(item: WorkItem, error: StoreCallError) -> Refusal:
    reason = RefusedProduct(error.field, None, "")
    refusal = describe_refusal(item.summary, reason, summary_hash=hash_summary(item.summary), body=error.reply.body)
    return replace(refusal, code=error.code, message=str(error), server_trace_id=error.reply.trace_id)


@dataclass(slots=True)
class FaultWatch:
    """Holds back failures that may be the store's own, until a success shows that they are not.

    What had failed before says nothing about the store: it is neither held nor counted.
    """

    held: list[Outcome] = field(default_factory=list)

    def admit(self, outcome: Outcome) -> list[Outcome]:
        """The outcomes to store now; raises the held error when there were too many in a row."""
        if outcome.is_passing and outcome.has_failed:
            return [outcome]
        if not outcome.is_passing:
            released, self.held = [*self.held, outcome], []
            return released
        self.held.append(outcome)
        if outcome.error is not None and len(self.held) >= PASSING_FAULTS_IN_A_ROW:
            raise outcome.error
        return []

    def put_off(self) -> list[Outcome]:
        """The outcomes that are still held, as items to be read again after all others."""
        return [Outcome(outcome.origin_product_no, is_put_off=True) for outcome in self.held]


def stream_batches(
    fetch: Callable[[WorkItem], Outcome], items: Iterable[WorkItem], *, workers: int
) -> Iterator[list[Outcome]]:
    """Outcomes in batches of up to 500, at least every 2 s, while `workers` threads go on fetching.

    When a fetch raises StoreSyncError, what was collected until then comes as a last batch before the error does, with
    the failures that were held back as items that are put off.
    """
    with ThreadPoolExecutor(workers, thread_name_prefix="store") as pool:
        try:
            yield from _collect(_iter_outcomes(pool, fetch, items, most_queued=workers * QUEUED_PER_WORKER))
        finally:
            pool.shutdown(cancel_futures=True)


def _iter_outcomes(
    pool: ThreadPoolExecutor, fetch: Callable[[WorkItem], Outcome], items: Iterable[WorkItem], *, most_queued: int
) -> Iterator[Outcome | None]:
    """Each outcome as it comes in; None when nothing came for a moment."""
    finished: queue.SimpleQueue[Future[Outcome]] = queue.SimpleQueue()
    run_fetch, supply, waiting = carry_context(fetch), iter(items), 0
    while True:
        for item in islice(supply, most_queued - waiting):
            pool.submit(run_fetch, item).add_done_callback(finished.put)
            waiting += 1
        if not waiting:
            return
        try:
            future = finished.get(timeout=TICK_SECONDS)
        except queue.Empty:
            yield None
        else:
            waiting -= 1
            yield future.result()


def _collect(outcomes: Iterator[Outcome | None]) -> Iterator[list[Outcome]]:
    batch: list[Outcome] = []
    watch, flush_at = FaultWatch(), time.monotonic() + FLUSH_SECONDS
    try:
        for outcome in outcomes:
            batch += watch.admit(outcome) if outcome else []
            is_due = len(batch) >= BATCH_ROWS or time.monotonic() >= flush_at
            if batch and is_due:
                yield batch
                batch, flush_at = [], time.monotonic() + FLUSH_SECONDS
    except StoreSyncError:
        batch += watch.put_off()
        if batch:
            yield batch
        raise
    if batch or watch.held:
        yield [*batch, *watch.held]


class RunRevision:
    """The catalogue revision of a run: allocated at its first change, kept in its row, the same when it is resumed."""

    def __init__(self, run: SyncRun) -> None:
        self._run_id, self._store_id = run.pk, run.store_id

    def __call__(self) -> int:
        """The number; must be called inside the transaction that uses it."""
        row = SyncRun.objects.filter(pk=self._run_id)
        held = row.values_list("revision", flat=True).get()
        if held is None:
            held = allocate_revision(store_id=self._store_id)
            row.update(revision=held)
        return held


def _store_batch(run: SyncRun, client: StoreClient, batch: Sequence[Outcome]) -> None:
    """Upsert the rows and settle the items of a batch, all or nothing."""
    rows = [outcome.row for outcome in batch if outcome.row]
    refusals = [outcome.refusal for outcome in batch if outcome.refusal]
    put_off = [outcome.origin_product_no for outcome in batch if outcome.is_put_off]
    deleted = {outcome.origin_product_no: outcome.deleted_hash for outcome in batch if outcome.is_gone}
    put_aside = [refusal.origin_product_no for refusal in refusals]
    with transaction.atomic():
        counts = upsert_products(
            store_id=run.store_id,
            rows=rows,
            revision=RunRevision(run),
            observed_at=run.scan.scanned_at,
            asked_at_revision=run.asked_at_revision,
        )
        kept = {row.origin_product_no for row in rows}.difference(counts.left_out)
        run.items.filter(origin_product_no__in=[*kept, *deleted]).update(state=ItemState.DONE)
        # What was left out keeps its other price: this scan must not confirm it.
        run.items.filter(origin_product_no__in=[*put_aside, *counts.left_out]).update(state=ItemState.REFUSED)
        run.items.filter(origin_product_no__in=put_off).update(is_put_off=True)
        resolve_failures(store_id=run.store_id, origin_product_nos=kept)
        gone = settle_deleted(run, deleted, deleted) if deleted else 0
        boundaries = {outcome.origin_product_no: outcome.boundaries for outcome in batch}
        record_readings(
            store_id=run.store_id,
            boundaries={number: boundaries[number] for number in kept},
            read_at=run.scan.scanned_at,
        )
        record_refusals(run=run, refusals=refusals, quote=client.quote)
        SyncRun.objects.filter(pk=run.pk).update(
            fetched=F("fetched") + len(batch) - len(put_off),
            created=F("created") + counts.created,
            updated=F("updated") + counts.updated,
            skipped=F("skipped") + counts.skipped,
            stale=F("stale") + counts.stale,
            refused=F("refused") + len(put_aside),
            deleted=F("deleted") + gone,
        )
    save_call_counts(run, client)


def settle_deleted(run: SyncRun, numbers: Collection[int], summary_hashes: Mapping[int, str] | None = None) -> int:
    """Mark products as deleted, with all that follows; returns how many were not before. Runs in the caller's transaction.

    summary_hashes: {origin product number: fingerprint of the list entry that calls it deleted}.
    """
    marked = mark_deleted(
        store_id=run.store_id,
        origin_product_nos=numbers,
        revision=RunRevision(run),
        summary_hashes=summary_hashes or {},
    )
    resolve_failures(store_id=run.store_id, origin_product_nos=numbers)
    forget_readings(store_id=run.store_id, origin_product_nos=numbers)
    return marked


def save_call_counts(run: SyncRun, client: StoreClient) -> None:
    """Add what the client has sent since to the run's row."""
    taken = client.take_counts()
    slowest = [[round(seconds, 4), sku, number] for seconds, sku, number in taken.slowest]
    run.slowest = sorted([*run.slowest, *slowest], reverse=True)[:SLOWEST_KEPT]
    run.unknown_fields = add_unknown(run.unknown_fields, taken.unknown_fields)
    SyncRun.objects.filter(pk=run.pk).update(
        calls=F("calls") + taken.calls,
        rate_limited=F("rate_limited") + taken.rate_limited,
        rate_limited_imposed=F("rate_limited_imposed") + taken.rate_limited_imposed,
        retries=F("retries") + taken.retries,
        slowest=run.slowest,
        unknown_fields=run.unknown_fields,
    )
