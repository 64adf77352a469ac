"""Where the catalogue's long work is done: by a Celery worker, or without a broker by a thread beside the request."""

import threading

import structlog
from celery import shared_task
from django.conf import settings
from django.db import connections

from perfhooks.trace import bind_trace, current_trace_id
from products.catalog.batchwork import carry_out

log = structlog.get_logger()


@shared_task
def carry_out_batch(batch_id: int) -> None:
    """Do a begun batch. A second delivery does no harm."""
    carry_out(batch_id=batch_id)


def hand_over(batch_id: int) -> None:
    """Have a begun batch done, and return at once. What dies with its process is picked up by an editor's button."""
    if not settings.CELERY_TASK_ALWAYS_EAGER:
        carry_out_batch.delay(batch_id)
        return
    work = threading.Thread(target=_work, args=(batch_id, current_trace_id()), name=f"batch-{batch_id}", daemon=True)
    work.start()


def _work(batch_id: int, trace_id: str) -> None:
    try:
        with bind_trace(trace_id):
            carry_out(batch_id=batch_id)
    except Exception:
        log.exception("batch_stopped", batch=batch_id)
    finally:
        connections.close_all()
