"""Products that could not be kept: writing them down, trying them again, and closing them once they are well."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

from django.utils import timezone

from perfhooks.trace import current_trace_id
from products.storesync.models import SyncFailure, SyncRun

RESTS_AFTER_ATTEMPTS = 5
"""After so many runs an unchanged product is left alone until somebody asks for another try."""
FIELDS = ("sku", "name", "code", "field", "message", "body", "summary_hash", "server_trace_id")


@dataclass(frozen=True, slots=True)
class Refusal:
    """One product that a run could not keep, in the words of its row. `is_passing`: the store's trouble, not the data."""

    origin_product_no: int
    code: str
    message: str
    field: str = ""
    sku: str = ""
    name: str = ""
    body: str = ""
    summary_hash: str = ""
    server_trace_id: str = ""
    is_passing: bool = False


@dataclass(frozen=True, slots=True)
class OpenFailure:
    """What decides whether an open failure is worth another call."""

    summary_hash: str
    attempts: int
    is_retry_wanted: bool

    def is_due(self, summary_hash: str) -> bool:
        """Whether to try: asked for, changed in the store, or not tried often enough."""
        is_changed = summary_hash != self.summary_hash
        return self.is_retry_wanted or is_changed or self.attempts < RESTS_AFTER_ATTEMPTS


def read_open_failures(*, store_id: int) -> dict[int, OpenFailure]:
    """{origin product number: open failure} of a store."""
    rows = SyncFailure.objects.filter(store_id=store_id, resolved_at=None)
    values = rows.values_list("origin_product_no", "summary_hash", "attempts", "is_retry_wanted")
    return {number: OpenFailure(fingerprint, tries, wanted) for number, fingerprint, tries, wanted in values}


Quote = Callable[[str], str]
"""How the store's words are shown: without secrets, and cut."""


def record_refusals(*, run: SyncRun, refusals: Sequence[Refusal], quote: Quote) -> None:
    """Open a failure for each refused product, or bring its open one up to date. Runs in the caller's transaction."""
    latest = {refusal.origin_product_no: refusal for refusal in refusals}
    open_rows = SyncFailure.objects.filter(store_id=run.store_id, resolved_at=None, origin_product_no__in=latest)
    known = {row.origin_product_no: row for row in open_rows}
    now = timezone.now()
    for number, row in known.items():
        _fill(row, latest[number], quote=quote)
        row.last_seen_at, row.is_retry_wanted = now, False
        # A run that refuses a product twice (list, then resumed) has still tried it once.
        row.attempts += 0 if row.run_id == run.pk else 1
        row.run = run
    SyncFailure.objects.bulk_update(
        known.values(), [*FIELDS, "trace_id", "last_seen_at", "is_retry_wanted", "attempts", "run"]
    )
    SyncFailure.objects.bulk_create(_make_rows(run, [latest[number] for number in latest.keys() - known.keys()], quote))


def _make_rows(run: SyncRun, refusals: Sequence[Refusal], quote: Quote) -> list[SyncFailure]:
    now = timezone.now()
    rows = [
        SyncFailure(
            store_id=run.store_id,
            origin_product_no=refusal.origin_product_no,
            run=run,
            first_seen_at=now,
            last_seen_at=now,
        )
        for refusal in refusals
    ]
    for row, refusal in zip(rows, refusals, strict=True):
        _fill(row, refusal, quote=quote)
    return rows


def _fill(row: SyncFailure, refusal: Refusal, *, quote: Quote) -> None:
    limits = {"sku": 40, "name": 300, "code": 80, "field": 120, "server_trace_id": 120}
    for name in FIELDS:
        setattr(row, name, quote(getattr(refusal, name))[: limits.get(name)])
    row.trace_id = current_trace_id()


def resolve_failures(*, store_id: int, origin_product_nos: Collection[int]) -> int:
    """Close the open failures of products that are well now; returns how many."""
    rows = SyncFailure.objects.filter(store_id=store_id, resolved_at=None, origin_product_no__in=origin_product_nos)
    return rows.update(resolved_at=timezone.now())


def resolve_vanished(*, store_id: int, listed: Collection[int]) -> int:
    """Close the open failures of products that a complete list no longer names; returns how many."""
    open_numbers = {number for number in read_open_failures(store_id=store_id) if number > 0}
    return resolve_failures(store_id=store_id, origin_product_nos=open_numbers - set(listed))


def resolve_unnumbered(*, run: SyncRun) -> int:
    """Close the open failures of list entries without a readable number that this run has not met; returns how many."""
    rows = SyncFailure.objects.filter(store_id=run.store_id, resolved_at=None, origin_product_no__lte=0)
    return rows.exclude(run=run).update(resolved_at=timezone.now())


def request_retry(*, failure_ids: Collection[int]) -> int:
    """Have the next run read these products again, however often it failed; returns how many are open."""
    rows = SyncFailure.objects.filter(pk__in=failure_ids, resolved_at=None)
    return rows.update(is_retry_wanted=True)


def request_retries(*, store_code: str, origin_product_nos: Collection[int] = ()) -> int:
    """Have the next run read the store's open failures again, or those of these products; returns how many are open."""
    rows = SyncFailure.objects.filter(store__code=store_code, resolved_at=None)
    chosen = rows.filter(origin_product_no__in=origin_product_nos) if origin_product_nos else rows
    return chosen.update(is_retry_wanted=True)
