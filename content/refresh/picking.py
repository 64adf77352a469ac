"""Picking posts by their score: most are queued, a random tenth is left alone, and what was picked is kept to be compared."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, Sum
from django.db.models.functions import Coalesce

from content.batches import split_batches
from content.posts.selectors import hold_posts, keep_processable
from content.refresh.models import (
    LIVE_STATES,
    Arm,
    EntryState,
    MetricSource,
    PostMetric,
    PostScore,
    RefreshEntry,
    RefreshTrial,
)
from content.refresh.score import PARTS, WINDOW_DAYS, ScoreSpec, draw_bucket, is_held_back
from content.refresh.scoring import hold_spec
from content.refresh.selectors import count_open
from content.refresh.services import Worth, enqueue_scored
from content.refresh.signals import korean_day
from perfhooks.clock import business_now
from perfhooks.metrics import set_gauge
from perfhooks.trace import current_trace_id

PICKED_MOST = 500


@dataclass(frozen=True, slots=True)
class PickCounts:
    """picked: posts that were worth it; enqueued: entries added; held_back: left alone; depth: of the queue afterwards."""

    round: str
    picked: int
    enqueued: int
    held_back: int
    depth: int


@transaction.atomic
def enqueue_by_score(
    *, limit: int = PICKED_MOST, round_name: str | None = None, now: datetime | None = None
) -> PickCounts:
    """Pick the posts with the highest scores above the threshold, queue nine of ten and leave one of ten alone, by chance.

    Left out are posts that wait already, that were given up, that rest after a refresh, and those left alone whose 28
    days are not over. round_name: what the draw depends on besides the post, by default the Korean day, so that the same
    day draws alike. Reads what `score_posts` kept.
    """
    moment = now or business_now()
    today = korean_day(moment)
    spec = hold_spec()  # held to the end: two rounds at once would pick the same posts
    name = round_name or today.isoformat()
    chosen = _list_worthy(spec, today, name, limit)
    trials = _make_trials(chosen, spec, name, moment)
    RefreshTrial.objects.bulk_create(trials, batch_size=500)
    refreshed = [it for it in trials if it.arm == Arm.REFRESHED]
    worths = {it.post_id: Worth(it.score, it.parts, it.reason) for it in refreshed}
    added = enqueue_scored(worths=worths)
    depth = count_open()
    set_gauge("refresh_queue_depth", depth)
    return PickCounts(name, len(trials), added, len(trials) - len(refreshed), depth)


def _list_worthy(spec: ScoreSpec, today: date, name: str, limit: int) -> list[PostScore]:
    entries = RefreshEntry.objects.filter(post=OuterRef("post"), state__in=[*LIVE_STATES, EntryState.DEAD])
    trials = RefreshTrial.objects.filter(post=OuterRef("post"))
    resting = Q(arm=Arm.REFRESHED, picked_on__gt=today - timedelta(days=spec.cooldown_days))
    watched = Q(arm=Arm.HELD_BACK, picked_on__gte=today - timedelta(days=WINDOW_DAYS))
    worthy = PostScore.objects.filter(score__gte=max(1, spec.score_least)).exclude(Exists(entries))
    free = worthy.exclude(Exists(trials.filter(resting | watched | Q(round=name))))
    chosen = list(free.order_by("-score", "-revenue", "post_id")[:limit])
    # Held, so that none is deleted before its trial is written.
    kept = set(hold_posts(keep_processable(it.post_id for it in chosen)))
    return [it for it in chosen if it.post_id in kept]


def _make_trials(chosen: Sequence[PostScore], spec: ScoreSpec, name: str, now: datetime) -> list[RefreshTrial]:
    today, before = korean_day(now), _read_before([it.post_id for it in chosen], korean_day(now))
    trials = []
    for it in chosen:
        bucket = draw_bucket(it.post_id, name)
        clicks, conversions, revenue = before.get(it.post_id, (0, 0, 0))
        trials.append(
            RefreshTrial(
                post_id=it.post_id,
                round=name,
                arm=Arm.HELD_BACK if is_held_back(bucket, spec) else Arm.REFRESHED,
                bucket=bucket,
                picked_on=today,
                picked_at=now,
                score=it.score,
                parts={part: getattr(it, part) for part in PARTS},
                reason=it.reason,
                version=it.version,
                before_clicks=clicks,
                before_conversions=conversions,
                before_revenue=revenue,
                trace_id=current_trace_id(),
            )
        )
    return trials


def _read_before(post_ids: Sequence[int], today: date) -> dict[int, tuple[int, int, int]]:
    """{post id: clicks, conversions and won of the 28 days before today}."""
    found: dict[int, tuple[int, int, int]] = {}
    first = today - timedelta(days=WINDOW_DAYS)
    for batch in split_batches(post_ids):
        rows: Any = PostMetric.objects.filter(post__in=batch, day__gte=first, day__lt=today).order_by()
        sums = rows.values("post_id").annotate(
            clicks_seen=Coalesce(Sum("clicks", filter=Q(source=MetricSource.SEARCH_CONSOLE)), 0),
            orders_seen=Coalesce(Sum("conversions", filter=Q(source=MetricSource.STORE)), 0),
            won_seen=Coalesce(Sum("revenue", filter=Q(source=MetricSource.STORE)), 0),
        )
        found |= {
            row[0]: (row[1], row[2], row[3])
            for row in sums.values_list("post_id", "clicks_seen", "orders_seen", "won_seen")
        }
    return found
