"""Who changed a product, what, why, under which trace id: people one by one, people in batches, and the store's sync."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import islice, pairwise

from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db.models import OuterRef, Subquery
from django.utils.safestring import SafeString

from perfhooks.desk import ago
from products.catalog.models import CatalogueRevision, ChangeBatchItem, ItemState, Product, ProductStatus

CHANGES_SHOWN = 30
HOLD_DEEDS = ("보류 해제", "보류")
SYNC = "스토어 동기화"
NOBODY = "–"
_NOTE = re.compile(r"(?P<what>.*?)(?: \(이유 (?P<why>.*)\))? \(추적 (?P<trace>[^)]+)\)", re.S)
"""What `priorities.describe_edit` writes."""


@dataclass(frozen=True, slots=True)
class ChangeRow:
    """One change. batch_id: None for an edit of this product alone, and for the store's."""

    when: datetime
    who: str
    what: str
    why: str
    trace_id: str
    batch_id: int | None = None

    @property
    def when_words(self) -> SafeString:
        """How long ago."""
        return ago(self.when)


def list_changes(product: Product) -> list[ChangeRow]:
    """The newest changes first, from four queries."""
    found = [*_iter_edits(product), *_iter_batches(product), *_iter_prices(product), *_iter_store_changes(product)]
    return sorted(found, key=lambda row: row.when, reverse=True)[:CHANGES_SHOWN]


def _iter_edits(product: Product) -> Iterator[ChangeRow]:
    own = LogEntry.objects.filter(
        content_type=ContentType.objects.get_for_model(Product), object_id=str(product.pk)
    ).select_related("user")
    for entry in own.order_by("-action_time")[:CHANGES_SHOWN]:
        said = entry.get_change_message()
        parts = _NOTE.fullmatch(said)
        what, why, trace_id = (parts["what"], parts["why"] or "", parts["trace"]) if parts else (said, "", "")
        yield ChangeRow(entry.action_time, entry.user.get_username(), what, why, trace_id)


def _iter_batches(product: Product) -> Iterator[ChangeRow]:
    """What batches did, and what undoing one did."""
    done = product.changes.filter(state__in=[ItemState.APPLIED, ItemState.RESTORED, ItemState.KEPT])
    for item in done.select_related("batch__actor", "batch__undone_by").order_by("-pk")[:CHANGES_SHOWN]:
        batch = item.batch
        if batch.applied_at is not None:
            yield _show_item(item, batch.applied_at, _name(batch.actor), item.before, item.after)
        if item.state == ItemState.RESTORED and batch.undone_at is not None:
            yield _show_item(item, batch.undone_at, _name(batch.undone_by), item.after, item.before, is_undo=True)


def _show_item(
    item: ChangeBatchItem, when: datetime, who: str, before: int, after: int, *, is_undo: bool = False
) -> ChangeRow:
    what = f"우선순위 {before:,} → {after:,}" if item.field == "priority" else HOLD_DEEDS[bool(after)]
    what = f"되돌림: {what}" if is_undo else what
    why = item.reason or item.batch.reason
    trace_id = item.batch.undo_trace_id if is_undo else item.batch.trace_id
    return ChangeRow(when, who, what, why, trace_id, item.batch_id)


def _name(user: object) -> str:
    return str(user) if user else NOBODY


def _iter_prices(product: Product) -> Iterator[ChangeRow]:
    """What syncs and requests changed of the price; the oldest price known is where it began."""
    revision = CatalogueRevision.objects.filter(number=OuterRef("revision"))
    observed = product.observations.annotate(author=Subquery(revision.values("author")[:1]))
    seen = list(observed.order_by("-observed_at", "-id")[: CHANGES_SHOWN + 1])
    for now, before in islice(pairwise(seen), CHANGES_SHOWN):
        moves = [
            f"{word} {old:,}원 → {new:,}원"
            for word, old, new in (
                ("판매가", before.price, now.price),
                ("할인가", before.discounted_price, now.discounted_price),
            )
            if old != new
        ]
        what = ", ".join(moves) or "혜택이 바뀜"
        yield ChangeRow(now.observed_at, now.author or SYNC, what, f"리비전 {now.revision:,}", now.trace_id)
    if seen and len(seen) <= CHANGES_SHOWN:
        first = seen[len(seen) - 1]
        what = f"첫 가격 {first.discounted_price:,}원"
        yield ChangeRow(first.observed_at, first.author or SYNC, what, f"리비전 {first.revision:,}", first.trace_id)


def _iter_store_changes(product: Product) -> Iterator[ChangeRow]:
    """What syncs and requests changed besides the price."""
    revision = CatalogueRevision.objects.filter(number=OuterRef("revision"))
    changes = product.store_changes.annotate(author=Subquery(revision.values("author")[:1]))
    for change in changes.order_by("-pk")[:CHANGES_SHOWN]:
        what = ", ".join(_describe_move(*move) for move in change.moves)
        yield ChangeRow(change.changed_at, change.author or SYNC, what, f"리비전 {change.revision:,}", change.trace_id)


def _describe_move(name: str, before: str, after: str) -> str:
    label = Product._meta.get_field(name).verbose_name  # type: ignore[union-attr]
    if name == "status":
        before, after = (dict(ProductStatus.choices).get(value, value) for value in (before, after))
    return f"{label} {before or NOBODY} → {after or NOBODY}"
