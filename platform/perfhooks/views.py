"""`/metrics`: what Prometheus scrapes."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from django.http import HttpResponse
from django.views.decorators.http import require_safe
from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, CollectorRegistry, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector

if TYPE_CHECKING:
    from django.http import HttpRequest

MULTIPROCESS_VARIABLE = "PROMETHEUS_MULTIPROC_DIR"


@require_safe
def metrics(_request: HttpRequest) -> HttpResponse:
    """Return every metric of this process, or of all workers where PROMETHEUS_MULTIPROC_DIR is set, as text."""
    return HttpResponse(generate_latest(_registry()), content_type=CONTENT_TYPE_LATEST)


def _registry() -> CollectorRegistry:
    if not os.environ.get(MULTIPROCESS_VARIABLE):
        return REGISTRY
    of_all_workers = CollectorRegistry()
    MultiProcessCollector(of_all_workers)  # type: ignore[no-untyped-call]
    return of_all_workers
