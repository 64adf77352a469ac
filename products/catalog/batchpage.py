"""What a batch's page shows: the counts, the rows of a file that were left out, and the first of its items."""

from dataclasses import dataclass
from typing import Any

from django.db.models import Case, Value, When

from products.catalog.batchwork import JOBS, is_silent
from products.catalog.models import BatchState, ChangeBatch, ChangeBatchItem, ChangeKind, ItemState
from products.catalog.priorities import describe_values

ITEMS_SHOWN = 50
ERRORS_SHOWN = 200
HOLD_WORDS = ("보류 아님", "보류")
COUNT_WORDS = {
    "chosen": "고른 상품",
    "changing": "바뀔 상품",
    "changed": "바꾼 상품",
    "unchanged": "변경 없음",
    "refused": "다른 사람이 먼저 고침",
    "restored": "되돌린 상품",
    "kept": "이후 수정되어 유지",
    "bad_rows": "제외된 행",
}


@dataclass(frozen=True, slots=True)
class ItemRow:
    """One change, ready to be read. now: the product's values at this moment."""

    product_id: int
    name: str
    sku: str
    field: str
    before: str
    after: str
    now: str
    state: str
    tone: str
    reason: str


@dataclass(frozen=True, slots=True)
class BatchPage:
    """The parts of the page. changing: how many products a draft would change; left: the items that are not shown.

    progress: of a job that is being done, (items done, of how many); is_silent: it makes no progress any more.
    """

    counts: list[tuple[str, int]]
    changing: int
    items: list[ItemRow]
    left: int
    errors: list[dict[str, Any]]
    error_count: int
    is_draft: bool
    is_applied: bool
    progress: tuple[int, int] | None
    is_silent: bool

    @property
    def is_busy(self) -> bool:
        """Whether a job is at work on it now."""
        return self.progress is not None and not self.is_silent


def describe_batch(batch: ChangeBatch) -> str:
    """What the batch does, in words: 우선순위 정하기: 50."""
    kind = str(ChangeKind(batch.kind).label)
    return kind if batch.amount is None else f"{kind}: {batch.amount:,}"


def describe_value(field: str, value: int) -> str:
    """An item's value in words."""
    return HOLD_WORDS[bool(value)] if field == "hold" else f"{value:,}"


def read_batch_page(batch: ChangeBatch) -> BatchPage:
    """Read it in two queries, of a job in three: what went wrong first, then the rest in the order of their rows."""
    odd = Case(When(state__in=[ItemState.REFUSED, ItemState.KEPT], then=Value(0)), default=Value(1))
    items = batch.items.select_related("product").order_by(odd, "pk")
    shown = [_show_item(item) for item in items[:ITEMS_SHOWN]]
    is_draft = batch.state == BatchState.DRAFT
    number = batch.items.count()
    hidden = {"changed"} if is_draft else {"changing"}
    hidden |= {key for key in ("kept", "bad_rows") if not batch.counts.get(key)}
    return BatchPage(
        counts=[
            (word, batch.counts[key]) for key, word in COUNT_WORDS.items() if key in batch.counts and key not in hidden
        ],
        changing=batch.counts.get("changing", 0),
        items=shown,
        left=max(0, number - len(shown)),
        errors=batch.errors[:ERRORS_SHOWN],
        error_count=len(batch.errors),
        is_draft=is_draft,
        is_applied=batch.state == BatchState.APPLIED,
        progress=_read_progress(batch, number),
        is_silent=is_silent(batch),
    )


def _read_progress(batch: ChangeBatch, number: int) -> tuple[int, int] | None:
    if batch.state not in JOBS:
        return None
    return number - batch.items.filter(state=JOBS[BatchState(batch.state)].waiting).count(), number


def _show_item(item: ChangeBatchItem) -> ItemRow:
    product = item.product
    return ItemRow(
        product_id=product.pk,
        name=product.name,
        sku=product.sku,
        field=item.get_field_display(),
        before=describe_value(item.field, item.before),
        after=describe_value(item.field, item.after),
        now=describe_values(f"{product.priority:,}", product.hold),
        state=item.get_state_display(),
        tone=_TONES[item.state],
        reason=item.reason,
    )


_TONES: dict[str, str] = {
    ItemState.DRAFT: "grey",
    ItemState.APPLIED: "ok",
    ItemState.REFUSED: "warn",
    ItemState.RESTORED: "grey",
    ItemState.KEPT: "warn",
}
