"""The Celery door of this room."""

from celery import shared_task

from products.catalog.batchwork import carry_out


@shared_task
def carry_out_batch(batch_id: int) -> None:
    """Do a begun batch. A second delivery does no harm; what dies with its process is picked up by an editor's button."""
    carry_out(batch_id=batch_id)
