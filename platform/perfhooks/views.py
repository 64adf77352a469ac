"""`/metrics`: what Prometheus scrapes."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from django.http import HttpResponse, HttpResponseForbidden
from django.utils.cache import patch_vary_headers
from django.views.decorators.http import require_safe
from prometheus_client import REGISTRY, CollectorRegistry
from prometheus_client.exposition import choose_encoder
from prometheus_client.multiprocess import MultiProcessCollector

from perfhooks.access import may_read_metrics
from perfhooks.shared_metrics import VARIABLE

if TYPE_CHECKING:
    from django.http import HttpRequest

REFUSAL = "이 주소에서는 지표를 읽을 수 없습니다. METRICS_ALLOW나 METRICS_TOKEN을 확인하세요.\n"


@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """Return every metric of this process, or of all workers where PROMETHEUS_MULTIPROC_DIR is set, as text.

    In OpenMetrics' format for who asks for it, with exemplars where METRICS_EXEMPLARS keeps them; 403 for strangers.
    """
    if not may_read_metrics(request):
        return HttpResponseForbidden(REFUSAL, content_type="text/plain; charset=utf-8")
    encode, content_type = choose_encoder(request.headers.get("Accept", ""))
    response = HttpResponse(encode(_registry()), content_type=content_type)
    patch_vary_headers(response, ["Accept"])
    return response


def _registry() -> CollectorRegistry:
    if not os.environ.get(VARIABLE):
        return REGISTRY
    of_all_workers = CollectorRegistry()
    MultiProcessCollector(of_all_workers)  # type: ignore[no-untyped-call]
    return of_all_workers
