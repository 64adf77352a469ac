"""Reading a store's list: each page is kept with the work that follows from it, in one transaction.

An offset list has no snapshot: products move between pages while it is read. A list in which the total moved, a number
repeats or the count is not the total is read once more; if that one is no better, the scan stays incomplete.
"""

from collections import Counter
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

import msgspec
from django.db import transaction
from django.db.models import F

from products.catalog.selectors import Standing, read_standings
from products.storesync.client import StoreClient
from products.storesync.decoding import BrokenSummary, ListPage, ProductSummary, to_plain
from products.storesync.failures import OpenFailure, Quote, Refusal, read_open_failures, record_refusals
from products.storesync.mapping import (
    RefusedProduct,
    check_summary,
    choose_main_channel,
    hash_summary,
    read_seller_code,
)
from products.storesync.models import ItemState, Reason, SyncItem, SyncPage, SyncRun
from products.storesync.readings import DueReadings, find_due_readings

RESCANS = 1
UNKNOWN = Standing("", 0, 0, 0, is_shown=False)


@dataclass(frozen=True, slots=True)
class Known:
    """What is already held of the store's products, by origin product number."""

    standings: Mapping[int, Standing] = field(default_factory=dict)
    failures: Mapping[int, OpenFailure] = field(default_factory=dict)
    due: DueReadings = field(default_factory=DueReadings)
    is_incremental: bool = True

    def find_reason(self, number: int, fingerprint: str) -> Reason | None:
        """Why to read a product without an open failure, of which the list says that; None when there is no need."""
        standing = self.standings.get(number)
        if standing is None:
            return Reason.NEW
        if standing.summary_hash != fingerprint:
            return Reason.CHANGED
        if not self.is_incremental:
            return Reason.FULL
        if number in self.due.passed:
            return Reason.BOUNDARY
        return Reason.OLD if number in self.due.old else None


def read_known(*, store_id: int, now: datetime, is_incremental: bool = True) -> Known:
    """What the ledger holds of a store at that moment. Not incremental: every detail counts as unread."""
    failures = read_open_failures(store_id=store_id)
    due = find_due_readings(store_id=store_id, now=now, leave=failures.keys())
    return Known(read_standings(store_id=store_id), failures, due, is_incremental)


@dataclass(slots=True)
class PagePlan:
    """What follows from one page, product by product in the order of the list."""

    run: SyncRun
    first_position: int
    trace_id: str = ""
    numbers: list[int] = field(default_factory=list)
    seller_codes: list[str] = field(default_factory=list)
    items: list[SyncItem] = field(default_factory=list)
    refusals: list[Refusal] = field(default_factory=list)

    def begin(self, number: int, seller_code: str) -> None:
        """Go on to the next product."""
        self.numbers.append(number)
        self.seller_codes.append(seller_code)

    def add_item(self, state: ItemState, **fields: Any) -> None:
        """Put the product on the work list."""
        position = self.first_position + len(self.numbers)
        item = SyncItem(run=self.run, origin_product_no=self.numbers[-1], position=position, state=state, **fields)
        self.items.append(item)

    def want(self, summary: ProductSummary, reason: Reason, standing: Standing) -> None:
        """Put the product on the work list as one to be read, with what decides how soon."""
        channel = choose_main_channel(summary)
        prices = (channel.sale_price, channel.discounted_price or channel.sale_price)
        self.add_item(
            ItemState.PENDING,
            summary=to_plain(summary),
            reason=reason,
            priority=standing.priority,
            is_shown=standing.is_shown,
            is_price_moved=standing is not UNKNOWN and prices != (standing.price, standing.discounted_price),
        )

    def refuse(self, refusal: Refusal) -> None:
        """Put the product aside, with the reason."""
        self.refusals.append(replace(refusal, server_trace_id=self.trace_id))
        self.add_item(ItemState.REFUSED)

    def count_reasons(self) -> Counter[str]:
        """How many products are to be read, by reason."""
        return Counter(str(item.reason) for item in self.items if item.state == ItemState.PENDING)

    def count(self, state: ItemState) -> int:
        """How many items have this state."""
        return sum(item.state == state for item in self.items)


def read_list(*, run: SyncRun, client: StoreClient, size: int) -> None:
    """Read the pages that the run does not have yet, and settle whether the list is consistent.

    Raises StoreSyncError; what was read until then is kept.
    """
    if run.is_listed:
        return
    known = read_known(store_id=run.store_id, now=run.scan.scanned_at, is_incremental=run.is_incremental)
    _read_pages(run, client, size, known)
    while not (is_consistent := _is_consistent(run)) and run.rescans < RESCANS:
        _forget_pages(run)
        _read_pages(run, client, size, known)
    SyncRun.objects.filter(pk=run.pk).update(is_listed=True, is_consistent=is_consistent)
    run.refresh_from_db()


