"""The Celery door of this room."""

from celery import shared_task

from content.comparison.services import build_table


@shared_task
def build_table_task(post_id: int) -> dict[str, object]:
    """Bring the post's comparison table up to date."""
    outcome = build_table(post_id=post_id)
    return {"post_id": post_id, "number": outcome.number, "is_new": outcome.is_new}
