"""What a sync would do: it reads the list, plans by the same rules, and writes neither products nor runs."""

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass

from perfhooks.clock import business_now
from products.catalog.models import Store
from products.catalog.selectors import read_living_ids
from products.storesync.books import open_book
from products.storesync.client import LIST_SIZE_LIMIT, StoreClient
from products.storesync.closing import doubt_missing
from products.storesync.models import ItemState, Reason, SyncRun
from products.storesync.scan import Known, PagePlan, are_one_list, plan_page, read_known
from products.storesync.services import read_account


@dataclass(frozen=True, slots=True)
class SyncPreview:
    """The calls and writes of a sync that has not taken place.

    `reasons`: details to read, by reason. `confirm_calls`: products that the list does not name, each to be asked for before
    it is marked deleted; 0 where the list is not believed, as `doubt` says. `insert_rows` is exact, `update_rows` and
    `delete_rows` are the most there can be. `seconds`: how long the details take at the announced `rate_per_second`.
    """

    store_code: str
    listed: int
    list_calls: int
    detail_calls: int
    confirm_calls: int
    reasons: dict[str, int]
    unchanged: int
    refused: int
    insert_rows: int
    update_rows: int
    delete_rows: int
    rate_per_second: float
    seconds: float
    is_consistent: bool
    doubt: str


def preview_sync(
    *, store_code: str, api_url: str = "", is_incremental: bool = True, page_size: int = LIST_SIZE_LIMIT
) -> SyncPreview:
    """Read the store's list and say what a sync would do now; raises StoreSyncError."""
    store = Store.objects.filter(code=store_code).first()
    known, living = Known(is_incremental=is_incremental), frozenset[int]()
    if store is not None:
        known = read_known(store_id=store.pk, now=business_now(), is_incremental=is_incremental)
        living = frozenset(read_living_ids(store_id=store.pk))
    with StoreClient(read_account(api_url=api_url), open_book=open_book) as client:
        plans, totals = _read_plans(client, known, page_size)
        return _sum_up(store_code, client, plans, living, is_consistent=are_one_list(_list_numbers(plans), totals))


def _read_plans(client: StoreClient, known: Known, page_size: int) -> tuple[list[PagePlan], set[int]]:
    """What follows from each page, and the totals that the pages named."""
    plans: list[PagePlan] = []
    totals, total_pages = set[int](), 1
    while len(plans) < total_pages:
        page = client.fetch_page(page=len(plans) + 1, size=page_size)
        plans.append(plan_page(SyncRun(), page, known, first_position=len(plans) * page_size))
        totals.add(page.total_elements)
        total_pages = page.total_pages if page.summaries or page.broken else 0
    return plans, totals


def _list_numbers(plans: Collection[PagePlan]) -> list[int]:
    return [number for plan in plans for number in plan.numbers]


def _sum_up(
    store_code: str, client: StoreClient, plans: Collection[PagePlan], living: Collection[int], *, is_consistent: bool
) -> SyncPreview:
    listed = set(_list_numbers(plans))
    missing = set(living) - listed
    doubt = doubt_missing(len(missing), len(living), is_empty=not listed, is_consistent=is_consistent)
    confirm_calls = 0 if doubt else len(missing)
    reasons = dict(sum((plan.count_reasons() for plan in plans), Counter[str]()))
    detail_calls, refused = sum(reasons.values()), sum(plan.count(ItemState.REFUSED) for plan in plans)
    lane = client.read_lane("list")  # nothing is known of the details' own bucket before the first is read
    waiting = max(0.0, detail_calls + confirm_calls - 2 * lane.kept_turns)
    return SyncPreview(
        store_code=store_code,
        listed=len(listed),
        list_calls=len(plans),
        detail_calls=detail_calls,
        confirm_calls=confirm_calls,
        reasons=reasons,
        unchanged=len(listed) - detail_calls - refused,
        refused=refused,
        insert_rows=reasons.get(Reason.NEW, 0),
        update_rows=detail_calls - reasons.get(Reason.NEW, 0),
        delete_rows=confirm_calls,
        rate_per_second=lane.rate,
        seconds=round(waiting / lane.rate, 1),
        is_consistent=is_consistent,
        doubt=doubt,
    )