def _read_pages(run: SyncRun, client: StoreClient, size: int, known: Known) -> None:
    last = run.pages.order_by("-number").first()
    number, total_pages = (last.number + 1, last.total_pages) if last else (1, 1)
    while number <= total_pages:
        page = client.fetch_page(page=number, size=size)
        plan = plan_page(run, page, known, first_position=(number - 1) * size)
        _store_page(run, number, page, plan, quote=client.quote)
        is_past_end = not page.summaries and not page.broken
        number, total_pages = number + 1, 0 if is_past_end else page.total_pages


def plan_page(run: SyncRun, page: ListPage, known: Known, *, first_position: int) -> PagePlan:
    """What follows from a page, for a run that need not be saved; nothing is written."""
    plan = PagePlan(run, first_position, page.trace_id)
    for summary in page.summaries:
        plan.begin(summary.origin_product_no, read_seller_code(summary))
        _plan_summary(plan, summary, known)
    for entry in page.broken:
        plan.begin(entry.origin_product_no, "")
        plan.refuse(_refuse_broken(entry))
    return plan


def _plan_summary(plan: PagePlan, summary: ProductSummary, known: Known) -> None:
    fingerprint = hash_summary(summary)
    failure = known.failures.get(summary.origin_product_no)
    try:
        check_summary(summary)
    except RefusedProduct as error:
        plan.refuse(describe_refusal(summary, error, summary_hash=fingerprint))
        return
    reason = known.find_reason(summary.origin_product_no, fingerprint)
    if failure is not None:
        reason = Reason.FAILED if failure.is_due(fingerprint) or not known.is_incremental else None
    if reason:
        plan.want(summary, reason, known.standings.get(summary.origin_product_no, UNKNOWN))
    elif failure is not None:
        plan.add_item(ItemState.REFUSED)


def describe_refusal(summary: ProductSummary, error: RefusedProduct, *, summary_hash: str, body: str = "") -> Refusal:
    """The refusal of a product whose values cannot be kept."""
    channel = choose_main_channel(summary) if summary.channel_products else None
    return Refusal(
        origin_product_no=summary.origin_product_no,
        code="invalid_value",
        message=str(error),
        field=error.field,
        sku=read_seller_code(summary),
        name=(channel.name if channel else "") or "",
        body=body or msgspec.json.encode(summary).decode(),
        summary_hash=summary_hash,
    )


def _refuse_broken(entry: BrokenSummary) -> Refusal:
    message = f"{entry.message}. 조치: 스토어에서 이 값을 고치고, 계속되면 Commerce API 변경 공지를 확인하세요."
    return Refusal(entry.origin_product_no, "broken_summary", message, field=entry.field, body=entry.body)


@transaction.atomic
def _store_page(run: SyncRun, number: int, page: ListPage, plan: PagePlan, *, quote: Quote) -> None:
    SyncPage.objects.create(
        run=run,
        number=number,
        total_elements=page.total_elements,
        total_pages=page.total_pages,
        origin_product_nos=plan.numbers,
        seller_codes=plan.seller_codes,
    )
    # A number that repeats has moved between two pages; the second reading of the list settles it.
    SyncItem.objects.bulk_create(plan.items, ignore_conflicts=True)
    record_refusals(run=run, refusals=plan.refusals, quote=quote)
    pending, refused = plan.count(ItemState.PENDING), plan.count(ItemState.REFUSED)
    run.reasons = dict(Counter(run.reasons) + plan.count_reasons())
    SyncRun.objects.filter(pk=run.pk).update(
        reasons=run.reasons,
        listed=F("listed") + len(plan.numbers),
        planned=F("planned") + pending,
        refused=F("refused") + refused,
        skipped=F("skipped") + len(plan.numbers) - pending - refused,
    )


def _is_consistent(run: SyncRun) -> bool:
    """Whether the pages of the run are one list."""
    pages = list(run.pages.all())
    numbers = [number for page in pages for number in page.origin_product_nos]
    return are_one_list(numbers, {page.total_elements for page in pages})


def are_one_list(numbers: Sequence[int], totals: Set[int]) -> bool:
    """Whether pages are one list: one total, every number once and readable (above 0), as many as the total."""
    return totals == {len(numbers)} and len(set(numbers)) == len(numbers) and min(numbers, default=1) > 0


@transaction.atomic
def _forget_pages(run: SyncRun) -> None:
    run.pages.all().delete()
    run.items.all().delete()
    run.rescans, run.reasons = run.rescans + 1, {}
    start = {"listed": 0, "planned": 0, "refused": 0, "skipped": 0, "reasons": {}}
    SyncRun.objects.filter(pk=run.pk).update(rescans=run.rescans, **start)


def read_seller_codes(run: SyncRun) -> dict[int, str]:
    """{origin product number: seller's code or ""} of everything that the run's list named."""
    codes: dict[int, str] = {}
    for page in run.pages.order_by("number"):
        codes.update(zip(page.origin_product_nos, page.seller_codes, strict=True))
    return {number: code for number, code in codes.items() if number > 0}
