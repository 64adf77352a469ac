"""Batches of many posts as a job: begun by a request, carried out beside it, and gone on with or undone where it died."""

from dataclasses import dataclass
from datetime import timedelta

import structlog
from django.db.models import Count, Q
from django.utils import timezone

from content.clusters.health import measure_links
from content.clusters.inserting import BatchOutcome, apply_batch, begin_batch, undo_batch
from content.clusters.models import LinkBatch, PlannedLink
from perfhooks.locks import LockHeld

LONG_POSTS = 50
"""A batch of more posts is a job; a post takes some 20 ms, a shorter batch a second."""
SILENT_AFTER = timedelta(minutes=1)
"""A job without progress for so long has died."""
BatchState = LinkBatch.State
RUNS = {BatchState.APPLYING: apply_batch, BatchState.UNDOING: undo_batch}
WAITING = {BatchState.APPLYING: PlannedLink.State.PLANNED, BatchState.UNDOING: PlannedLink.State.INSERTED}

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a batch at work is. done, total: links; inserted: of them, now in the posts; is_silent: it has died."""

    done: int
    total: int
    inserted: int
    is_silent: bool


def start_batch(*, batch_id: str, state: BatchState, actor_id: int | None) -> BatchOutcome | None:
    """Insert (`applying`) or take back (`undoing`) the batch's links, or where they are of many posts only begin it: None.

    Raises as `apply_batch` and `undo_batch`; so LockHeld while the batch's own job is at work.
    """
    waiting = PlannedLink.objects.filter(batch__batch_id=batch_id, state=WAITING[state])
    if waiting.values("source_id").distinct().count() > LONG_POSTS:
        begin_batch(batch_id=batch_id, state=state)
        return None
    done = RUNS[state](batch_id=batch_id, actor_id=actor_id)
    measure_links(batch_id=batch_id)
    return done


def carry_out(*, batch_id: str, actor_id: int | None = None) -> None:
    """Do a begun batch to its end; harmless where it has ended, is gone, or is done by somebody else at the same time."""
    batch = LinkBatch.objects.filter(batch_id=batch_id, state__in=RUNS).first()
    if batch is None:
        return
    try:
        RUNS[BatchState(batch.state)](batch_id=batch_id, actor_id=actor_id)
    except LockHeld as held:
        log.info("links_left_to_other", batch_id=batch_id, holder=held.holder)
    else:
        measure_links(batch_id=batch_id)


def read_progress(batch: LinkBatch) -> Progress | None:
    """How far it is, in one query; None of a batch that is not at work."""
    if batch.state not in RUNS:
        return None
    counts = batch.links.aggregate(**{state: Count("pk", filter=Q(state=state)) for state in PlannedLink.State.values})
    is_undo = batch.state == BatchState.UNDOING
    total = counts["inserted"] + counts["undone"] if is_undo else batch.planned
    left = counts[WAITING[BatchState(batch.state)]]
    is_silent = batch.worked_at is None or timezone.now() - batch.worked_at > SILENT_AFTER
    return Progress(total - left, total, counts["inserted"], is_silent)
