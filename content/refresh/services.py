"""Writes of the refresh queue: what must be processed goes in; workers take it out by `claims`; nothing is lost on the way.

A change reaches the queue inside the transaction that makes it. Where a live entry stands already, that transaction holds
its row until it ends: a waiting entry cannot be taken before the change is visible, and one being worked on is marked
dirty, so that its end puts it back.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import structlog
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from content.batches import split_batches
from content.comparison.touching import touch_tables, touch_tables_of_posts
from content.packages.lost import list_lost_ids, retire_lost
from content.posts.selectors import hold_posts, keep_processable, list_ids_waiting_for
from content.refresh.claims import FAILURE_LIMIT as FAILURE_LIMIT
from content.refresh.claims import ClaimedEntry as ClaimedEntry
from content.refresh.claims import FinishCounts as FinishCounts
from content.refresh.claims import claim_entries as claim_entries
from content.refresh.claims import claim_entry as claim_entry
from content.refresh.claims import fail_entry as fail_entry
from content.refresh.claims import finish_entries as finish_entries
from content.refresh.claims import finish_entry as finish_entry
from content.refresh.claims import release_dead_claims as release_dead_claims
from content.refresh.models import LIVE_STATES, EntryState, Reason, RefreshEntry, Urgency
from content.refresh.selectors import count_open as count_open
from content.refresh.selectors import (
    list_outdated_ids,
    list_picture_retry_ids,
    list_turning_ids,
    list_unmatched_ids,
    list_unpackaged_ids,
    select_dead,
)
from perfhooks.metrics import count
from perfhooks.trace import current_trace_id
from products.catalog.selectors import latest_version, list_content_ids_showing
from products.upsert.ports import ProductChange

BATCH_SIZE = 1_000

log = structlog.get_logger()

_PLAIN: dict[str, Any] = {
    "urgency": Urgency.READERS,
    "score": 0,
    "score_parts": {},
    "score_reason": "",
    "not_before": None,
}
"""An entry that no score has queued."""


@dataclass(frozen=True, slots=True)
class Worth:
    """Why a post is queued by its score. score: as in score.py; parts: millionths by part; reason: the heaviest one."""

    score: int
    parts: Mapping[str, int]
    reason: str


def enqueue_posts(*, post_ids: Iterable[int], reason: str, revision: int | None = None) -> int:
    """Make sure that each of these posts is processed after the current transaction; returns the entries added.

    A post that waits already keeps its entry and its place, unless it only waited for its score; one being processed is
    marked to be processed again; one that was deleted meanwhile is left out.
    reason: a value of Reason; revision: the catalogue revision that caused it.
    """
    batches = list(split_batches(post_ids, size=BATCH_SIZE))
    if not batches:
        return 0
    added = 0
    with transaction.atomic():
        for batch in batches:
            added += _enqueue_batch(batch, reason=Reason(reason), revision=revision)
    if added:
        count("refresh_queue_enqueue_total", added)
    return added


def enqueue_scored(*, worths: Mapping[int, Worth]) -> int:
    """Queue posts by their scores, {post id: worth}; those that wait already or are worked on stay as they are.

    Returns the entries added.
    """
    added = 0
    with transaction.atomic():
        for batch in split_batches(worths, size=BATCH_SIZE):
            post_ids = hold_posts(batch)
            standing = RefreshEntry.objects.filter(post__in=post_ids, state__in=[*LIVE_STATES, EntryState.DEAD])
            skipped = set(standing.values_list("post_id", flat=True))
            entries = [_make_scored(key, worths[key]) for key in post_ids if key not in skipped]
            before = RefreshEntry.objects.filter(post__in=post_ids, state__in=LIVE_STATES).count()
            RefreshEntry.objects.bulk_create(entries, ignore_conflicts=True)
            added += RefreshEntry.objects.filter(post__in=post_ids, state__in=LIVE_STATES).count() - before
    if added:
        count("refresh_queue_enqueue_total", added)
    return added


def _make_scored(post_id: int, worth: Worth) -> RefreshEntry:
    return RefreshEntry(
        post_id=post_id,
        reason=Reason.SCORE,
        urgency=Urgency.SCORE,
        score=worth.score,
        score_parts=dict(worth.parts),
        score_reason=worth.reason,
        enqueued_at=timezone.now(),
        trace_id=current_trace_id(),
    )


def enqueue_for_products(*, changes: Sequence[ProductChange], revision: int) -> int:
    """Queue the posts that show a changed product, and those that wait for its SKU or for another picture of it.

    The tables that may have to show the change are noted; who renews them queues the posts that show a renewed one.

    The upsert's port: it runs inside the upsert's transaction. Returns the entries added.
    """
    touch_tables(changes=changes, revision=revision)
    showing = list_content_ids_showing([change.product_id for change in changes if not change.is_new])
    waiting = list_ids_waiting_for(change.sku for change in changes)
    added = enqueue_posts(post_ids=keep_processable(showing), reason=Reason.PRODUCT_CHANGED, revision=revision)
    return added + enqueue_posts(post_ids=keep_processable(waiting), reason=Reason.SKU_APPEARED, revision=revision)


def enqueue_for_holds(*, post_ids: Iterable[int]) -> int:
    """Queue those of the posts that are processed at all: editors held a product of theirs back, or released it.

    The catalogue's port: it runs inside the edit's transaction. Returns the entries added.
    """
    posts = keep_processable(post_ids)
    touch_tables_of_posts(post_ids=posts)
    return enqueue_posts(post_ids=posts, reason=Reason.PRODUCT_CHANGED)


def enqueue_overtaken(*, post_id: int, revision: int) -> int:
    """Queue a post once more because it shows less than the catalogue holds; returns the entries added.

    Not when the catalogue stands as it stood when the post was taken: to do the same again would end alike, for ever.
    """
    taken = RefreshEntry.objects.filter(post_id=post_id, state=EntryState.CLAIMED)
    if taken.filter(catalogue_version=latest_version()).exists():
        log.error("overtaken_by_nothing", post_id=post_id, revision=revision)
        return 0
    return enqueue_posts(post_ids=[post_id], reason=Reason.PRODUCT_CHANGED, revision=revision)


def enqueue_unpackaged() -> int:
    """The sweeper: queue every post that needs processing though nobody asked for it; returns the entries added.

    What a lost message or a killed process left behind, packages whose file is gone or that older templates, texts or
    recipes made, pictures that were refused a while ago, posts without a product of their own when the catalogue moved, and
    those that a rule of a season may decide otherwise from today on.
    """
    found = {
        Reason.UNPACKAGED: list_unpackaged_ids,
        Reason.OUTDATED: list_outdated_ids,
        Reason.RETRY: list_picture_retry_ids,
        Reason.CATALOGUE_MOVED: list_unmatched_ids,
        Reason.SEASON_TURNED: list_turning_ids,
    }
    return _enqueue_lost() + sum(enqueue_posts(post_ids=find(), reason=reason) for reason, find in found.items())


def _enqueue_lost() -> int:
    """Queue the posts whose package's file is gone, in the transaction that takes note of it."""
    added = 0
    for batch in split_batches(list_lost_ids(), size=BATCH_SIZE):
        with transaction.atomic():
            posts = keep_processable(retire_lost(batch))
            dead = set(select_dead().filter(post__in=posts).values_list("post_id", flat=True))
            added += enqueue_posts(post_ids=set(posts) - dead, reason=Reason.UNPACKAGED)
    return added


