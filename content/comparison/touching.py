"""The reverse index: which tables a change of the catalogue concerns. Writers of the catalogue only leave a note here."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from django.db.models import Q
from django.utils import timezone

from content.batches import split_batches
from content.comparison.models import ComparisonTable, TableLink, TableTouch
from products.catalog.among import among_either
from products.catalog.selectors import read_homes

if TYPE_CHECKING:
    from products.upsert.ports import ProductChange


def touch_tables(*, changes: Sequence["ProductChange"], revision: int) -> int:
    """Note every table that shows one of the products, waits for its SKU, or whose rule it may enter; returns how many.

    Called inside the upsert's transaction; a constant number of statements.
    """
    if not changes:
        return 0
    tables = {*_find_linked(changes), *_find_ruled([change.product_id for change in changes])}
    return _note(tables, revision=revision)


def touch_tables_of_posts(*, post_ids: Iterable[int]) -> int:
    """Note the tables that these posts show: editors held a product of theirs back or released it; returns how many."""
    tables: set[int] = set()
    for batch in split_batches(post_ids):
        shown = ComparisonTable.objects.filter(Q(post__in=batch) | Q(uses__post__in=batch)).exclude(spec={})
        tables.update(shown.values_list("id", flat=True))
    return _note(tables, revision=0)


def _note(tables: Iterable[int], *, revision: int) -> int:
    now = timezone.now()
    noted = [TableTouch(table_id=table_id, revision=revision, touched_at=now) for table_id in sorted(tables)]
    TableTouch.objects.bulk_create(noted, batch_size=5_000)
    return len(noted)


def _find_linked(changes: Sequence["ProductChange"]) -> Iterable[int]:
    ids, skus = [change.product_id for change in changes], [change.sku for change in changes]
    shown = among_either(TableLink, ("product_id", ids), ("sku", skus), only_if="product_id IS NULL")
    return TableLink.objects.filter(shown).order_by().values_list("table_id", flat=True).distinct()


def _find_ruled(product_ids: Sequence[int]) -> Iterable[int]:
    """The tables whose rule names a category (or what lies above it) or the brand of one of the products."""
    rules = ComparisonTable.objects.exclude(rule_category="", rule_brand="")
    ruled = list(rules.values_list("id", "rule_category", "rule_brand"))
    if not ruled:
        return []
    homes = {
        (above, brand)
        for path, brand in read_homes(product_ids)
        for above in ("", *_list_above(path))
        for brand in ("", brand)
    }
    return [table_id for table_id, category, brand in ruled if (category, brand) in homes]


def _list_above(path: str) -> list[str]:
    """ "식품>음료>차" -> itself, "식품>음료", "식품"."""
    parts = path.split(">")
    return [">".join(parts[:length]) for length in range(len(parts), 0, -1)]
