"""Posts with figures, products and dates of many kinds, and what their signals must be, counted row by row."""

import random
from datetime import UTC, date, datetime, timedelta
from typing import Any

from content.posts.models import Post, PostFinding
from content.refresh.models import Arm, MetricDay, MetricSource, PostMetric, RefreshTrial
from content.refresh.score import KINDS, ONE, WINDOW_DAYS, YEAR_DAYS, Signals
from content.times import KOREA

NOW = datetime(2026, 11, 30, 3, 0, tzinfo=UTC)
TODAY = date(2026, 11, 30)
DAY = timedelta(days=1)


def make_signals(dice: random.Random, post_id: int) -> Signals:
    """Any post: many equal figures, so that ties happen, and extremes."""
    many = dice.choice([0, 3, 9, 10, 40, 120, 5_000, 28 * 1_000_000_000])
    return Signals(
        post_id=post_id,
        kind=dice.randrange(len(KINDS)),
        fresh_day=TODAY.toordinal() - dice.choice([0, 1, 20, 29, 30, 31, 200, 365, 4_000, -3]),
        refreshed_day=dice.choice([None, None, None, TODAY.toordinal() - 1, TODAY.toordinal() - 21, 1]),
        clicks_now=dice.choice([0, many // 3, many, many * 2]),
        days_now=dice.choice([0, 7, 28]),
        clicks_base=many,
        days_base=dice.choice([0, 9, 28]),
        rate_now=dice.choice([0, 10_000, 33_333, ONE]),
        rate_base=dice.choice([0, 10_000, 50_000, ONE]),
        visits=dice.choice([0, 1, 50, 28 * 1_000_000_000]),
        placements=(shown := dice.choice([0, 1, 3, 7])),
        stale_placements=dice.randint(0, shown),
        is_disclosure_failing=int(dice.random() < 0.1),
        revenue=dice.choice([0, 1, 9, 10, 99, 100, 12_345, 9_999_999, 10_000_000, 10**15]),
    )


def write_figures(
    post: Post, first: date, days: int, source: str = MetricSource.SEARCH_CONSOLE, **figures: Any
) -> None:
    """The same figures on so many days, which count as days of that source."""
    span = [first + at * DAY for at in range(days)]
    PostMetric.objects.bulk_create(PostMetric(post=post, source=source, day=day, **figures) for day in span)
    MetricDay.objects.bulk_create((MetricDay(source=source, day=day) for day in span), ignore_conflicts=True)


def cover(source: str, first: date, last: date) -> None:
    """Let a source have figures of every day between, of other posts."""
    days = (last - first).days + 1
    rows = (MetricDay(source=source, day=first + at * DAY) for at in range(days))
    MetricDay.objects.bulk_create(rows, ignore_conflicts=True)


def age(post: Post, *, days: int) -> None:
    """Let a post be as old as that, unchanged since."""
    moment = NOW - days * DAY
    Post.objects.filter(pk=post.pk).update(created_at=moment, updated_at=moment, published_at=moment)
    post.revisions.update(saved_at=moment)


def count_signals(post: Post) -> dict[str, int]:
    """Figures of the 28 days before TODAY and of their base, counted in the plainest way."""
    public = (post.published_at or post.created_at).astimezone(KOREA).date()
    now = TODAY - WINDOW_DAYS * DAY
    found: dict[str, int] = {}
    for source, columns in (
        (MetricSource.SEARCH_CONSOLE, ("clicks",)),
        (MetricSource.STORE, ("conversions", "sessions")),
    ):
        first = MetricDay.objects.filter(source=source).order_by("day").values_list("day", flat=True).first()
        year = now - YEAR_DAYS * DAY
        has_year = first is not None and first <= year and public <= year
        for name, start in (("now", now), ("base", year if has_year else now - WINDOW_DAYS * DAY)):
            days = [start + at * DAY for at in range(WINDOW_DAYS)]
            seen = MetricDay.objects.filter(source=source, day__in=days, day__gte=public).count()
            found[f"{source}_days_{name}"] = seen
            for column in columns:
                rows = PostMetric.objects.filter(post=post, source=source, day__in=days)
                found[f"{column}_{name}"] = sum(rows.values_list(column, flat=True))
    return found


def hide_disclosure(post: Post) -> None:
    """Note that the post's disclosure cannot be seen."""
    PostFinding.objects.create(post=post, kind="disclosure_hidden", line=1, message="고지가 가려졌습니다.")


def note_trial(post: Post, *, days_ago: int, arm: str = Arm.REFRESHED, **values: Any) -> RefreshTrial:
    """Let a post have been picked so many days ago."""
    own: dict[str, Any] = {
        "round": f"r-{days_ago}",
        "bucket": 1,
        "score": 1,
        "parts": {},
        "reason": "loss",
        "version": 1,
        "before_clicks": 0,
        "before_conversions": 0,
        "before_revenue": 0,
        "trace_id": "t",
    }
    when = NOW - days_ago * DAY
    return RefreshTrial.objects.create(
        post=post, arm=arm, picked_at=when, picked_on=TODAY - days_ago * DAY, **own | values
    )
