"""Celery's doors to the pipeline: ids in, one service call, a small dict out."""

from celery import shared_task

from operations.pipeline.schedule import run_scheduled
from operations.pipeline.work import process_entry


@shared_task
def process_entry_task(entry_id: int) -> dict[str, object]:
    """Carry one queue entry from matching to its package."""
    outcome = process_entry(entry_id=entry_id)
    return {"entry_id": entry_id, "status": outcome.status}


@shared_task
def run_job(name: str) -> dict[str, object]:
    """Run a scheduled job, unless its slot has been started already."""
    return {"job": name, "ran": run_scheduled(job=name)}
