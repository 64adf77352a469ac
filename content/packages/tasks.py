"""The Celery door of this room."""

from celery import shared_task

from content.packages.services import build_package


@shared_task
def build_package_task(post_id: int) -> dict[str, object]:
    """Render the post and bring its package up to date."""
    outcome = build_package(post_id=post_id)
    return {"post_id": post_id, "status": outcome.status, "sha256": outcome.sha256}
