"""Addresses with a planted N+1, for the query viewer to find."""

from django.http import HttpRequest, HttpResponse
from django.urls import path

from perfhooks.models import PerfRun
from perfhooks.queries import count_queries
from project.urls_silk import urlpatterns as product_patterns


def read_row_by_row(request: HttpRequest) -> HttpResponse:
    """One query for the runs, and then one for the stages of each."""
    with count_queries() as counted:
        lines = [f"{run.scenario} {[stage.metric for stage in run.stages.all()]}" for run in PerfRun.objects.all()]
    return HttpResponse("\n".join(lines), headers={"X-Queries": str(counted.queries), "X-Aliases": counted.by_alias})


def read_at_once(request: HttpRequest) -> HttpResponse:
    """The same in two queries."""
    runs = PerfRun.objects.prefetch_related("stages")
    return HttpResponse("\n".join(f"{run.scenario} {len(run.stages.all())}" for run in runs))


urlpatterns = [
    *product_patterns,
    path("planted/", read_row_by_row, name="planted"),
    path("well-made/", read_at_once, name="well-made"),
]