def retry_dead(*, post_ids: Iterable[int]) -> int:
    """Queue posts whose last attempt failed once more; returns the entries added."""
    return enqueue_posts(post_ids=post_ids, reason=Reason.RETRY)


def _enqueue_batch(post_ids: list[int], *, reason: Reason, revision: int | None) -> int:
    held = _hold_live(post_ids, revision=revision)
    missing = [post_id for post_id in post_ids if post_id not in held]
    added = 0
    while missing := hold_posts(missing):
        fresh = {"reason": reason, "enqueued_at": timezone.now(), "trace_id": current_trace_id(), "revision": revision}
        _revive_dead(missing, fresh)
        entries = [RefreshEntry(post_id=post_id, **fresh) for post_id in missing]
        RefreshEntry.objects.bulk_create(entries, ignore_conflicts=True)
        # Another transaction may have added the same post and a worker may have taken or even ended it since.
        held = _hold_live(missing, revision=revision)
        added += len(held)
        missing = [post_id for post_id in missing if post_id not in held]
    return added


def _revive_dead(post_ids: list[int], fresh: dict[str, Any]) -> None:
    """Let dead entries wait again instead of adding others: who is dead still waits for a person, and these do not."""
    dead = RefreshEntry.objects.filter(post_id__in=post_ids, state=EntryState.DEAD)
    ids = dead.order_by("post_id").select_for_update().values_list("id", flat=True)
    RefreshEntry.objects.filter(id__in=list(ids)).update(
        state=EntryState.QUEUED, finished_at=None, claimed_at=None, claimed_by="", failures=0, **_PLAIN, **fresh
    )


def _hold_live(post_ids: list[int], *, revision: int | None) -> set[int]:
    """Lock the live entries of these posts until the transaction ends, note the change in them, return their posts."""
    live = RefreshEntry.objects.filter(post_id__in=post_ids, state__in=LIVE_STATES)
    # One order for all transactions, so that two of them cannot wait for each other.
    held = dict(live.select_for_update().order_by("post_id").values_list("id", "post_id"))
    _note_change(RefreshEntry.objects.filter(id__in=held), revision=revision)
    return set(held.values())


def _note_change(entries: QuerySet[RefreshEntry], *, revision: int | None) -> None:
    entries.filter(state=EntryState.CLAIMED, is_dirty=False).update(is_dirty=True)
    # What a change asks for, readers wait for: it goes before those that wait for their score alone, and at once.
    late = Q(urgency=Urgency.SCORE) | Q(not_before__isnull=False)
    entries.filter(late, state=EntryState.QUEUED).update(urgency=Urgency.READERS, not_before=None)
    if revision is not None:
        entries.filter(Q(revision__lt=revision) | Q(revision__isnull=True)).update(revision=revision)
