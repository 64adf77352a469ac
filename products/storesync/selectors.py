"""What the sync answers: how a run stands, and what needs a person."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import F, Q, QuerySet

from products.storesync.models import RunStatus, SyncFailure, SyncRun


@dataclass(frozen=True, slots=True)
class RunFacts:
    """A run and what it has done so far; `error` is also where a notice stands. Times are aware.

    `is_complete`: the run is done, and its list was whole and consistent. `skipped` products were unchanged; `refused`
    ones could not be kept; of `stale` ones another writer had brought a later edit while this run read the store.
    `reasons`: how many details were asked for, by reason. Of the `rate_limited` replies, pacing could not have avoided the
    `rate_limited_imposed` ones.
    """

    run_id: int
    store_code: str
    status: str
    trace_id: str
    started_at: datetime
    finished_at: datetime | None
    revision: int | None
    is_complete: bool
    listed: int
    planned: int
    fetched: int
    created: int
    updated: int
    skipped: int
    stale: int
    refused: int
    deleted: int
    calls: int
    rate_limited: int
    rate_limited_imposed: int
    retries: int
    rescans: int
    reasons: dict[str, int]
    error: str


def describe_run(run_id: int) -> RunFacts:
    """How a run stands now; raises SyncRun.DoesNotExist."""
    own = RunFacts.__dataclass_fields__.keys() - {"run_id", "store_code", "is_complete"}
    is_complete = Q(status=RunStatus.DONE, is_consistent=True)
    row = SyncRun.objects.annotate(run_id=F("pk"), store_code=F("store__code"), is_complete=is_complete)
    return RunFacts(**row.values(*own, "run_id", "store_code", "is_complete").get(pk=run_id))


def select_failed_runs() -> QuerySet[SyncRun]:
    """Runs that failed, and that no later run of the same store has made good."""
    return SyncRun.objects.filter(status=RunStatus.FAILED)


def select_parked_runs() -> QuerySet[SyncRun]:
    """Runs that stopped, as when the store does not answer, and wait for the next start to go on."""
    return SyncRun.objects.filter(status=RunStatus.PARKED)


def select_open_failures() -> QuerySet[SyncFailure]:
    """Products that the last attempt could not keep."""
    return SyncFailure.objects.filter(resolved_at=None)


def count_open_failures(*, store_code: str) -> int:
    """How many of the store's products the last attempt could not keep."""
    return select_open_failures().filter(store__code=store_code).count()
