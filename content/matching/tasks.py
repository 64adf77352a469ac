"""The Celery door of this room."""

from celery import shared_task

from content.matching.services import match_post


@shared_task
def match_post_task(post_id: int) -> dict[str, object]:
    """Decide on the post's product."""
    outcome = match_post(post_id=post_id)
    return {"post_id": post_id, "sku": outcome.sku, "rule_id": outcome.rule_id}
