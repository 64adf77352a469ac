"""Writes of the refresh queue: what must be processed goes in, workers take it out, nothing is lost on the way.

A change reaches the queue inside the transaction that makes it. Where a live entry stands already, that transaction holds
its row until it ends: a waiting entry cannot be taken before the change is visible, and one being worked on is marked
dirty, so that its end puts it back. Taking is exclusive by SKIP LOCKED on PostgreSQL, and on SQLite because each
transaction is IMMEDIATE there.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import structlog
from django.conf import settings
from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.utils import timezone

from content.batches import split_batches
from content.comparison.touching import touch_tables, touch_tables_of_posts
from content.packages.lost import list_lost_ids, retire_lost
from content.posts.selectors import hold_posts, keep_processable, list_ids_waiting_for
from content.refresh.models import LIVE_STATES, EntryState, Outcome, Reason, RefreshEntry
from content.refresh.selectors import count_open as count_open
from content.refresh.selectors import (
    list_outdated_ids,
    list_picture_retry_ids,
    list_turning_ids,
    list_unmatched_ids,
    list_unpackaged_ids,
    select_dead,
    select_queued,
)
from perfhooks.liveness import is_claim_abandoned, this_claim, this_holder
from perfhooks.metrics import count, observe
from perfhooks.trace import current_trace_id
from products.catalog.selectors import latest_version, latest_wording, list_content_ids_showing
from products.upsert.ports import ProductChange

FAILURE_LIMIT = 3
CRASH_LIMIT = 10
"""A post that ends its process time and again is given up, but not for a few unlucky restarts."""
BATCH_SIZE = 1_000
ERROR_LENGTH_LIMIT = 2_000

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class ClaimedEntry:
    """An entry that this process has taken."""

    id: int
    post_id: int
    slug: str
    reason: str


def enqueue_posts(*, post_ids: Iterable[int], reason: str, revision: int | None = None) -> int:
    """Make sure that each of these posts is processed after the current transaction; returns the entries added.

    A post that waits already keeps its entry and its place; one being processed is marked to be processed again; one
    that was deleted meanwhile is left out.
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


def claim_entries(*, limit: int) -> list[ClaimedEntry]:
    """Take up to `limit` waiting entries for this process, the longest waiting first."""
    return _claim(select_queued(), limit=limit)


def claim_entry(*, entry_id: int) -> ClaimedEntry | None:
    """Take this entry if it still waits; None when somebody else has it or it has ended."""
    return next(iter(_claim(select_queued().filter(id=entry_id), limit=1)), None)


@transaction.atomic
def finish_entry(*, entry_id: int, outcome: str = Outcome.BUILT, reason: str = "") -> bool:
    """Close an entry that this process holds; False when it waits again because its post changed meanwhile.

    outcome: a value of Outcome; reason: why, when the cause of a refusal lies outside of the post. Also False, with
    nothing written, when the claim had passed to another process.
    """
    entry = _lock_own(entry_id)
    if entry is None:
        return False
    if entry.is_dirty:
        _put_back(entry, reason=Reason.PRODUCT_CHANGED, failures=0, error="")
        count("refresh_queue_enqueue_total")
        return False
    entry.outcome = Outcome(outcome)
    _end(entry, EntryState.DONE, error=reason)
    if entry.outcome == Outcome.BUILT and entry.finished_at is not None:
        observe("time_to_refresh_publish_seconds", (entry.finished_at - entry.enqueued_at).total_seconds())
    return True


@transaction.atomic
def fail_entry(*, entry_id: int, error: str) -> bool:
    """Note a failure: the entry waits again, or is dead after 3 failures. Returns whether it waits again.

    A post that changed while it was processed starts to count anew.
    """
    entry = _lock_own(entry_id)
    return entry is not None and _note_failure(entry, error=error, limit=FAILURE_LIMIT)


def release_dead_claims() -> int:
    """Put back what dead processes hold, and claims older than settings.CLAIM_LEASE_SECONDS; returns how many.

    An entry whose process died 10 times is dead.
    """
    return sum(
        _release(entry_id, holder, claimed_at)
        for entry_id, holder, claimed_at in _list_claims()
        if is_claim_abandoned(holder, claimed_at=claimed_at, lease_seconds=settings.CLAIM_LEASE_SECONDS)
    )


def retry_dead(*, post_ids: Iterable[int]) -> int:
    """Queue posts whose last attempt failed once more; returns the entries added."""
    return enqueue_posts(post_ids=post_ids, reason=Reason.RETRY)


@transaction.atomic
def _claim(waiting: QuerySet[RefreshEntry], *, limit: int) -> list[ClaimedEntry]:
    taken = list(waiting.select_related("post").select_for_update(skip_locked=True, of=("self",))[:limit])
    ids = [entry.pk for entry in taken]
    RefreshEntry.objects.filter(id__in=ids).update(
        state=EntryState.CLAIMED,
        claimed_at=timezone.now(),
        claimed_by=this_claim(),
        attempts=F("attempts") + 1,
        catalogue_version=latest_version(),
        catalogue_wording=latest_wording(),
        trace_id=current_trace_id(),
    )
    return [ClaimedEntry(entry.pk, entry.post_id, entry.post.slug, entry.reason) for entry in taken]


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
        state=EntryState.QUEUED, finished_at=None, claimed_at=None, claimed_by="", failures=0, **fresh
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
    if revision is not None:
        entries.filter(Q(revision__lt=revision) | Q(revision__isnull=True)).update(revision=revision)


def _lock_own(entry_id: int) -> RefreshEntry | None:
    own = RefreshEntry.objects.filter(id=entry_id, state=EntryState.CLAIMED, claimed_by__startswith=f"{this_holder()}@")
    return own.select_for_update().first()


def _note_failure(entry: RefreshEntry, *, error: str, limit: int) -> bool:
    failures = 0 if entry.is_dirty else entry.failures + 1
    text = error.replace("\x00", "")[:ERROR_LENGTH_LIMIT]
    if failures >= limit:
        entry.failures = failures
        _end(entry, EntryState.DEAD, error=text)
        return False
    _put_back(entry, reason=entry.reason, failures=failures, error=text)
    return True


def _put_back(entry: RefreshEntry, *, reason: str, failures: int, error: str) -> None:
    entry.state, entry.reason, entry.is_dirty = EntryState.QUEUED, reason, False
    entry.enqueued_at, entry.claimed_at, entry.claimed_by = timezone.now(), None, ""
    entry.failures, entry.error = failures, error
    entry.save()


def _end(entry: RefreshEntry, state: EntryState, *, error: str) -> None:
    entry.state, entry.is_dirty, entry.finished_at, entry.error = state, False, timezone.now(), error
    entry.save()


def _list_claims() -> list[tuple[int, str, datetime]]:
    """(entry, holder, since when) of everything that is being worked on."""
    claims = RefreshEntry.objects.filter(state=EntryState.CLAIMED)
    return [(entry.pk, entry.claimed_by, entry.claimed_at) for entry in claims if entry.claimed_at is not None]


@transaction.atomic
def _release(entry_id: int, holder: str, claimed_at: datetime) -> bool:
    # The old claim in the condition: another process may have released and taken it in between.
    held = RefreshEntry.objects.filter(id=entry_id, state=EntryState.CLAIMED, claimed_by=holder, claimed_at=claimed_at)
    entry = held.select_for_update().first()
    if entry is None:
        return False
    _note_failure(entry, error="처리하던 작업자가 응답하지 않아 다시 대기합니다.", limit=CRASH_LIMIT)
    return True
