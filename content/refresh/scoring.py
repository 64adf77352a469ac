"""Scores of all posts, computed and kept by the database in one statement (plan 7.2)."""

from dataclasses import dataclass
from datetime import datetime

from django.db import connection, transaction

from content.posts.selectors import select_processable
from content.refresh.models import PostScore, ScoreSettings
from content.refresh.score import ScoreSpec
from content.refresh.scoresql import make_parameters, write_top, write_upsert
from content.refresh.settings import read_spec
from content.refresh.signals import korean_day, write_signals
from perfhooks.clock import business_now
from perfhooks.spans import span


@dataclass(frozen=True, slots=True)
class ScoreCounts:
    """posts: that have a score now; written: rows that changed or are new; removed: of posts no longer processed."""

    posts: int
    written: int
    removed: int
    version: int


def score_posts(*, now: datetime | None = None) -> ScoreCounts:
    """Score every processable post anew; rows that come out alike are not written.

    now: aware; the figures of its Korean day do not count yet. Two at once wait for each other.
    """
    moment = now or business_now()
    with span("refresh_score_compute_seconds") as timed, transaction.atomic():
        spec = hold_spec()
        written = _write_scores(spec, moment)
        removed, _models = PostScore.objects.exclude(post__in=select_processable()).delete()
        counts = ScoreCounts(PostScore.objects.count(), written, removed, spec.version)
        timed.set(posts=counts.posts, written=written)
    return counts


def hold_spec() -> ScoreSpec:
    """The settings in force, kept from being changed until the transaction ends."""
    return read_spec(ScoreSettings.objects.select_for_update().filter(is_active=True).first())


def list_top_kept(*, limit: int) -> list[tuple[int, int]]:
    """(post id, score) of the posts that lead by the scores that are kept, read from the index alone."""
    rows = PostScore.objects.order_by("-score", "-revenue", "post_id").values_list("post_id", "score")
    return list(rows[:limit])


def list_top_under(spec: ScoreSpec, *, limit: int, now: datetime | None = None) -> list[tuple[int, int]]:
    """(post id, score) of the posts that would lead under these settings, by the parts that are kept; one narrow query."""
    vendor = connection.vendor
    today = korean_day(now or business_now()).toordinal()
    parameters = {**make_parameters(spec, today=today, vendor=vendor), "most": limit}
    with connection.cursor() as cursor:
        cursor.execute(write_top(spec, vendor), parameters)
        return list(cursor.fetchall())


def _write_scores(spec: ScoreSpec, now: datetime) -> int:
    vendor = connection.vendor
    signals, parameters = write_signals(now, vendor)
    today = korean_day(now).toordinal()
    parameters |= make_parameters(spec, today=today, vendor=vendor)
    parameters |= {"version": spec.version, "now": connection.ops.adapt_datetimefield_value(now)}
    with connection.cursor() as cursor:
        cursor.execute(write_upsert(signals, spec, vendor), parameters)
        return int(cursor.rowcount)
