"""Many edits at once: drafted, looked at, applied, undone. Whatever the number of products, a few statements each.

A draft keeps what each product is now and is to become, so that what a person confirmed is what is done: a product that
somebody edits in between is left alone and counted. Undoing leaves alone what has another value than the batch gave it, so
that batches on the same products are undone one after the other, the newest first.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import structlog
from django.db import connection, transaction
from django.db.models import Case, Count, Exists, F, IntegerField, OuterRef, Q, QuerySet, Subquery, Value, When
from django.db.models.functions import Cast, Coalesce
from django.utils import timezone

from perfhooks.trace import current_trace_id
from products.catalog.edits import follow_holds
from products.catalog.models import (
    BatchState,
    ChangeBatch,
    ChangeBatchItem,
    ChangeKind,
    ItemState,
    Placement,
    Product,
)
from products.catalog.priorities import PRIORITY_LIMIT
from products.catalog.storelock import enter_store

BATCH_LIMIT = 100_000
"""Products of one batch: PostgreSQL holds their rows until it is written."""
DRAFT_KEPT_HOURS = 24
AMOUNT_KINDS = (ChangeKind.SET, ChangeKind.RAISE, ChangeKind.LOWER)
"""The kinds that need a number."""

_COLUMNS = ("batch_id", "product_id", "field", "before", "after", "version_seen", "state", "reason")
_ADD_ITEM = """
INSERT INTO catalog_changebatchitem (batch_id, product_id, field, before, after, version_seen, state, reason)
VALUES (%s, %s, %s, %s, %s, %s, %s, %s)
"""

log = structlog.get_logger()


class BatchError(Exception):
    """What was asked cannot be done; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class PlannedEdit:
    """One product of an imported file, as it is and as it is to be: values by field; a field that `after` lacks is left alone."""

    product_id: int
    version: int
    before: Mapping[str, int]
    after: Mapping[str, int]
    reason: str = ""


@transaction.atomic
def draft_batch(
    *,
    products: QuerySet[Product],
    kind: str,
    actor_id: int,
    amount: int = 0,
    source: str = "",
    seen: Mapping[int, int] | None = None,
) -> ChangeBatch:
    """Write down what the edit would do to these products; none of them changes yet.

    kind: a value of ChangeKind but import; amount: for the kinds that need a number, 0 to PRIORITY_LIMIT.
    seen: {product id: version} as the editor saw them; one with another version is refused at once.
    Raises BatchError when there are no products, or too many.
    """
    chosen = products.order_by().count()
    if not chosen:
        raise BatchError("고른 상품이 없습니다. 목록에서 상품을 고른 뒤 다시 하세요.")
    if chosen > BATCH_LIMIT:
        raise BatchError(f"상품 {chosen:,}개는 한 번에 바꾸기에 많습니다. 필터로 {BATCH_LIMIT:,}개 이하로 좁히세요.")
    _drop_old_drafts()
    batch = ChangeBatch.objects.create(
        kind=kind,
        amount=amount if kind in AMOUNT_KINDS else None,
        actor_id=actor_id,
        source=source[:300],
        trace_id=current_trace_id(),
    )
    changing = _plan_items(batch, products, kind=ChangeKind(kind), amount=amount)
    refused = _refuse_overtaken(batch, seen or {})
    batch.counts = {"chosen": chosen, "changing": changing - refused, "refused": refused}
    batch.counts["unchanged"] = chosen - changing
    batch.save(update_fields=["counts"])
    return batch


@transaction.atomic
def draft_import(
    *, edits: list[PlannedEdit], errors: list[dict[str, Any]], bad_rows: int, actor_id: int, source: str, reason: str
) -> ChangeBatch:
    """Write down what a file would do; no product changes yet.

    errors: what is wrong with rows that cannot be used, as ChangeBatch.errors keeps them; bad_rows: how many those are.
    """
    _drop_old_drafts()
    items = [
        (edit.product_id, field, edit.before[field], after, edit.version, ItemState.DRAFT.value, edit.reason)
        for edit in edits
        for field, after in edit.after.items()
        if after != edit.before[field]
    ]
    changing = len({product_id for product_id, *_values in items})
    batch = ChangeBatch.objects.create(
        kind=ChangeKind.IMPORT,
        actor_id=actor_id,
        source=source[:300],
        reason=reason,
        errors=errors,
        counts={
            "chosen": len(edits),
            "changing": changing,
            "refused": 0,
            "unchanged": len(edits) - changing,
            "bad_rows": bad_rows,
        },
        trace_id=current_trace_id(),
    )
    _add_items(batch, items)
    return batch


