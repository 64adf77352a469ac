"""Pages of a big table reached by key: every so many rows the key is known, and a page begins at the one before it.

A page deep in a table costs what the first one costs. The keys of a list (of its order and its filters) are found in one
walk through the index, and kept for a while. Rows come and go meanwhile: pages are ranges of keys, so that a reader who
turns them meets every row that stays and none twice; once a range has grown or shrunk by a page, the keys are found anew.
"""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.core.cache import cache
from django.core.exceptions import FieldDoesNotExist
from django.core.paginator import Page, Paginator
from django.db import connections
from django.db.models import F, Field, Func, Value, Window
from django.db.models.expressions import Combinable
from django.db.models.functions import RowNumber
from django.db.models.lookups import GreaterThan, GreaterThanOrEqual, LessThan, LessThanOrEqual
from django.utils.functional import cached_property

if TYPE_CHECKING:
    from collections.abc import Sequence

    from django.db.models import QuerySet

    _Paginator = Paginator[Any]
else:
    _Paginator = Paginator

PAGES_A_RANGE = 100
KEPT_SECONDS = 600
COUNTED_ROWS = 5_000
"""A filtered list is counted so far; of one that is longer the database's own estimate is shown."""
_TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]+)?")
DEEP_FROM_ROW = 1_000
"""Earlier pages are read as they are: a subquery would cost more than the few rows that it skips."""


class Row(Func):
    """Several columns as one value, compared from the first to the last: (priority, id)."""

    template = "(%(expressions)s)"
    output_field = Field()


@dataclass(frozen=True, slots=True)
class KeyOrder:
    """An order in which one index serves every comparison: all columns rise, or all fall, and the key is the last."""

    fields: tuple[str, ...]
    is_falling: bool

    @classmethod
    def read(cls, rows: QuerySet[Any]) -> KeyOrder | None:
        """The order of the rows; None for one that has no such index."""
        named = rows.query.order_by
        names = [name for name in named if isinstance(name, str)]
        if not names or len(names) < len(named):
            return None
        key = rows.model._meta.pk.name
        fields = tuple(key if name.lstrip("-") == "pk" else name.lstrip("-") for name in names)
        signs = {name.startswith("-") for name in names}
        if len(signs) > 1 or fields[-1] != key or not all(_is_own_column(rows, name) for name in fields):
            return None
        return cls(fields, signs.pop())

    def since(self, rows: QuerySet[Any], key: Sequence[Any]) -> QuerySet[Any]:
        """Those from this key on."""
        return rows.filter((LessThanOrEqual if self.is_falling else GreaterThanOrEqual)(*self._compare(rows, key)))

    def is_before(self, rows: QuerySet[Any], key: Sequence[Any] | None) -> Combinable:
        """Whether a row comes before this key; without one, every row does."""
        if key is None:
            return Value(True)
        return (GreaterThan if self.is_falling else LessThan)(*self._compare(rows, key))

    def _compare(self, rows: QuerySet[Any], key: Sequence[Any]) -> tuple[Row, Row]:
        columns = [rows.model._meta.get_field(name) for name in self.fields]
        values = [Value(value, output_field=column) for value, column in zip(key, columns, strict=True)]
        return Row(*(F(name) for name in self.fields)), Row(*values)


def _is_own_column(rows: QuerySet[Any], name: str) -> bool:
    try:
        field = rows.model._meta.get_field(name)
    except FieldDoesNotExist:
        return False
    return bool(field.concrete) and not field.null and not field.is_relation


@dataclass(frozen=True, slots=True)
class Keys:
    """Where the ranges of a list begin, and how many rows it had when they were found."""

    starts: tuple[list[Any], ...]
    total: int


