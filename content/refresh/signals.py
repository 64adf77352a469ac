"""What a score is made of, gathered for all posts by one statement: figures of three windows, products shown, dates.

Clicks are read from the search console, orders, visits and revenue from the store's reports; a figure is never added up over
two sources. Days on which a source has no figures of any post are no exposure days: silence is not a loss.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import accumulate
from typing import Any

from django.db.models import Max, Min, QuerySet

from content.matching.selectors import select_templates
from content.posts.models import PostFinding, PostRevision
from content.posts.selectors import select_processable
from content.refresh.models import Arm, MetricDay, MetricSource, PostKind, RefreshTrial
from content.refresh.score import ONE, WINDOW_DAYS, YEAR_DAYS
from content.refresh.scoresql import LEAST, MOST, pack_list, write_korean_day, write_lookup, write_ordinal
from content.times import KOREA
from products.catalog.selectors import select_shelves

FAILING_DISCLOSURE = "disclosure_hidden"
PRICE_INTENT, PRICE_TEMPLATE = "buy", "cro_deal"
WINDOWS = ("now", "prior", "year")
SOURCES = {"search": MetricSource.SEARCH_CONSOLE, "store": MetricSource.STORE}
Parameters = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Windows:
    """The three windows of 28 days, by their first days, and today; Korean days."""

    today: date

    @property
    def starts(self) -> Mapping[str, date]:
        """The first day of each."""
        now = self.today - timedelta(days=WINDOW_DAYS)
        return {"now": now, "prior": now - timedelta(days=WINDOW_DAYS), "year": now - timedelta(days=YEAR_DAYS)}


def korean_day(moment: datetime) -> date:
    """The day of an aware moment in Korea."""
    return moment.astimezone(KOREA).date()


def write_signals(now: datetime, vendor: str) -> tuple[dict[str, str], Parameters]:
    """Named queries, each of which reads those before it, and their parameters.

    The last has post_id and scoresql.SIGNAL_COLUMNS of every processable post. Not nested: SQLite parses but so deep.
    """
    windows, parameters = Windows(korean_day(now)), Parameters()
    tables = {
        "own": select_processable().values("id", "created_at", "published_at"),
        "shelves": select_shelves(now=now),
        "failing": PostFinding.objects.filter(kind=FAILING_DISCLOSURE).order_by().values("post_id").distinct(),
        # What the product itself saves, such as links between posts, makes no words new.
        "edited": _newest(PostRevision.objects.filter(is_published=True, saved_by__isnull=False), "saved_at"),
        "picked": _newest(RefreshTrial.objects.filter(arm=Arm.REFRESHED), "picked_on"),
        "matched": select_templates(),
    }
    texts = {name: _embed(rows, name, parameters) for name, rows in tables.items()}
    _add_windows(parameters, windows, vendor)
    return texts | {"figures": _write_figures()} | _write_steps(vendor), parameters


def _newest(rows: QuerySet[Any, Any], column: str) -> QuerySet[Any, Any]:
    newest: QuerySet[Any, Any] = rows.order_by().values("post_id").annotate(newest=Max(column))
    return newest


def _embed(rows: QuerySet[Any, Any], name: str, parameters: Parameters) -> str:
    """The query's text with named parameters, which are added."""
    text, values = rows.query.sql_with_params()
    names = [f"{name}_{place}" for place in range(len(values))]
    parameters.update(zip(names, values, strict=True))
    return text.replace("%%", "%%%%") % tuple(f"%({each})s" for each in names)


def _add_windows(parameters: Parameters, windows: Windows, vendor: str) -> None:
    for name, start in windows.starts.items():
        parameters[f"{name}_first"] = start
        parameters[f"{name}_last"] = start + timedelta(days=WINDOW_DAYS - 1)
        parameters[f"{name}_start"] = start.toordinal()
    days = MetricDay.objects.filter(day__gte=windows.starts["year"], day__lt=windows.today)
    covered = set(days.values_list("source", "day"))
    for key, source in SOURCES.items():
        parameters[f"{key}_source"] = source.value
        first = MetricDay.objects.filter(source=source).aggregate(first=Min("day"))["first"]
        # Thirteen months: the window of last year, and the year since.
        parameters[f"{key}_has_year"] = int(first is not None and first <= windows.starts["year"])
        for name, start in windows.starts.items():
            seen = [int((source, start + timedelta(days=at)) in covered) for at in range(WINDOW_DAYS)]
            parameters[f"{key}_{name}"] = pack_list([*reversed([*accumulate(reversed(seen), initial=0)])], vendor)


