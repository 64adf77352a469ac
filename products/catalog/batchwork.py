"""Long batches as a job: begun by a request, carried out part by part outside of it, and picked up where a death left it.

Each part is one transaction that does so many products whole and marks them done; what is not marked is still to do.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from products.catalog.batches import (
    BatchError,
    apply_batch,
    apply_items,
    finish_apply,
    finish_undo,
    open_applied,
    open_draft,
    undo_batch,
    undo_items,
)
from products.catalog.models import BatchState, ChangeBatch, ChangeBatchItem, ItemState

LONG_PRODUCTS = 5_000
"""A batch that changes more products than this is a job; a shorter one takes a second or two."""
PART_ITEMS = 2_000
SILENT_AFTER = timedelta(minutes=1)
"""A job without progress for so long has died, and may be picked up."""


@dataclass(frozen=True, slots=True)
class Job:
    """What is done with the items that are in the state `waiting`, and at the end."""

    waiting: ItemState
    act: Callable[[QuerySet[ChangeBatchItem]], None]
    finish: Callable[[ChangeBatch], None]


JOBS = {
    BatchState.APPLYING: Job(ItemState.DRAFT, apply_items, finish_apply),
    BatchState.UNDOING: Job(ItemState.APPLIED, undo_items, finish_undo),
}


def start_apply(*, batch_id: int, actor_id: int, reason: str = "") -> ChangeBatch:
    """Apply the batch, or where it is long begin it: its state then stands in `JOBS`. Raises as `apply_batch`."""
    if not _is_long(batch_id):
        return apply_batch(batch_id=batch_id, actor_id=actor_id, reason=reason)
    with transaction.atomic():
        return _begin(open_draft(batch_id=batch_id, actor_id=actor_id, reason=reason), BatchState.APPLYING)


def start_undo(*, batch_id: int, actor_id: int) -> ChangeBatch:
    """Undo the batch, or where it is long begin to. Raises as `undo_batch`."""
    if not _is_long(batch_id):
        return undo_batch(batch_id=batch_id, actor_id=actor_id)
    with transaction.atomic():
        return _begin(open_applied(batch_id=batch_id, actor_id=actor_id), BatchState.UNDOING)


@transaction.atomic
def pick_up(*, batch_id: int) -> ChangeBatch:
    """Make a job that has died ready to go on. Raises ChangeBatch.DoesNotExist; BatchError when it has ended or is alive."""
    batch = ChangeBatch.objects.select_for_update().get(pk=batch_id)
    if batch.state not in JOBS:
        raise BatchError(f"{batch.get_state_display()} 상태라 이어서 할 것이 없습니다.")
    if not is_silent(batch):
        raise BatchError("지금 진행하고 있습니다. 진행이 1분 넘게 멈추면 이어서 하세요.")
    return _begin(batch, BatchState(batch.state))


def is_silent(batch: ChangeBatch) -> bool:
    """Whether a job makes no progress any more."""
    return batch.state in JOBS and (batch.worked_at is None or timezone.now() - batch.worked_at > SILENT_AFTER)


def carry_out(*, batch_id: int) -> None:
    """Do the job's parts to its end; harmless where it has ended, is gone, or is done by somebody else at the same time."""
    while _do_part(batch_id):
        pass


@transaction.atomic
def _do_part(batch_id: int) -> bool:
    """One part; whether there is more."""
    batch = ChangeBatch.objects.select_for_update().filter(pk=batch_id, state__in=JOBS).first()
    if batch is None:
        return False
    job = JOBS[BatchState(batch.state)]
    waiting = batch.items.filter(state=job.waiting)
    products = list(waiting.order_by("product_id").values_list("product_id", flat=True)[:PART_ITEMS])
    if not products:
        job.finish(batch)
        return False
    job.act(waiting.filter(product__gte=products[0], product__lte=products[-1]))
    ChangeBatch.objects.filter(pk=batch_id).update(worked_at=timezone.now())
    return True


def _begin(batch: ChangeBatch, state: BatchState) -> ChangeBatch:
    batch.state, batch.worked_at = state, timezone.now()
    batch.save()
    return batch


def _is_long(batch_id: int) -> bool:
    counts: dict[str, int] = ChangeBatch.objects.values_list("counts", flat=True).get(pk=batch_id)
    return counts.get("changed", counts.get("changing", 0)) > LONG_PRODUCTS
