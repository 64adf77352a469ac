"""The run from the store to the packages: it orders the work, waits for it, and says truthfully what came of it.

The database holds the state of everything that is under way; an order to a task only says "there is work". So the
same code serves tasks that run in this process and tasks on workers, and a run that was killed is simply run again.
"""

import contextlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass, field
from functools import partial
from typing import Any

from django.conf import settings
from django.db import Error
from django.utils import timezone

from content.comparison.services import renew_tables
from content.matching.selectors import count_decisions
from content.packages.selectors import list_packaged_ids
from content.refresh.selectors import (
    count_by_state,
    count_open,
    count_refused,
    count_retrying,
    list_queued_ids,
    read_outcomes,
    read_states,
)
from content.refresh.services import enqueue_unpackaged, release_dead_claims
from operations.pipeline.growth import pick_posts, weave_links
from operations.pipeline.models import PipelineRun
from operations.pipeline.samples import collect_samples
from operations.pipeline.shares import measure_shares
from operations.pipeline.waiting import Progress, WorkStalled, ignore_progress, wait_for
from perfhooks.metrics import set_gauge
from perfhooks.recorder import Recorder
from perfhooks.services import LockHeld, hold_lock, store_run
from perfhooks.spans import span
from perfhooks.tasks import Order, enqueue
from perfhooks.trace import bind_trace
from products.storesync.errors import StoreSyncError
from products.storesync.selectors import RunFacts, count_open_failures, describe_run
from products.storesync.services import start_run

SYNC_TASK = "products.storesync.tasks.sync_store_task"
ENTRY_TASK = "operations.pipeline.tasks.process_entry_task"
ERROR_LENGTH_LIMIT = 2_000


@dataclass(frozen=True, slots=True)
class PipelineReport:
    """What a run did. `counts` are the figures for people; `status` is done, refused (some items were) or failed."""

    run_id: int
    trace_id: str
    store_code: str
    status: str
    seconds: float
    counts: dict[str, Any] = field(default_factory=dict)
    error: str = ""


def queue_entries() -> list[int]:
    """Order a task for every queued entry; returns their ids."""
    ids = list_queued_ids()
    for entry_id in ids:
        enqueue(ENTRY_TASK, entry_id)
    return ids


@dataclass(frozen=True, slots=True)
class WorkedPosts:
    """How the work on the queue ended: {post id: outcome, or "dead"}, and how many entries vanished with their posts."""

    outcomes: dict[int, str]
    deleted: int

    def __add__(self, later: "WorkedPosts") -> "WorkedPosts":
        """Both together. Of a post that was worked on twice the building counts, else the later end."""
        built = {post_id: "built" for post_id, outcome in self.outcomes.items() if outcome == "built"}
        return WorkedPosts({**self.outcomes, **later.outcomes, **built}, self.deleted + later.deleted)


@dataclass(frozen=True, slots=True)
class SyncPlan:
    """Which shop, and how it is read. catalogue: the fingerprint of what a simulated shop sells.

    inserts_links: links between posts are inserted, not only proposed.
    """

    store_code: str
    api_url: str
    catalogue: str
    workers: int
    inserts_links: bool = False


def sync_products(plan: SyncPlan, *, progress: Progress, order: Order) -> RunFacts:
    """Bring the catalogue up to date with the store; StoreSyncError when that did not succeed."""
    try:
        run_id = start_run(store_code=plan.store_code, api_url=plan.api_url, catalogue=plan.catalogue)
    except LockHeld as held:
        raise StoreSyncError(str(held)) from held

    def order_sync() -> None:
        order(SYNC_TASK, run_id, plan.workers)

    order_sync()
    facts = wait_for(
        lambda: describe_run(run_id),
        is_done=lambda facts: facts.status != "running",
        order_again=order_sync,
        on_state=lambda facts: progress("sync", facts.fetched, facts.planned),
    )
    if facts.status != "done":
        raise StoreSyncError(facts.error)
    return facts


def work_queue(*, progress: Progress, order: Order = enqueue) -> WorkedPosts:
    """Carry every queued post to its package."""
    release_dead_claims()
    enqueue_unpackaged()
    renew_tables()
    worked: set[int] = set()
    while ids := _work_round(progress, order):  # an entry that failed, or whose post changed meanwhile, is queued anew
        worked.update(ids)
    set_gauge("refresh_queue_depth", count_open())
    return WorkedPosts(read_outcomes(worked), deleted=len(worked) - len(read_states(worked)))


def _work_round(progress: Progress, order: Order) -> list[int]:
    """Order one attempt at everything that is queued now, and wait until each attempt has been made."""
    since = {key: entry.attempts for key, entry in read_states(list_queued_ids()).items()}
    if not since:
        return []

    def order_waiting() -> None:
        release_dead_claims()
        waiting = [key for key, entry in read_states(since).items() if entry.is_waiting(since_attempt=since[key])]
        for number, entry_id in enumerate(waiting):
            order(ENTRY_TASK, entry_id)
            progress("posts", len(since) - len(waiting) + number, len(since))

    order_waiting()
    wait_for(
        lambda: len(since) - _count_open(since),
        is_done=lambda settled: settled == len(since),
        order_again=order_waiting,
        on_state=lambda settled: progress("posts", settled, len(since)),
    )
    return list(since)


def _count_open(since: dict[int, int]) -> int:
    """How many of the entries still wait for their attempt or for its end; one deleted with its post does neither."""
    return sum(entry.is_open(since_attempt=since[key]) for key, entry in read_states(since).items())


