"""Taking entries out of the refresh queue and ending them: alone or many at once, by one process at a time.

Taking is exclusive by SKIP LOCKED on PostgreSQL, and on SQLite because each transaction is IMMEDIATE there.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import F, QuerySet
from django.utils import timezone

from content.refresh.models import EntryState, Outcome, Reason, RefreshEntry, Urgency
from content.refresh.selectors import select_due
from perfhooks.liveness import is_claim_abandoned, this_claim, this_holder
from perfhooks.metrics import count, observe
from perfhooks.trace import current_trace_id
from products.catalog.selectors import latest_version, latest_wording

FAILURE_LIMIT = 3
CRASH_LIMIT = 10
"""A post that ends its process time and again is given up, but not for a few unlucky restarts."""
PATIENT_CRASHES = 2
"""A process that died says little about the post: only then must the next attempt wait."""
BACKOFF_FACTOR, BACKOFF_MOST = 4, timedelta(hours=1)
ERROR_LENGTH_LIMIT = 2_000
_AGAIN: dict[str, Any] = {
    "state": EntryState.QUEUED,
    "is_dirty": False,
    "claimed_at": None,
    "claimed_by": "",
    "failures": 0,
    "error": "",
    "not_before": None,
    "urgency": Urgency.READERS,
}
"""An entry that waits once more because its post changed while it was worked on."""


@dataclass(frozen=True, slots=True)
class ClaimedEntry:
    """An entry that this process has taken."""

    id: int
    post_id: int
    slug: str
    reason: str


@dataclass(frozen=True, slots=True)
class FinishCounts:
    """What became of entries that were to be closed. again: their posts changed meanwhile; lost: not this process's any more."""

    done: int
    again: int
    lost: int


def claim_entries(*, limit: int) -> list[ClaimedEntry]:
    """Take up to `limit` waiting entries for this process, in the queue's order; whose backoff is not over stay."""
    return _claim(select_due(), limit=limit)


def claim_entry(*, entry_id: int) -> ClaimedEntry | None:
    """Take this entry if it still waits; None when somebody else has it or it has ended."""
    return next(iter(_claim(select_due().filter(id=entry_id), limit=1)), None)


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
def finish_entries(*, outcomes: Mapping[int, str]) -> FinishCounts:
    """Close many entries that this process holds, {entry id: a value of Outcome}, in a few statements whatever their number.

    As `finish_entry`: whose post changed meanwhile waits again, and what passed to another process stays untouched.
    """
    held = RefreshEntry.objects.filter(
        id__in=list(outcomes), state=EntryState.CLAIMED, claimed_by__startswith=f"{this_holder()}@"
    )
    rows = list(held.order_by("post_id").select_for_update().values_list("id", "is_dirty", "enqueued_at"))
    now = timezone.now()
    again = [entry_id for entry_id, is_dirty, _since in rows if is_dirty]
    done = {entry_id: (Outcome(outcomes[entry_id]), since) for entry_id, is_dirty, since in rows if not is_dirty}
    if again:
        RefreshEntry.objects.filter(id__in=again).update(**_AGAIN, reason=Reason.PRODUCT_CHANGED, enqueued_at=now)
        count("refresh_queue_enqueue_total", len(again))
    for outcome in Outcome:
        ids = [entry_id for entry_id, (ended, _since) in done.items() if ended == outcome]
        if ids:
            RefreshEntry.objects.filter(id__in=ids).update(
                state=EntryState.DONE, finished_at=now, outcome=outcome, error="", not_before=None
            )
    for ended, since in done.values():
        if ended == Outcome.BUILT:
            observe("time_to_refresh_publish_seconds", (now - since).total_seconds())
    return FinishCounts(len(done), len(again), len(outcomes) - len(rows))


@transaction.atomic
def fail_entry(*, entry_id: int, error: str) -> bool:
    """Note a failure: the entry waits again, or is dead after 3 failures. Returns whether it waits again.

    Before the next attempt settings.REFRESH_BACKOFF_SECONDS pass, four times as many after each failure, an hour at most. A post that changed while it was processed starts to count anew.
    """
    entry = _lock_own(entry_id)
    return entry is not None and _note_failure(entry, error=error, limit=FAILURE_LIMIT, patience=0)


def release_dead_claims() -> int:
    """Put back what dead processes hold, and claims older than settings.CLAIM_LEASE_SECONDS; returns how many.

    An entry whose process died 10 times is dead.
    """
    return sum(
        _release(entry_id, holder, claimed_at)
        for entry_id, holder, claimed_at in _list_claims()
        if is_claim_abandoned(holder, claimed_at=claimed_at, lease_seconds=settings.CLAIM_LEASE_SECONDS)
    )


@transaction.atomic
def _claim(due: QuerySet[RefreshEntry], *, limit: int) -> list[ClaimedEntry]:
    locked = due.select_for_update(skip_locked=True, of=("self",))[:limit]
    taken = [ClaimedEntry(*row) for row in locked.values_list("id", "post_id", "post__slug", "reason")]
    if taken:
        RefreshEntry.objects.filter(id__in=[entry.id for entry in taken]).update(
            state=EntryState.CLAIMED,
            claimed_at=timezone.now(),
            claimed_by=this_claim(),
            attempts=F("attempts") + 1,
            catalogue_version=latest_version(),
            catalogue_wording=latest_wording(),
            trace_id=current_trace_id(),
        )
    return taken


def _lock_own(entry_id: int) -> RefreshEntry | None:
    own = RefreshEntry.objects.filter(id=entry_id, state=EntryState.CLAIMED, claimed_by__startswith=f"{this_holder()}@")
    return own.select_for_update().first()


def _note_failure(entry: RefreshEntry, *, error: str, limit: int, patience: int) -> bool:
    failures = 0 if entry.is_dirty else entry.failures + 1
    text = error.replace("\x00", "")[:ERROR_LENGTH_LIMIT]
    if failures >= limit:
        entry.failures = failures
        _end(entry, EntryState.DEAD, error=text)
        return False
    _put_back(entry, reason=entry.reason, failures=failures, error=text)
    entry.not_before = _find_next_attempt(failures - patience)
    entry.save(update_fields=["not_before"])
    return True


def _find_next_attempt(failures: int) -> datetime | None:
    seconds = settings.REFRESH_BACKOFF_SECONDS
    if failures < 1 or not seconds:
        return None
    return timezone.now() + min(timedelta(seconds=seconds * BACKOFF_FACTOR ** (failures - 1)), BACKOFF_MOST)


def _put_back(entry: RefreshEntry, *, reason: str, failures: int, error: str) -> None:
    if entry.is_dirty:
        entry.urgency = Urgency.READERS
    entry.state, entry.reason, entry.is_dirty = EntryState.QUEUED, reason, False
    entry.enqueued_at, entry.claimed_at, entry.claimed_by, entry.not_before = timezone.now(), None, "", None
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
    error = "처리하던 작업자가 응답하지 않아 다시 대기합니다."
    _note_failure(entry, error=error, limit=CRASH_LIMIT, patience=PATIENT_CRASHES)
    return True
