"""The Celery door of this room."""

from celery import shared_task

from content.clusters.batchwork import carry_out


@shared_task
def carry_out_links(batch_id: str, actor_id: int | None) -> None:
    """Do a begun batch. A second delivery does no harm; what dies with its process is gone on with by an editor's button."""
    carry_out(batch_id=batch_id, actor_id=actor_id)
