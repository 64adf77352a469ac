"""The scheduled jobs. Each returns a small dict that is kept with its slot."""

import csv
from dataclasses import asdict
from datetime import timedelta
from statistics import median

from django.conf import settings
from django.utils import timezone

from content.comparison.services import renew_tables
from content.disclosure.aging import enqueue_aged
from content.packages.pruning import prune_packages
from content.posts.publishing import publish_due
from content.refresh.metricimports import drop_old_drafts
from content.refresh.selectors import count_open
from content.refresh.services import enqueue_unpackaged, release_dead_claims
from operations.pipeline.services import queue_entries, run_pipeline
from operations.pipeline.shares import measure_shares
from perfhooks.metrics import set_gauge
from perfhooks.selectors import list_stage_figures
from perfhooks.services import LockHeld
from perfhooks.tasks import run_here

DETAIL_WORKERS = 4


def run_sync() -> dict[str, object]:
    """The whole pipeline against the configured store, in this process: a worker that waited for workers could wait for itself."""
    if not settings.STORE_API_URL:
        return {"skipped": "STORE_API_URL이 비어 있습니다."}
    try:
        report = run_pipeline(
            store_code=settings.STORE_CODE, api_url=settings.STORE_API_URL, workers=DETAIL_WORKERS, order=run_here
        )
    except LockHeld as held:
        return {"skipped": str(held)}
    return {"run": report.run_id, "status": report.status}


def sweep_queue() -> dict[str, object]:
    """Find what lost messages and dead workers left behind, and order it again."""
    released = release_dead_claims()
    added = enqueue_unpackaged()
    renewed = renew_tables()
    set_gauge("refresh_queue_depth", count_open())
    return {"released": released, "added": added, "tables": renewed.renewed, "ordered": len(queue_entries())}


def publish_posts() -> dict[str, object]:
    """Publish the scheduled posts whose time has come."""
    return asdict(publish_due())


def measure_staleness() -> dict[str, object]:
    """Set the gauges of the shares of products, and of posts, whose price is older than a day; queue what time changed."""
    return {**measure_shares(), "aged": enqueue_aged()}


def tidy_up() -> dict[str, object]:
    """Remove old builds of packages, and uploaded figures that nobody decided about."""
    return {**asdict(prune_packages()), "drafts": drop_old_drafts()}


def write_weekly_report() -> dict[str, object]:
    """Write the week's p50 and p95 of every stage beside those of the week before, as CSV; figures are run medians."""
    now = timezone.now()
    week, before = (
        list_stage_figures(since=now - timedelta(weeks=n), until=now - timedelta(weeks=n - 1)) for n in (1, 2)
    )
    path = settings.REPORT_DIR / f"performance-{now:%G-W%V}.csv"
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as file:
        out = csv.writer(file)
        out.writerow(["metric", "unit", "runs", "p50", "p95", "p95_week_before", "ratio"])
        for metric, figures in sorted(week.items()):
            p50, p95 = median(f.p50 for f in figures), median(f.p95 for f in figures)
            earlier = median(f.p95 for f in before[metric]) if before.get(metric) else None
            ratio = round(p95 / earlier, 3) if earlier else ""
            out.writerow([metric, figures[0].unit, len(figures), p50, p95, "" if earlier is None else earlier, ratio])
    return {"file": path.name, "stages": len(week)}
