"""Building many tables at once: all are read, drafted, compared and written by a number of statements that does not grow.

A table is locked while it is renewed; the notes of changes are read after that and removed with the same transaction, so
that a change that commits meanwhile is looked at next time. Posts are held before their own tables are locked, in the
order in which a post's deletion takes them.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import msgspec
import structlog
from django.db import transaction
from django.db.models import F, QuerySet, TextField
from django.db.models.functions import Cast
from django.utils import timezone

from content.comparison.dating import find_oldest_check
from content.comparison.drafting import ROW_LIMIT, TableDraft, choose_products, draft_table
from content.comparison.models import (
    ComparisonTable,
    TableLink,
    TableRowContent,
    TableTouch,
    TableUse,
    TableVersion,
)
from content.comparison.spec import TableSpec, read_spec
from content.matching.selectors import get_decision
from content.posts.selectors import hold_posts, keep_processable
from content.refresh.models import Reason
from content.refresh.services import enqueue_posts
from perfhooks.clock import business_now
from perfhooks.metrics import observe
from perfhooks.trace import current_trace_id
from products.catalog.among import among_numbers
from products.catalog.manyrows import insert_rows
from products.catalog.rules import ProductRule, list_by_rule
from products.catalog.selectors import ComparedFacts, get_compared_by_sku, get_facts_by_id

TABLES_AT_ONCE = 2_000
PLAN_FIELDS = ("id", "post_id", "spec", "number")
"""What a plan needs of its table, in the model's order: `from_db` takes them by it."""
LINK_FIELDS = ("table_id", "product_id", "sku", "revision")
LinkValues = tuple[int, int | None, str, int]

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class RenewalCounts:
    """What a renewal did: tables looked at, of these renewed and failed, rows that say something new, posts queued."""

    looked: int = 0
    renewed: int = 0
    failed: int = 0
    rows: int = 0
    posts: int = 0

    def __add__(self, other: "RenewalCounts") -> "RenewalCounts":
        return RenewalCounts(*(getattr(self, name) + getattr(other, name) for name in self.__dataclass_fields__))


@dataclass(frozen=True, slots=True)
class Plan:
    """A table with what it is to say now. waiting: SKUs that it asks for in vain; touched_at: the first change noted."""

    table: ComparisonTable
    draft: TableDraft
    products: Sequence[ComparedFacts]
    waiting: Sequence[str] = ()
    touched_at: datetime | None = None
    row_hashes: list[str] = field(init=False)
    content_hash: str = field(init=False)

    def __post_init__(self) -> None:
        """Take the fingerprints, once."""
        hashes = self.draft.row_hashes
        object.__setattr__(self, "row_hashes", hashes)
        object.__setattr__(self, "content_hash", self.draft.hash_content(hashes))

    @property
    def as_of(self) -> datetime | None:
        """The oldest price check among its products."""
        return find_oldest_check(product.price_checked_at for product in self.products)


@dataclass(slots=True)
class Shelf:
    """The products that a batch of tables asks for, each read once."""

    by_sku: Mapping[str, ComparedFacts] = field(default_factory=dict)
    by_id: Mapping[int, ComparedFacts] = field(default_factory=dict)
    rules: dict[tuple[ProductRule, int], list[ComparedFacts]] = field(default_factory=dict)

    def list_rule(self, rule: ProductRule, limit: int) -> list[ComparedFacts]:
        """The products of a rule; equal rules are asked for once."""
        if (rule, limit) not in self.rules:
            self.rules[rule, limit] = list_by_rule(rule, limit=limit)
        return self.rules[rule, limit]


def renew_batch(table_ids: Sequence[int], *, besides: int | None = None) -> RenewalCounts:
    """Bring these tables up to date in one transaction, and queue the posts that show a renewed one, `besides` left out.

    A post's own table without a plan is one that the post no longer asks for: it is left as it is.
    """
    with transaction.atomic():
        chosen = ComparisonTable.objects.filter(among_numbers(ComparisonTable, "id", table_ids))
        owners = chosen.filter(post__isnull=False)
        held = hold_posts(owners.values_list("post_id", flat=True))
        tables = [it for it in _lock_tables(chosen) if it.post_id is None or (it.post_id in held and it.spec)]
        touches = read_touches(table_ids)
        since = {table_id: min(times) for table_id, times in touches.times.items()}
        plans = plan_tables(tables, since)
        counts = write_plans(plans, besides=besides)
        if touches.ids:
            TableTouch.objects.filter(id__in=touches.ids).delete()
    return counts