@transaction.atomic
def apply_batch(*, batch_id: int, actor_id: int, reason: str = "") -> ChangeBatch:
    """Do what the draft says, except to products that somebody has edited since; returns the batch with its counts.

    Raises ChangeBatch.DoesNotExist; BatchError when it is no draft any more, or somebody else's.
    """
    batch = open_draft(batch_id=batch_id, actor_id=actor_id, reason=reason)
    apply_items(batch.items.filter(state=ItemState.DRAFT))
    finish_apply(batch)
    return batch


def open_draft(*, batch_id: int, actor_id: int, reason: str) -> ChangeBatch:
    """The draft, locked, with who wants it applied and why; in a transaction. Raises as `apply_batch`."""
    batch = ChangeBatch.objects.select_for_update().get(pk=batch_id)
    if batch.state != BatchState.DRAFT:
        raise BatchError(f"이미 {batch.get_state_display()} 상태라 다시 적용하지 않았습니다.")
    if batch.actor_id != actor_id:
        raise BatchError("다른 사람이 만든 초안입니다. 만든 사람만 적용할 수 있습니다.")
    batch.trace_id, batch.reason = current_trace_id(), reason or batch.reason
    return batch


def apply_items(drafted: QuerySet[ChangeBatchItem]) -> None:
    """Give the products of these drafted items their new values, but for those that somebody has edited since."""
    _lock_products(drafted)
    drafted.exclude(product__version=F("version_seen")).update(state=ItemState.REFUSED)
    _write(drafted, column="after")
    drafted.update(state=ItemState.APPLIED, version_after=F("version_seen") + 1)


def finish_apply(batch: ChangeBatch) -> None:
    """Count what became of the items, and save."""
    changed, refused = _count_products(batch, ItemState.APPLIED), _count_products(batch, ItemState.REFUSED)
    batch.counts |= {"changed": changed, "refused": refused}
    batch.state, batch.applied_at = BatchState.APPLIED, timezone.now()
    batch.save()
    log.info(
        "batch_applied", batch=batch.pk, kind=batch.kind, changed=changed, refused=refused, actor_id=batch.actor_id
    )


@transaction.atomic
def undo_batch(*, batch_id: int, actor_id: int) -> ChangeBatch:
    """Give the products back what they were, except where they have another value by now; returns the batch.

    Raises ChangeBatch.DoesNotExist; BatchError when it does not stand applied.
    """
    batch = open_applied(batch_id=batch_id, actor_id=actor_id)
    undo_items(batch.items.filter(state=ItemState.APPLIED))
    finish_undo(batch)
    return batch


def open_applied(*, batch_id: int, actor_id: int) -> ChangeBatch:
    """The applied batch, locked, with who wants it undone; in a transaction. Raises as `undo_batch`."""
    batch = ChangeBatch.objects.select_for_update().get(pk=batch_id)
    if batch.state != BatchState.APPLIED:
        raise BatchError(f"{batch.get_state_display()} 상태라 되돌릴 것이 없습니다.")
    batch.undone_by_id, batch.undo_trace_id = actor_id, current_trace_id()
    return batch


def undo_items(applied: QuerySet[ChangeBatchItem]) -> None:
    """Give the products of these applied items their old values, but for those whose value is another by now."""
    _lock_products(applied)
    _keep_changed(applied)
    _write(applied, column="before")
    applied.update(state=ItemState.RESTORED)


def finish_undo(batch: ChangeBatch) -> None:
    """Count what became of the items, and save."""
    restored, kept = _count_products(batch, ItemState.RESTORED), _count_products(batch, ItemState.KEPT)
    batch.counts |= {"restored": restored, "kept": kept}
    batch.state, batch.undone_at = BatchState.UNDONE, timezone.now()
    batch.save()
    log.info("batch_undone", batch=batch.pk, restored=restored, kept=kept, actor_id=batch.undone_by_id)


@transaction.atomic
def drop_draft(*, batch_id: int, actor_id: int | None) -> None:
    """Forget a draft. actor_id: who asks, None for one who may forget anybody's.

    Raises ChangeBatch.DoesNotExist; BatchError when it has been applied, or is somebody else's.
    """
    batch = ChangeBatch.objects.select_for_update().get(pk=batch_id)
    if batch.state != BatchState.DRAFT:
        raise BatchError("이미 적용했습니다. 취소 대신 되돌리기를 쓰세요.")
    if actor_id not in (None, batch.actor_id):
        raise BatchError("다른 사람이 만든 초안입니다. 만든 사람이나 최고 관리자만 취소할 수 있습니다.")
    batch.delete()


def _plan_items(batch: ChangeBatch, products: QuerySet[Product], *, kind: ChangeKind, amount: int) -> int:
    """Add an item for each product that would change, in one statement; returns how many."""
    field, after = _plan_value(kind, amount)
    now = Cast(F(field), IntegerField())
    rows = products.order_by().annotate(
        batch_pk=Value(batch.pk, IntegerField()),
        field_name=Value(field),
        before_value=now,
        after_value=after,
        state_name=Value(ItemState.DRAFT.value),
        why=Value(""),
    )
    changing = rows.exclude(before_value=F("after_value"))
    select, parameters = changing.values(
        "batch_pk", "pk", "field_name", "before_value", "after_value", "version", "state_name", "why"
    ).query.sql_with_params()
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {ChangeBatchItem._meta.db_table} ({', '.join(_COLUMNS)}) {select}",
            parameters,
        )
        return int(cursor.rowcount)


