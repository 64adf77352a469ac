"""Building comparison tables and keeping editors' plans for them. The same content makes no new version."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import structlog
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from content.batches import split_batches
from content.comparison.drafting import draft_table
from content.comparison.models import ComparisonTable, TableLink, TableTouch, TableUse
from content.comparison.renewal import (
    TABLES_AT_ONCE,
    Plan,
    RenewalCounts,
    Shelf,
    choose_own,
    plan_tables,
    read_touches,
    renew_batch,
    write_plans,
)
from content.comparison.selectors import list_live_tables, list_overtaken, list_touched, read_price_times
from content.comparison.spec import TableSpec, check_spec
from content.matching.intents import TEMPLATE_COMPARE
from content.matching.selectors import get_decision
from content.posts.models import PostFinding
from content.posts.placeholders import ParsedBody, parse_body
from content.posts.selectors import get_post, hold_post, keep_processable
from content.refresh.models import Reason
from content.refresh.selectors import select_live
from content.refresh.services import enqueue_posts
from perfhooks.metrics import observe
from perfhooks.spans import span
from products.catalog.rules import has_brand, has_category
from products.catalog.selectors import get_facts_by_id, get_facts_by_sku

CHECK_AFTER = timedelta(hours=1)
"""A table by rule is drafted anew so often though no change was noted: editors' holds and priorities move rules too."""

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class TableOutcome:
    """What a building did. number: the newest version, 0 for a post without a table; rows: products compared."""

    post_id: int
    number: int
    rows: int
    is_new: bool


def build_table(*, post_id: int) -> TableOutcome:
    """Build the post's own table, if it asks for one or its template compares, and the named ones that wait for it.

    A table of its own that the post no longer asks for keeps its versions and nothing else. Raises Post.DoesNotExist. Tables
    that nothing has touched since are left alone.
    """
    parsed = parse_body(get_post(post_id).body)
    _build_named(post_id, parsed.table_names)
    decision = get_decision(post_id)
    template_id = decision.template_id if decision else ""
    if not parsed.has_own_table and (parsed.has_table or template_id != TEMPLATE_COMPARE):
        _empty_own(post_id)
        return TableOutcome(post_id, 0, 0, is_new=False)
    with span("comparison_table_render_seconds", content_id=post_id):
        return _build_own(post_id, parsed, decision.product_id if decision else None)


def renew_tables() -> RenewalCounts:
    """Renew every table that a change concerns or that is due to be looked at, and queue the posts that show it.

    Besides those noted, all that show a product as it no longer is: a note that was never made is no excuse. A post's own table is left to the post's processing while that stands in the queue. A table that fails does not keep
    the others; its note stays.
    """
    touched = set(list_touched())
    due = ComparisonTable.objects.filter(post=None, checked_at__lt=timezone.now() - CHECK_AFTER)
    due = due.exclude(rule_category="", rule_brand="")
    waiting = ComparisonTable.objects.filter(post__in=select_live().values("post")).values_list("id", flat=True)
    wanted = (touched | set(list_overtaken()) | set(due.values_list("id", flat=True))) - set(waiting)
    _forget_orphans(touched)
    return renew_many(wanted)


def renew_many(table_ids: Iterable[int], *, besides: int | None = None) -> RenewalCounts:
    """Renew these tables in batches; where one fails, its batch is done table by table."""
    counts = RenewalCounts()
    for batch in split_batches(table_ids, size=TABLES_AT_ONCE):
        try:
            counts += renew_batch(batch, besides=besides)
        except Exception:  # one table's defect must not stop the others
            log.exception("table_batch_failed", tables=len(batch))
            counts += _renew_singly(batch, besides=besides)
    return counts


def _renew_singly(table_ids: Sequence[int], *, besides: int | None) -> RenewalCounts:
    counts = RenewalCounts()
    for table_id in table_ids:
        try:
            counts += renew_batch([table_id], besides=besides)
        except Exception:
            log.exception("table_failed", table_id=table_id)
            counts += RenewalCounts(looked=1, failed=1)
    return counts


def measure_table_ages() -> int:
    """Observe how long ago the prices of each table that readers see were checked; returns how many tables."""
    now = timezone.now()
    times = read_price_times(list_live_tables())
    for as_of in times.values():
        if as_of is not None:
            observe("table_staleness_seconds", max((now - as_of).total_seconds(), 0.0))
    return len(times)


@transaction.atomic
def save_table(*, table_id: int | None, name: str, title: str, spec: TableSpec) -> int:
    """Keep an editor's table, build it and queue the posts that show it; returns its id.

    A name that another table has, an unknown SKU, category or brand, and what `check_spec` finds are refused as
    ValidationError or SpecError, by field.
    """
    check_spec(spec)
    refuse_unknown(spec)
    others = ComparisonTable.objects.filter(name=name)
    if (others.exclude(pk=table_id) if table_id else others).exists():
        raise ValidationError({"name": f"'{name}': 이미 있는 이름입니다. 다른 이름을 쓰세요."})
    table = ComparisonTable.objects.get(pk=table_id, post=None) if table_id else ComparisonTable()
    is_new = table.pk is None
    table.name, table.title, table.spec = name, title, spec.as_json()
    table.rule_category = "" if spec.is_by_hand else spec.category
    table.rule_brand = "" if spec.is_by_hand else spec.brand
    table.save()
    renew_batch([table.pk])
    if is_new:
        _queue_waiting()
    return table.pk


