"""What changes the catalogue, apart from the upsert of product rows and editors: scans, revisions, placements."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Protocol

from django.db import connection, transaction
from django.db.models import F, Max
from django.utils import timezone

from perfhooks.trace import current_trace_id
from products.catalog.manyrows import insert_rows
from products.catalog.models import (
    CatalogueRevision,
    CatalogueScan,
    Category,
    Placement,
    Product,
    ScanException,
    Store,
    StoreChange,
)
from products.catalog.priorities import describe_values


class CategoryLike(Protocol):
    """What is asked of a category reference."""

    @property
    def source_id(self) -> str:
        """The store's category number."""
        ...

    @property
    def name(self) -> str:
        """The leaf's own name."""
        ...

    @property
    def path(self) -> str:
        """The names from the root, joined by ">"."""
        ...


class PriorityConflict(Exception):
    """Somebody else edited the product first; carries what it is now."""

    def __init__(self, product: Product) -> None:
        self.product_id = product.pk
        self.current_version = product.version
        self.current_priority = product.priority
        current = describe_values(product.priority, product.hold)
        super().__init__(
            f"우선순위: '{product.name}'은(는) 그사이 다른 사람이 {current}(으)로 바꿨습니다. "
            "새로 고친 값을 보고 다시 저장하세요."
        )


def get_or_create_store(*, code: str, name: str) -> Store:
    """The store of this code, made with this name when it is new."""
    store, _is_new = Store.objects.get_or_create(code=code, defaults={"name": name})
    return store


def allocate_revision(*, store_id: int, author: str = "") -> int:
    """The next catalogue revision, without gaps. author: who brings it, "" for the store's sync. Must run inside a transaction, and holds others back until its end."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("LOCK TABLE catalog_cataloguerevision IN SHARE ROW EXCLUSIVE MODE")
    newest = CatalogueRevision.objects.aggregate(number=Max("number"))["number"] or 0
    CatalogueRevision.objects.create(number=newest + 1, store_id=store_id, author=author, trace_id=current_trace_id())
    return newest + 1


def count_write(*, store_id: int, is_reworded: bool = True) -> None:
    """Move the catalogue's version (`selectors.latest_version`). Every transaction that writes products calls this once.

    is_reworded: whether a product came, went, was held or released, is back in stock, or is found by other words or in
    another state than before, which moves `selectors.latest_wording` too; not another price or number in stock. The counts stand with the store, so that the syncs of two stores never wait for each other.
    """
    Store.objects.filter(pk=store_id).update(writes=F("writes") + 1, rewordings=F("rewordings") + int(is_reworded))


def count_writes(*, store_id: int) -> int:
    """How many transactions have written products of the store; 0 for a store that is none."""
    return Store.objects.filter(pk=store_id).values_list("writes", flat=True).first() or 0


def record_store_changes(moves: Mapping[int, Sequence[tuple[str, str, str]]], *, revision: int) -> None:
    """Keep what the store changed, {product id: (field, before, after)}, for the products' history."""
    now, trace_id = timezone.now(), current_trace_id()
    stamp = {"revision": revision, "changed_at": now, "trace_id": trace_id}
    insert_rows(StoreChange, [{"product_id": key, "moves": moved, **stamp} for key, moved in moves.items()])


def ensure_categories(refs: Iterable[CategoryLike]) -> dict[str, int]:
    """{category number: id} for all refs, making what is new and renaming what the store has renamed.

    A ref that has its number for a name comes from an entry without the name: it renames nothing.
    """
    wanted: dict[str, CategoryLike] = {}
    for ref in refs:
        if ref.source_id not in wanted or _is_named(ref):
            wanted[ref.source_id] = ref
    known = {row.source_id: row for row in Category.objects.filter(source_id__in=wanted)}
    missing = [ref for number, ref in wanted.items() if number not in known]
    renamed = [
        row
        for number, row in known.items()
        if _is_named(wanted[number]) and (row.name, row.path) != (wanted[number].name, wanted[number].path)
    ]
    for row in renamed:
        row.name, row.path = wanted[row.source_id].name, wanted[row.source_id].path
    if renamed:
        Category.objects.bulk_update(renamed, ["name", "path"])
    if missing:
        # In one order, so that the syncs of two stores do not each wait for what the other has just made.
        new = [Category(source_id=r.source_id, name=r.name, path=r.path) for r in sorted(missing, key=_get_number)]
        # Another writer may have made the same category meanwhile: its row is then the one to use.
        Category.objects.bulk_create(new, ignore_conflicts=True)
        known.update({row.source_id: row for row in Category.objects.filter(source_id__in=[r.source_id for r in new])})
    return {number: known[number].pk for number in wanted}


def _is_named(ref: CategoryLike) -> bool:
    return ref.name != ref.source_id


def _get_number(ref: CategoryLike) -> str:
    return ref.source_id


def start_scan(*, store_id: int, scanned_at: datetime) -> int:
    """Begin reading a store's list; returns the scan's id."""
    return CatalogueScan.objects.create(store_id=store_id, scanned_at=scanned_at).pk


@transaction.atomic
def complete_scan(*, scan_id: int, listed: int, is_complete: bool, unconfirmed: Mapping[int, str]) -> None:
    """Close a scan. A complete one confirms the price of every product of its store but the `unconfirmed` ones.

    unconfirmed: {product id: "missing" | "refused"}.
    """
    CatalogueScan.objects.filter(pk=scan_id).update(listed=listed, is_complete=is_complete)
    rows = [ScanException(scan_id=scan_id, product_id=key, reason=reason) for key, reason in unconfirmed.items()]
    ScanException.objects.bulk_create(rows, ignore_conflicts=True)


def record_placements(*, content_id: int, revisions: Mapping[int, int], is_live: bool = True) -> int:
    """Say that this post shows exactly these products ({product id: revision shown}); returns how many rows changed."""
    wanted = {(product_id, shown, is_live) for product_id, shown in revisions.items()}
    with transaction.atomic():
        held = set(
            Placement.objects.select_for_update()
            .filter(content_id=content_id)
            .values_list("product_id", "revision_shown", "is_live")
        )
        if held == wanted:
            return 0
        removed, _by_model = Placement.objects.filter(content_id=content_id).exclude(product_id__in=revisions).delete()
        rows = [
            Placement(product_id=product_id, content_id=content_id, revision_shown=shown, is_live=live)
            for product_id, shown, live in sorted(wanted - held)
        ]
        Placement.objects.bulk_create(
            rows,
            update_conflicts=True,
            unique_fields=["product", "content_id"],
            update_fields=["revision_shown", "is_live"],
        )
    return removed + len(rows)
