"""The Celery door of the sync."""

from typing import Any

from celery import shared_task

from perfhooks.services import LockHeld
from products.storesync.services import DEFAULT_WORKERS, sync_store


@shared_task
def sync_store_task(run_id: int, workers: int = DEFAULT_WORKERS) -> dict[str, Any]:
    """Carry a run out. A second delivery does no harm: the run is under way, or has ended and is left as it is."""
    try:
        facts = sync_store(run_id=run_id, workers=workers)
    except LockHeld as held:
        return {"run_id": run_id, "status": "held", "error": str(held)}
    return {"run_id": run_id, "status": facts.status, "fetched": facts.fetched}