def _lock_tables(chosen: QuerySet[ComparisonTable]) -> list[ComparisonTable]:
    """The tables with what a plan needs alone, the specs decoded here: all fields by Django's way take longer."""
    locked = chosen.select_for_update(no_key=True).order_by("id")
    rows = locked.values_list("id", "post_id", Cast("spec", TextField()), "number")
    return [
        ComparisonTable.from_db(rows.db, PLAN_FIELDS, (key, post_id, msgspec.json.decode(spec), number))
        for key, post_id, spec, number in rows
    ]


@dataclass(frozen=True, slots=True)
class Touches:
    """The notes of changes: their ids, and their times by table."""

    ids: Sequence[int]
    times: Mapping[int, Sequence[datetime]]


def read_touches(table_ids: Iterable[int]) -> Touches:
    """The notes that these tables have now. Call it after the tables are locked."""
    rows = list(
        TableTouch.objects.filter(among_numbers(TableTouch, "table", table_ids)).values_list(
            "id", "table_id", "touched_at"
        )
    )
    times: dict[int, list[datetime]] = {}
    for _id, table_id, touched_at in rows:
        times.setdefault(table_id, []).append(touched_at)
    return Touches([row[0] for row in rows], times)


def plan_tables(tables: Sequence[ComparisonTable], since: Mapping[int, datetime] | None = None) -> list[Plan]:
    """What each table is to say by the catalogue as it is now."""
    matches = {
        table.pk: decision.product_id for table in tables if table.post_id and (decision := get_decision(table.post_id))
    }
    named = {table.pk: list_skus(table) for table in tables}
    shelf = Shelf(
        by_sku=get_compared_by_sku({sku for skus in named.values() for sku in skus}) if any(named.values()) else {},
        by_id=get_facts_by_id({key for key in matches.values() if key}) if any(matches.values()) else {},
    )
    return [_plan(table, shelf, matches.get(table.pk), (since or {}).get(table.pk)) for table in tables]


def list_skus(table: ComparisonTable) -> tuple[str, ...]:
    """The SKUs that a table names."""
    return tuple(table.spec.get("named", ())) if table.post_id else tuple(table.spec.get("skus", ()))


def _plan(table: ComparisonTable, shelf: Shelf, match_id: int | None, touched_at: datetime | None) -> Plan:
    skus = list_skus(table)
    named = [shelf.by_sku[sku] for sku in skus if sku in shelf.by_sku]
    if table.post_id:
        products = choose_own(named, shelf.by_id.get(match_id or 0), shelf)
        draft = draft_table(products)
    else:
        spec = read_spec(table.spec)
        products = choose_by_spec(spec, named, shelf)
        draft = draft_table(products, spec)
    shown = {product.sku for product in products}
    return Plan(table, draft, products, [sku for sku in skus if sku not in shown], touched_at)


def choose_own(named: Sequence[ComparedFacts], match: ComparedFacts | None, shelf: Shelf) -> list[ComparedFacts]:
    """The products of a post's own table: those named, the match, then the best of its category."""
    first = match or next(iter(named), None)
    # Twice the rows: some of the best may be named already.
    best = shelf.list_rule(ProductRule(category=first.category_path), ROW_LIMIT * 2) if first else []
    return choose_products([named, [match] if match else [], best])


def choose_by_spec(spec: TableSpec, named: Sequence[ComparedFacts], shelf: Shelf) -> list[ComparedFacts]:
    """The products of an editor's table; those by hand that cannot be bought now are left out until they can."""
    if spec.is_by_hand:
        return choose_products([named], limit=len(spec.skus))
    return shelf.list_rule(make_rule(spec), spec.limit)


def make_rule(spec: TableSpec) -> ProductRule:
    """The rule in the catalogue's terms."""
    return ProductRule(spec.category, spec.brand, spec.price_min, spec.price_max, spec.sort)