def _add_items(batch: ChangeBatch, items: list[tuple[Any, ...]]) -> None:
    """Write these rows, each without its batch, by one prepared statement: SQLite takes few parameters at a time."""
    if not items:
        return
    with connection.cursor() as cursor:
        cursor.executemany(_ADD_ITEM, [(batch.pk, *item) for item in items])


def _plan_value(kind: ChangeKind, amount: int) -> tuple[str, Any]:
    """The field that changes and its new value; a priority stays within 0 and PRIORITY_LIMIT."""
    if kind in (ChangeKind.HOLD, ChangeKind.RELEASE):
        return "hold", Value(int(kind == ChangeKind.HOLD), IntegerField())
    if kind == ChangeKind.SET:
        return "priority", Value(amount, IntegerField())
    if kind == ChangeKind.RAISE:
        top = When(priority__gt=PRIORITY_LIMIT - amount, then=Value(PRIORITY_LIMIT))
        return "priority", Case(top, default=F("priority") + amount, output_field=IntegerField())
    bottom = When(priority__lt=amount, then=Value(0))
    return "priority", Case(bottom, default=F("priority") - amount, output_field=IntegerField())


def _refuse_overtaken(batch: ChangeBatch, seen: Mapping[int, int]) -> int:
    """Refuse the products whose version is no longer the one that the editor saw; returns how many would have changed."""
    current = Product.objects.filter(pk__in=list(seen)).values_list("pk", "version")
    overtaken = [key for key, version in current if seen[key] != version]
    return batch.items.filter(product__in=overtaken).update(state=ItemState.REFUSED) if overtaken else 0


def _drop_old_drafts() -> None:
    """Forget what nobody has confirmed for a day, whoever drafted it."""
    since = timezone.now() - timedelta(hours=DRAFT_KEPT_HOURS)
    old = ChangeBatch.objects.filter(state=BatchState.DRAFT, created_at__lt=since)
    # One that is confirmed or dropped at this moment is left to who does so.
    free = list(old.order_by("id").select_for_update(skip_locked=True).values_list("pk", flat=True))
    if free:
        ChangeBatch.objects.filter(pk__in=free).delete()


def _lock_products(items: QuerySet[ChangeBatchItem]) -> None:
    """Keep the stores' other writers out, and the editors of single products: none then waits for what waits for it."""
    chosen = Product.objects.filter(pk__in=items.values("product"))
    for store_id in chosen.order_by("store_id").values_list("store_id", flat=True).distinct():
        enter_store(store_id)
    if connection.features.has_select_for_update:
        list(chosen.order_by("id").select_for_update().values_list("pk", flat=True))


def _keep_changed(items: QuerySet[ChangeBatchItem]) -> None:
    """Set aside the items whose field has another value by now than the batch gave it."""
    other_priority = Q(field="priority") & ~Q(product__priority=F("after"))
    other_hold = Q(field="hold") & (Q(product__hold=True, after=0) | Q(product__hold=False, after=1))
    items.filter(other_priority | other_hold).update(state=ItemState.KEPT)


def _write(items: QuerySet[ChangeBatchItem], *, column: str) -> None:
    """Give the items' products the values of this column, in one statement, with what follows from a hold."""
    fields = set(items.order_by().values_list("field", flat=True).distinct())
    own = items.filter(product=OuterRef("pk"))
    values: dict[str, Any] = {}
    if "priority" in fields:
        priority = Subquery(own.filter(field="priority").values(column)[:1])
        values["priority"] = Coalesce(priority, F("priority"))
    if "hold" in fields:
        hold = own.filter(field="hold")
        values["hold"] = Case(
            When(Exists(hold.filter(**{column: 1})), then=True),
            When(Exists(hold.filter(**{column: 0})), then=False),
            default=F("hold"),
        )
    Product.objects.filter(pk__in=items.values("product")).update(version=F("version") + 1, **values)
    if "hold" in fields:
        held = items.filter(field="hold").values("product")
        stores = Product.objects.filter(pk__in=held).order_by().values_list("store_id", flat=True).distinct()
        shown = Placement.objects.filter(product__in=held, is_live=True)
        follow_holds(store_ids=stores, post_ids=shown.order_by().values_list("content_id", flat=True).distinct())


def _count_products(batch: ChangeBatch, state: ItemState) -> int:
    counted: int = batch.items.filter(state=state).aggregate(number=Count("product", distinct=True))["number"]
    return counted