def count_packages(outcomes: dict[int, str], packaged: Iterable[int]) -> dict[str, int]:
    """What the run built, and what it left as it was: packages found unchanged, and those of posts not worked on."""
    ended = Counter(outcomes.values())
    untouched = set(packaged) - outcomes.keys()
    return {"packages_built": ended["built"], "packages_skipped": ended["cached"] + len(untouched)}


def _count(facts: RunFacts, worked: WorkedPosts) -> dict[str, Any]:
    decisions = count_decisions()
    return {
        "products_seen": facts.listed,
        "products_changed": facts.fetched,
        "products_written": facts.created + facts.updated + facts.deleted,
        "products_skipped": facts.skipped,
        "products_refused": count_open_failures(store_code=facts.store_code),
        "details_fetched": facts.fetched,
        "posts_worked": len(worked.outcomes),
        "posts_deleted": worked.deleted,
        "posts_matched": decisions.matched,
        "posts_fallback": decisions.fallback,
        "fallback_ratio": round(decisions.fallback / decisions.total, 4) if decisions.total else 0.0,
        **count_packages(worked.outcomes, list_packaged_ids()),
        "posts_refused": count_refused(),
        "posts_retrying": count_retrying(),
        "posts_failed": count_by_state()["dead"],
    }


def _judge(counts: dict[str, Any]) -> PipelineRun.Status:
    if counts["posts_failed"]:
        return PipelineRun.Status.FAILED
    if counts["products_refused"] or counts["posts_refused"] or counts["posts_retrying"]:
        return PipelineRun.Status.REFUSED
    return PipelineRun.Status.DONE


def _enter(run: PipelineRun, stage: str) -> None:
    run.stage = stage
    run.save(update_fields=["stage"])


def _lead(run: PipelineRun, plan: SyncPlan, *, progress: Progress, order: Order) -> None:
    _enter(run, "sync")
    with span("pipeline_stage_seconds", stage="sync"):
        facts = sync_products(plan, progress=progress, order=order)
    _enter(run, "posts")
    with span("pipeline_stage_seconds", stage="posts"):
        worked = work_queue(progress=progress, order=order)
    grown: dict[str, int] = {}
    stages: dict[str, Callable[[], dict[str, int]]]
    stages = {"links": partial(weave_links, inserts=plan.inserts_links), "refresh": pick_posts}
    for stage, grow in stages.items():
        _enter(run, stage)
        with span("pipeline_stage_seconds", stage=stage):
            grown |= grow()
            worked += work_queue(progress=progress, order=order)
    measure_shares()
    run.counts = {**_count(facts, worked), **grown}
    run.status = _judge(run.counts)


def _close_abandoned() -> None:
    """Runs that a killed process left as running; whoever holds the pipeline's lock knows that they are not."""
    PipelineRun.objects.filter(status=PipelineRun.Status.RUNNING).update(
        status=PipelineRun.Status.FAILED, error="실행이 중간에 끊겼습니다.", finished_at=timezone.now()
    )


@contextlib.contextmanager
def _open_run(*, trace_id: str, store_code: str) -> Iterator[PipelineRun]:
    """A new run's row. Whatever ends the block early is noted in it, and goes on its way."""
    _close_abandoned()
    run = PipelineRun.objects.create(trace_id=trace_id, store_code=store_code)
    try:
        yield run
    except BaseException as error:
        run.status, run.finished_at = PipelineRun.Status.FAILED, timezone.now()
        run.error = f"{type(error).__name__}: {error}"[:ERROR_LENGTH_LIMIT]
        with contextlib.suppress(Error):  # it may be the cause itself; the next run closes the row then
            run.save()
        raise


def run_pipeline(
    *,
    store_code: str,
    api_url: str,
    workers: int,
    catalogue: str = "",
    inserts_links: bool = False,
    progress: Progress = ignore_progress,
    order: Order = enqueue,
    profiler: str = "",
    finish: Callable[[PipelineReport, Recorder], str] | None = None,
) -> PipelineReport:
    """One whole run under one trace id. LockHeld when another one is under way.

    api_url: where the store answers. catalogue: the fingerprint of what a simulated store sells. workers: how many details
    are asked for at a time. inserts_links: links between posts are inserted, not only proposed. finish: writes the report file and returns its path. profiler: what slows this run down, so
    that its times count for no gate. order: `run_here` where this process is a worker itself.
    A store that cannot be read ends the run as failed, with the reason in the report; what was stored stays. Anything
    unforeseen is raised, after it was noted in the run's row.
    """
    with (
        hold_lock("pipeline"),
        bind_trace() as trace_id,
        Recorder() as recorder,
        _open_run(trace_id=trace_id, store_code=store_code) as run,
    ):
        try:
            plan = SyncPlan(store_code, api_url, catalogue, workers, inserts_links)
            _lead(run, plan, progress=progress, order=order)
        except (StoreSyncError, WorkStalled) as error:
            run.status, run.error = PipelineRun.Status.FAILED, str(error)
        if order is enqueue and not settings.CELERY_TASK_ALWAYS_EAGER:
            collect_samples(recorder, trace_id=trace_id, expected=1 + run.counts.get("posts_worked", 0))
        run.finished_at = timezone.now()
        seconds = (run.finished_at - run.started_at).total_seconds()
        report = PipelineReport(
            run.pk, trace_id, store_code, run.status, round(seconds, 3), dict(run.counts), run.error
        )
        store_run(recorder, kind="pipeline", scenario=store_code, notes={**asdict(report), "profile": profiler})
        run.report = finish(report, recorder) if finish else ""
        run.save()
    return report
