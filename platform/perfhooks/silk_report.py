"""What silk recorded, read for its three questions: which views are slow, which ask much, which repeat themselves.

A query is repeated when one request sent the same shape of statement several times: the mark of a loop that reads row
by row (N+1). Silk is reached by its app label only, never imported.
"""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass, field
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.apps import apps

from perfhooks.percentiles import percentile
from perfhooks.routers import SILK_APP
from perfhooks.sqltext import normalise_recorded

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from django.db.models import Manager

SOURCE_ROOT = Path(__file__).resolve().parents[2]
_FRAME = re.compile(r'File "(?P<path>[^"]+)", line (?P<line>\d+), in (?P<name>\S+)')
_NOT_THE_CALLER = ("site-packages", "perfhooks/middleware.py")


@dataclass(frozen=True, slots=True)
class ViewCost:
    """What one view cost over the requests read; times in milliseconds, under silk and so too high by a multiple."""

    view: str
    method: str
    requests: int
    p50_ms: float
    p95_ms: float
    max_ms: float
    queries_p50: float
    queries_max: int


@dataclass(frozen=True, slots=True)
class RepeatedQuery:
    """One shape of statement that single requests of a view sent several times; `times` in the worst of them."""

    view: str
    times: int
    requests: int
    total: int
    milliseconds: float
    where: str
    sql: str


@dataclass(frozen=True, slots=True)
class SilkReport:
    """The newest requests that silk recorded, summed up; every list has its worst first."""

    requests: int
    queries: int
    slowest: tuple[ViewCost, ...]
    most_queries: tuple[ViewCost, ...]
    repeated: tuple[RepeatedQuery, ...]


@dataclass(slots=True)
class _Repetition:
    """A repeated query while it is being counted; `sample` is the key of one of its statements."""

    times: int = 0
    requests: int = 0
    total: int = 0
    milliseconds: float = 0.0
    sample: int = 0

    def add(self, statements: list[tuple[int, float]]) -> None:
        self.times = max(self.times, len(statements))
        self.requests += 1
        self.total += len(statements)
        self.milliseconds += sum(milliseconds for _key, milliseconds in statements)
        self.sample = statements[0][0]


@dataclass(slots=True)
class _View:
    """The times and query counts of one view's requests."""

    milliseconds: list[float] = field(default_factory=list)
    queries: list[int] = field(default_factory=list)


def read_report(*, requests: int = 1_000, repeats: int = 3, length: int = 10) -> SilkReport:
    """Sum up the newest `requests` requests: each list `length` long, repetitions from `repeats` times on.

    Raises LookupError where silk is not installed, DatabaseError where its tables are missing.
    """
    newest = _rows("Request").order_by("-start_time")[:requests]
    rows = list(newest.values_list("pk", "view_name", "method", "time_taken", "num_sql_queries"))
    costs = list(_cost_views(rows))
    names = {key: name or "" for key, name, *_rest in rows}
    return SilkReport(
        requests=len(rows),
        queries=sum(row[-1] for row in rows),
        slowest=tuple(sorted(costs, key=lambda cost: -cost.p95_ms)[:length]),
        most_queries=tuple(sorted(costs, key=lambda cost: -cost.queries_max)[:length]),
        repeated=tuple(_find_repeated(names, repeats, length)),
    )


def locate_caller(stack: str) -> str:
    """Return `file:line function` of the innermost frame of our own code in a recorded stack, its newest frame first."""
    for frame in _FRAME.finditer(stack):
        path = Path(frame["path"])
        if path.is_relative_to(SOURCE_ROOT) and not any(part in frame["path"] for part in _NOT_THE_CALLER):
            return f"{path.relative_to(SOURCE_ROOT)}:{frame['line']} {frame['name']}"
    return ""


def _rows(name: str) -> Manager[Any]:
    rows: Manager[Any] = apps.get_model(SILK_APP, name)._default_manager
    return rows


def _cost_views(rows: Iterable[tuple[Any, ...]]) -> Iterator[ViewCost]:
    views: defaultdict[tuple[str, str], _View] = defaultdict(_View)
    for _key, name, method, milliseconds, queries in rows:
        if milliseconds is not None:  # else the request was cut off before its end
            views[name or "", method].milliseconds.append(milliseconds)
            views[name or "", method].queries.append(queries)
    for (name, method), view in views.items():
        times, counts = view.milliseconds, view.queries
        p50, p95 = percentile(times, 50), percentile(times, 95)
        yield ViewCost(name, method, len(times), p50, p95, max(times), percentile(counts, 50), max(counts))


def _find_repeated(names: dict[str, str], repeats: int, length: int) -> Iterator[RepeatedQuery]:
    found: defaultdict[tuple[str, str], _Repetition] = defaultdict(_Repetition)
    for request, statements in _read_statements(names):
        for shape, sent in _group_by_shape(statements).items():
            if len(sent) >= repeats:
                found[names[request], shape].add(sent)
    worst = sorted(found.items(), key=lambda item: (-item[1].times, -item[1].total))[:length]
    for (view, shape), seen in worst:
        stack = _rows("SQLQuery").values_list("traceback", flat=True).get(pk=seen.sample)
        where = locate_caller(stack)
        yield RepeatedQuery(view, seen.times, seen.requests, seen.total, seen.milliseconds, where, shape)


def _read_statements(names: dict[str, str]) -> Iterator[tuple[str, list[tuple[Any, ...]]]]:
    columns = ("request_id", "pk", "query", "time_taken")
    for keys in _chunks(list(names)):
        sent = _rows("SQLQuery").filter(request__in=keys).order_by("request_id", "pk").values_list(*columns)
        for request, rows in groupby(sent.iterator(), key=itemgetter(0)):
            yield request, list(rows)


def _group_by_shape(statements: list[tuple[Any, ...]]) -> dict[str, list[tuple[int, float]]]:
    shapes: defaultdict[str, list[tuple[int, float]]] = defaultdict(list)
    for _request, key, sql, milliseconds in statements:
        shapes[normalise_recorded(sql)].append((key, milliseconds or 0.0))
    return shapes


def _chunks(keys: list[str], size: int = 200) -> Iterator[list[str]]:
    return (keys[start : start + size] for start in range(0, len(keys), size))