@transaction.atomic
def delete_table(*, table_id: int) -> None:
    """Remove an editor's table; the posts that show it are queued and say what is missing."""
    posts = list(TableUse.objects.filter(table=table_id).values_list("post_id", flat=True))
    ComparisonTable.objects.filter(pk=table_id, post=None).delete()
    enqueue_posts(post_ids=keep_processable(posts), reason=Reason.BODY_CHANGED)


def refuse_unknown(spec: TableSpec) -> None:
    """Raise ValidationError by field for what the catalogue does not have."""
    if spec.skus:
        known = get_facts_by_sku(spec.skus)
        unknown = [sku for sku in spec.skus if sku not in known]
        if unknown:
            words = ", ".join(f"'{sku}'" for sku in unknown[:5])
            raise ValidationError({"skus": f"SKU {words}: 원장에 없습니다. SKU를 고치거나 빼세요."})
    if spec.category and not has_category(spec.category):
        raise ValidationError(
            {"category": f"'{spec.category}': 없는 카테고리입니다. 전체 경로를 쓰세요. 예: 식품>음료>차"}
        )
    if spec.brand and not has_brand(spec.brand):
        raise ValidationError({"brand": f"'{spec.brand}': 이 브랜드의 상품이 없습니다. 원장에 적힌 대로 쓰세요."})


def preview_table(*, spec: TableSpec) -> Plan:
    """What a table of this plan would say now, and of which products. Writes nothing; raises like `save_table`."""
    check_spec(spec)
    refuse_unknown(spec)
    return plan_tables([ComparisonTable(name="preview", spec=spec.as_json())])[0]


def _queue_waiting() -> None:
    """Posts that stand refused because a table was missing may have waited for this one."""
    waiting = PostFinding.objects.filter(kind="no_table").values_list("post_id", flat=True)
    enqueue_posts(post_ids=keep_processable(waiting), reason=Reason.BODY_CHANGED)


def _build_named(post_id: int, names: Sequence[str]) -> None:
    """Note which named tables the post shows, and renew those that were touched or never built."""
    tables = dict(ComparisonTable.objects.filter(name__in=names).values_list("id", "number")) if names else {}
    held = set(TableUse.objects.filter(post=post_id).values_list("table_id", flat=True))
    if held != set(tables):
        with transaction.atomic():
            hold_post(post_id)
            TableUse.objects.filter(post=post_id).exclude(table__in=tables).delete()
            new = [TableUse(post_id=post_id, table_id=table_id) for table_id in tables.keys() - held]
            TableUse.objects.bulk_create(new, ignore_conflicts=True)
    if tables:
        touched = set(TableTouch.objects.filter(table__in=tables).values_list("table_id", flat=True))
        renew_many({*touched, *(table_id for table_id, number in tables.items() if number == 0)}, besides=post_id)


def _build_own(post_id: int, parsed: ParsedBody, match_id: int | None) -> TableOutcome:
    by_sku = get_facts_by_sku(parsed.skus) if parsed.skus else {}
    named = [by_sku[sku] for sku in parsed.skus if sku in by_sku]
    match = get_facts_by_id([match_id]).get(match_id) if match_id else None
    first = match or next(iter(named), None)
    spec: dict[str, Any] = {
        "named": [product.sku for product in named],
        "match": match.sku if match else "",
        "category": first.category_path if first else "",
    }
    with transaction.atomic():
        hold_post(post_id)
        values = {"spec": spec, "rule_category": spec["category"]}
        table, _is_first = ComparisonTable.objects.get_or_create(post_id=post_id, defaults={"name": "", **values})
        table = ComparisonTable.objects.select_for_update(no_key=True).get(pk=table.pk)
        if table.spec != spec:
            table.spec, table.rule_category = spec, spec["category"]
            table.save(update_fields=["spec", "rule_category"])
        touches = read_touches([table.pk])
        products = choose_own(named, match, Shelf())
        since = min(touches.times.get(table.pk, ()), default=None)
        shown = {product.sku for product in products}
        waiting = [sku for sku in spec["named"] if sku not in shown]
        plan = Plan(table, draft_table(products), products, waiting, touched_at=since)
        counts = write_plans([plan], besides=post_id)
        TableTouch.objects.filter(id__in=touches.ids).delete()
    return TableOutcome(post_id, table.number, len(products), is_new=counts.renewed > 0)


def _empty_own(post_id: int) -> None:
    """Let nothing renew or list a table that its post no longer shows: without a plan it has no products and no rule."""
    if not ComparisonTable.objects.filter(post=post_id).exclude(spec={}).exists():
        return
    with transaction.atomic():
        hold_post(post_id)
        own = ComparisonTable.objects.filter(post=post_id)
        ids = list(own.select_for_update(no_key=True).values_list("id", flat=True))
        own.update(spec={}, rule_category="", rule_brand="")
        TableLink.objects.filter(table__in=ids).delete()
        TableTouch.objects.filter(table__in=ids).delete()


def _forget_orphans(table_ids: Iterable[int]) -> None:
    """Notes of tables that are gone, which no foreign key removed."""
    for batch in split_batches(table_ids):
        known = set(ComparisonTable.objects.filter(id__in=batch).values_list("id", flat=True))
        TableTouch.objects.filter(table__in=set(batch) - known).delete()