class KeyPaginator(_Paginator):
    """Pages of a list, by key from the hundredth on.

    The count is exact up to `COUNTED_ROWS` (SQLite: always). Beyond, `is_estimate` says that it is the database's guess; a
    page past the end is then the last one, since the guess may have been too high.
    """

    is_estimate = False
    is_floor = False
    """Whether an estimate is only what was counted, and there may be many more."""

    @property
    def rows(self) -> QuerySet[Any]:
        """All rows of the list."""
        return self.object_list  # type: ignore[return-value]

    @cached_property
    def count(self) -> int:
        """How many rows, or about how many."""
        rows = self.rows
        is_postgres = connections[rows.db].vendor == "postgresql"
        counted = getattr(rows, "known_count", None)
        if callable(counted):
            counted = counted()
        is_whole = counted is None and is_postgres and not rows.query.where
        if is_whole:
            counted = _estimate_table(rows)
        elif counted is None and is_postgres:
            counted = rows.order_by().values("pk")[: COUNTED_ROWS + 1].count()
        if counted is None:
            counted = rows.count()
        elif counted > COUNTED_ROWS:
            self.is_estimate = True
            kept = cache.get(self._cache_key)
            guessed = _estimate(rows) if is_postgres and not is_whole and not kept else 0
            self.is_floor = not (is_whole or kept or guessed > counted)
            counted = kept.total if kept else max(counted, guessed)
        return int(counted)

    def page(self, number: int | str) -> Page[Any]:
        """The page of this number; of a list that is only estimated, the last one for every number past the end."""
        if self.is_estimate and isinstance(number, int) and number > self.num_pages:
            if cache.get(self._cache_key) is None:
                self._find_keys()
            number = min(number, self.num_pages)
        number = self.validate_number(number)
        if number >= PAGES_A_RANGE and self._order:
            return Page(self._read_by_key(number), number, self)
        start = (number - 1) * self.per_page
        return Page(self._read(self.rows[start : start + self.per_page]), number, self)

    def _read(self, listed: QuerySet[Any]) -> QuerySet[Any]:
        """The listed rows. Where many others come before, an index alone finds their keys, and only they are read."""
        is_far = listed.query.low_mark >= DEEP_FROM_ROW or self.count > COUNTED_ROWS
        return self.rows.filter(pk__in=listed.values("pk")) if is_far else listed

    @cached_property
    def _order(self) -> KeyOrder | None:
        return KeyOrder.read(self.rows)

    @cached_property
    def _cache_key(self) -> str:
        rows = self.rows
        sql, values = rows.values("pk").query.sql_with_params()
        told = repr(
            (connections[rows.db].settings_dict["NAME"], self.per_page, sql, [_round(value) for value in values])
        )
        return f"keypages:{hashlib.sha256(told.encode()).hexdigest()}"

    def _find_keys(self) -> Keys:
        """Walk through the list once, and keep where its ranges begin."""
        rows, order = self.rows, self._order
        if order is None:
            self.count = rows.count()
            return Keys((), self.count)
        size = PAGES_A_RANGE * self.per_page
        sorted_by = [F(name).desc() if order.is_falling else F(name).asc() for name in order.fields]
        numbered = rows.order_by().annotate(place=Window(RowNumber(), order_by=sorted_by))
        # All that the filter needs is selected too: Django would else mix up the columns.
        named = numbered.annotate(rest=F("place") % size).values_list(*order.fields, "rest", "place")
        starts = tuple(key for *key, _rest, _place in sorted(named.filter(rest=1 % size), key=lambda row: row[-1]))
        total = max(0, len(starts) - 1) * size
        if starts:
            total += order.since(rows, starts[-1]).order_by().count()
        keys = Keys(starts, total)
        cache.set(self._cache_key, keys, KEPT_SECONDS)
        self.count, self.is_estimate, self.is_floor = total, False, False
        self.__dict__.pop("num_pages", None)
        return keys

    def _read_by_key(self, number: int) -> QuerySet[Any]:
        """The rows of a page; finds the keys anew when the page's range is no longer about as long as it was."""
        kept = cache.get(self._cache_key)
        if kept is not None:
            found = self._read_range(kept, number)
            if found is not None:
                return found
        keys = self._find_keys()
        last = max(1, -(-keys.total // self.per_page))
        found = self._read_range(keys, min(number, last))
        rows = self.rows
        return rows.none() if found is None else found

    def _read_range(self, keys: Keys, number: int) -> QuerySet[Any] | None:
        at, page = divmod(number - 1, PAGES_A_RANGE)
        if at >= len(keys.starts) or self._order is None:
            return None
        is_last_range = at == len(keys.starts) - 1
        # The last page of a range also shows what the range has gained.
        is_whole = page == PAGES_A_RANGE - 1 and not is_last_range
        start, most = page * self.per_page, (2 if is_whole else 1) * self.per_page
        since = self._order.since(self.rows, keys.starts[at])
        # The end is looked at here: PostgreSQL would read on to the end of the index to find no more rows before it.
        is_before = self._order.is_before(self.rows, None if is_last_range else keys.starts[at + 1])
        listed = since.annotate(is_before=is_before).values_list("pk", "is_before")[start : start + most + is_whole]
        found = [key for key, is_inside in listed if is_inside]
        least = 1 if is_whole or is_last_range else self.per_page
        return self.rows.filter(pk__in=found) if least <= len(found) <= most else None


def _round(value: object) -> object:
    """A time by its hour: a filter that asks for the last 24 hours is the same filter a moment later."""
    text = str(value)
    return text[:13] if isinstance(value, datetime) or _TIME.fullmatch(text) else value


def _estimate_table(rows: QuerySet[Any]) -> int:
    """How many rows a whole table has; of a big one about how many. One query either way: only a small one is counted."""
    connection, table = connections[rows.db], rows.model._meta.db_table
    counted = f"SELECT count(*) FROM {connection.ops.quote_name(table)}"  # noqa: S608 - a name of our models
    estimated = f"SELECT CASE WHEN reltuples >= %s THEN reltuples::bigint ELSE ({counted}) END FROM pg_class"  # noqa: S608
    with connection.cursor() as cursor:
        cursor.execute(f"{estimated} WHERE oid = %s::regclass", [COUNTED_ROWS, table])
        (about,) = cursor.fetchone()
    return int(about)


def _estimate(rows: QuerySet[Any]) -> int:
    """About how many rows a list has, as the planner of PostgreSQL guesses."""
    (plan,) = json.loads(rows.order_by().values("pk").explain(format="json"))
    return int(plan["Plan"]["Plan Rows"])
