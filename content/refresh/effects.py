"""Reads of scores and of what refreshing by score has changed."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import (
    Avg,
    BigIntegerField,
    Count,
    DateField,
    ExpressionWrapper,
    F,
    FloatField,
    Max,
    OuterRef,
    QuerySet,
    Subquery,
    Sum,
    Variance,
)
from django.db.models.functions import Cast, Coalesce

from content.refresh.effect import ArmFigures, Comparison, compare
from content.refresh.models import Arm, MetricDay, MetricSource, PostMetric, PostScore, RefreshTrial, ScoreSettings
from content.refresh.score import ONE, WINDOW_DAYS, ScoreSpec
from content.refresh.signals import korean_day
from perfhooks.clock import business_now

TOP_SHOWN = 10
FIGURES = {
    "clicks": ("클릭", MetricSource.SEARCH_CONSOLE),
    "conversions": ("주문", MetricSource.STORE),
    "revenue": ("매출(원)", MetricSource.STORE),
}
"""What is compared: its name, and the source that it is read from."""


@dataclass(frozen=True, slots=True)
class Effect:
    """How refreshing turned out. settled: trials whose 28 days are over and known, by arm; open: the others."""

    comparisons: tuple[Comparison, ...]
    settled: dict[str, int]
    open: dict[str, int]

    @property
    def is_known(self) -> bool:
        """Whether anything can be said yet."""
        return any(it.is_known for it in self.comparisons)


def list_top(limit: int = TOP_SHOWN) -> list[PostScore]:
    """The posts whose refresh is worth most now, above the threshold, with their posts; one query."""
    own = ScoreSettings.objects.filter(is_active=True).values("threshold")[:1]
    least = Coalesce(Subquery(own), ScoreSpec().threshold) * ONE
    worthy = PostScore.objects.filter(score__gte=least, score__gt=0)
    return list(worthy.select_related("post").order_by("-score", "-revenue", "post_id")[:limit])


def list_picked(*, trace_id: str) -> list[RefreshTrial]:
    """What a run picked by score, with the posts, the highest first."""
    picked = RefreshTrial.objects.filter(trace_id=trace_id).select_related("post")
    return list(picked.order_by("-score", "post_id")[:TOP_SHOWN])


def measure_effect(*, now: datetime | None = None) -> Effect:
    """Refreshed posts beside those left alone, once 28 days after the pick are over and the source has figures of them.

    Whoever was picked counts in its arm, whatever became of its entry (intention to treat). Five queries, whatever the
    number of trials.
    """
    today = korean_day(now or business_now())
    newest = dict(MetricDay.objects.order_by().values_list("source").annotate(newest=Max("day")))
    counted = _count_arms(RefreshTrial.objects.all())
    over = today - timedelta(days=WINDOW_DAYS + 1)  # today's figures are not all there
    comparisons, settled = [], dict.fromkeys(Arm.values, 0)
    for figure, (_name, source) in FIGURES.items():
        last = min(over, newest.get(source, date.min + timedelta(days=WINDOW_DAYS)) - timedelta(days=WINDOW_DAYS))
        arms = _read_arms(figure, source, last)
        comparisons.append(compare(figure, arms[Arm.REFRESHED], arms[Arm.HELD_BACK]))
        settled = {arm: max(settled[arm], arms[arm].posts) for arm in settled}
    return Effect(tuple(comparisons), settled, {arm: counted.get(arm, 0) - settled[arm] for arm in settled})


def _count_arms(trials: QuerySet[RefreshTrial]) -> dict[str, int]:
    return dict(trials.order_by().values_list("arm").annotate(number=Count("id")))


def _read_arms(figure: str, source: str, last: date) -> dict[str, ArmFigures]:
    """Mean and variance of the change by arm, of trials picked up to that day."""
    during = PostMetric.objects.filter(
        post=OuterRef("post"),
        source=source,
        day__gt=OuterRef("picked_on"),
        day__lte=ExpressionWrapper(OuterRef("picked_on") + timedelta(days=WINDOW_DAYS), output_field=DateField()),
    )
    after = during.order_by().values("post").annotate(total=Sum(figure)).values("total")
    change = Coalesce(Subquery(after, output_field=BigIntegerField()), 0) - F(f"before_{figure}")
    trials: Any = RefreshTrial.objects.filter(picked_on__lte=last).annotate(change=Cast(change, FloatField()))
    rows = trials.order_by().values_list("arm").annotate(Count("id"), Avg("change"), Variance("change", sample=True))
    return {arm: ArmFigures() for arm in Arm.values} | {arm: ArmFigures(*figures) for arm, *figures in rows}