def _write_steps(vendor: str) -> dict[str, str]:
    least, most = LEAST[vendor], MOST[vendor]

    def exposed(key: str, window: str) -> str:
        into = f"{most}(0, {least}({WINDOW_DAYS}, public_day - %({window}_start)s))"
        return write_lookup(f"{key}_{window}", into, vendor)

    def rate(window: str) -> str:
        by_clicks = f"conversions_{window} * days_{window} * {ONE} / (clicks_{window} * sale_days_{window})"
        return f"""CASE WHEN sale_days_now = 0 OR sale_days_base = 0 THEN 0
            WHEN is_by_sessions THEN {least}({ONE}, conversions_{window} * {ONE} / sessions_{window})
            WHEN clicks_{window} = 0 THEN 0 ELSE {least}({ONE}, {by_clicks}) END"""

    seen = ", ".join(f"{exposed(key, name)} AS {key}_{name}" for key in SOURCES for name in WINDOWS)
    picked = f"COALESCE({write_ordinal('picked.newest', vendor)}, 0)"
    edited = f"COALESCE({write_korean_day('edited.newest', vendor)}, 0)"
    public = write_korean_day("COALESCE(own.published_at, own.created_at)", vendor)
    dated = f"""SELECT own.id AS post_id,
        CASE WHEN COALESCE(shelves.placements, 0) = 0 THEN {PostKind.EVERGREEN}
             WHEN matched.intent = '{PRICE_INTENT}' OR matched.template_id = '{PRICE_TEMPLATE}' THEN {PostKind.PRICE}
             ELSE {PostKind.GUIDE} END AS kind,
        {most}({public}, {edited}, {picked}) AS fresh_day,
        NULLIF({most}({edited}, {picked}), 0) AS refreshed_day,
        {public} AS public_day,
        COALESCE(shelves.placements, 0) AS placements, COALESCE(shelves.stale_placements, 0) AS stale_placements,
        (failing.post_id IS NOT NULL) AS is_disclosure_failing, {_list_figures()}
        FROM own
        LEFT JOIN shelves ON shelves.content_id = own.id
        LEFT JOIN failing ON failing.post_id = own.id
        LEFT JOIN edited ON edited.post_id = own.id
        LEFT JOIN picked ON picked.post_id = own.id
        LEFT JOIN matched ON matched.post_id = own.id
        LEFT JOIN figures ON figures.post_id = own.id"""  # noqa: S608  # constants; values are parameters
    exposures = f"""SELECT dated.*, {seen},
        (%(search_has_year)s = 1 AND public_day <= %(year_start)s) AS is_base_year,
        (%(store_has_year)s = 1 AND public_day <= %(year_start)s) AS is_store_year FROM dated"""  # noqa: S608
    based = """SELECT exposures.*, search_now AS days_now, store_now AS sale_days_now,
        CASE WHEN is_base_year THEN clicks_year ELSE clicks_prior END AS clicks_base,
        CASE WHEN is_base_year THEN search_year ELSE search_prior END AS days_base,
        CASE WHEN is_store_year THEN conversions_year ELSE conversions_prior END AS conversions_base,
        CASE WHEN is_store_year THEN sessions_year ELSE sessions_prior END AS sessions_base,
        CASE WHEN is_store_year THEN store_year ELSE store_prior END AS sale_days_base FROM exposures"""
    rated = "SELECT based.*, (sessions_now > 0 AND sessions_base > 0) AS is_by_sessions FROM based"
    signals = f"""SELECT post_id, kind, fresh_day, refreshed_day, clicks_now, days_now, clicks_base, days_base, is_base_year,
        {rate("now")} AS rate_now, {rate("base")} AS rate_base,
        CASE WHEN is_by_sessions THEN {least}(sessions_now, sessions_base) ELSE {least}(clicks_now, clicks_base) END AS visits,
        placements, stale_placements, is_disclosure_failing,
        CASE WHEN sale_days_now = 0 THEN 0 ELSE revenue_now * {WINDOW_DAYS} / sale_days_now END AS revenue
        FROM rated"""  # noqa: S608
    return {"dated": dated, "exposures": exposures, "based": based, "rated": rated, "signals": signals}


_FIGURES = {
    f"{column}_{window}": (column, source, window)
    for column, source, windows in (
        ("clicks", "search", WINDOWS),
        ("conversions", "store", WINDOWS),
        ("sessions", "store", WINDOWS),
        ("revenue", "store", WINDOWS[:1]),
    )
    for window in windows
}


def _list_figures() -> str:
    return ", ".join(f"COALESCE(figures.{name}, 0) AS {name}" for name in _FIGURES)


def _write_figures() -> str:
    sums = ", ".join(
        f"CAST(SUM({column}) FILTER (WHERE source = %({source}_source)s"
        f" AND day BETWEEN %({window}_first)s AND %({window}_last)s) AS bigint) AS {name}"
        for name, (column, source, window) in _FIGURES.items()
    )
    return f"""SELECT post_id, {sums} FROM refresh_postmetric
        WHERE day BETWEEN %(prior_first)s AND %(now_last)s OR day BETWEEN %(year_first)s AND %(year_last)s
        GROUP BY post_id"""  # noqa: S608