def write_plans(plans: Sequence[Plan], *, besides: int | None = None) -> RenewalCounts:
    """Write what is new: rows, versions, links; queue the posts. The tables are locked by the caller's transaction."""
    ids = [plan.table.pk for plan in plans]
    newest = TableVersion.objects.filter(among_numbers(TableVersion, "table", ids), number=F("table__number"))
    as_text = newest.annotate(rows=Cast("row_hashes", TextField()))  # decoded here: Django's own decoder is slow
    held = {
        table_id: (content_hash, set(msgspec.json.decode(rows)))
        for table_id, content_hash, rows in as_text.values_list("table_id", "content_hash", "rows")
    }
    renewed = [plan for plan in plans if _is_new(plan, held)]
    fresh = _write_versions(renewed, held)
    fresh_ids = {plan.table.pk for plan in renewed}
    if same := [table_id for table_id in ids if table_id not in fresh_ids]:
        unchanged = ComparisonTable.objects.filter(among_numbers(ComparisonTable, "id", same))
        unchanged.update(checked_at=timezone.now())
    _write_links(plans)
    posts = _queue_posts(renewed, besides=besides)
    for plan in renewed:
        if plan.touched_at is not None:
            observe("table_update_propagation_seconds", (timezone.now() - plan.touched_at).total_seconds())
    if renewed:
        revision = max(plan.draft.revision for plan in renewed)
        log.info("tables_renewed", tables=len(renewed), revision=revision, rows=fresh, posts=posts)
    return RenewalCounts(looked=len(plans), renewed=len(renewed), rows=fresh, posts=posts)


def _is_new(plan: Plan, held: Mapping[int, tuple[str, set[str]]]) -> bool:
    if plan.table.number == 0 and not plan.draft.rows:
        return False
    content_hash, _rows = held.get(plan.table.pk, ("", set()))
    return content_hash != plan.content_hash


def _write_versions(renewed: Sequence[Plan], held: Mapping[int, tuple[str, set[str]]]) -> int:
    contents: dict[str, dict[str, Any]] = {}
    versions: list[dict[str, Any]] = []
    now, trace_id = business_now(), current_trace_id()
    for plan in renewed:
        known = held.get(plan.table.pk, ("", set()))[1]
        for key, row in zip(plan.row_hashes, plan.draft.rows, strict=True):
            if key not in known:
                contents[key] = {"hash": key, **msgspec.structs.asdict(row)}
        plan.table.number += 1
        versions.append(
            {
                "table_id": plan.table.pk,
                "number": plan.table.number,
                "revision": plan.draft.revision,
                "keys": plan.draft.keys,
                "columns": plan.draft.columns,
                "row_hashes": plan.row_hashes,
                "marks": [(mark.row, mark.column, mark.reason) for mark in plan.draft.marks],
                "as_of": plan.as_of,
                "content_hash": plan.content_hash,
                "trace_id": trace_id,
                "touched_at": plan.touched_at,
                "built_at": now,
            }
        )
    insert_rows(TableRowContent, list(contents.values()), ignore_conflicts=True)
    insert_rows(TableVersion, versions)
    grown = among_numbers(ComparisonTable, "id", [plan.table.pk for plan in renewed])
    ComparisonTable.objects.filter(grown).update(number=F("number") + 1, checked_at=timezone.now())
    return len(contents)


def _write_links(plans: Sequence[Plan]) -> None:
    """Bring the reverse index up to date: what is gone goes, what is new comes, the rest gets its revision."""
    rows = TableLink.objects.filter(among_numbers(TableLink, "table", [plan.table.pk for plan in plans]))
    held: dict[LinkValues, int] = {row[:-1]: row[-1] for row in rows.values_list(*LINK_FIELDS, "id")}
    wanted = set(_list_links(plans))
    new, gone = wanted - held.keys(), {values[:3]: key for values, key in held.items() if values not in wanted}
    moved: dict[int, list[int]] = {}
    for values in [values for values in new if values[:3] in gone]:
        new.remove(values)
        moved.setdefault(values[3], []).append(gone.pop(values[:3]))
    for revision, keys in moved.items():
        TableLink.objects.filter(among_numbers(TableLink, "id", keys)).update(revision=revision)
    if gone:
        TableLink.objects.filter(id__in=gone.values()).delete()
    insert_rows(TableLink, [dict(zip(LINK_FIELDS, values, strict=True)) for values in new])


def _list_links(plans: Iterable[Plan]) -> Iterator[LinkValues]:
    for plan in plans:
        table_id = plan.table.pk
        for product in plan.products:
            yield table_id, product.id, product.sku, product.revision
        for sku in plan.waiting:
            yield table_id, None, sku, 0


def _queue_posts(renewed: Sequence[Plan], *, besides: int | None) -> int:
    owned = {plan.table.post_id for plan in renewed if plan.table.post_id}
    named = [plan.table.pk for plan in renewed if not plan.table.post_id]
    using = TableUse.objects.filter(among_numbers(TableUse, "table", named)).values_list("post_id", flat=True)
    posts = keep_processable({*owned, *using} - {besides})
    revision = max((plan.draft.revision for plan in renewed), default=0)
    return enqueue_posts(post_ids=posts, reason=Reason.PRODUCT_CHANGED, revision=revision) if posts else 0
