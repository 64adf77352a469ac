"""The ledger's state by natural keys: what two runs over the same input must have in common.

Left out are run rows, trace ids, times of writing, and the keys that a database hands out.
"""

import hashlib
from pathlib import Path
from typing import Any

from django.conf import settings

from content.comparison.models import TableVersion
from content.matching.models import MatchDecision
from content.packages.models import Package
from content.posts.models import Post, PostFinding
from content.refresh.models import RefreshEntry
from products.catalog.models import CatalogueFinding, Placement, PriceObservation, Product, ScanException
from products.storesync.models import SyncFailure

NOT_COMPARED = {"id", "updated_at", "store_id", "category_id", "trace_id", "product_id", "post_id", "table_id"}


def _rows(queryset: Any, *extra: str, leave: set[str] | None = None) -> list[dict[str, Any]]:
    names = [
        f.attname for f in queryset.model._meta.concrete_fields if f.attname not in NOT_COMPARED | (leave or set())
    ]
    rows = [{key: str(value) for key, value in row.items()} for row in queryset.values(*names, *extra)]
    return sorted(rows, key=lambda row: sorted(row.items()))


def _hash_packages() -> dict[str, str]:
    root = Path(settings.PACKAGE_DIR)
    files = sorted(path for path in root.rglob("*") if path.is_file())
    return {str(path.relative_to(root)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def read_state() -> dict[str, Any]:
    """Everything that editors, readers and the store's data left in the ledger."""
    content_slugs = dict(Post.objects.values_list("id", "slug"))
    placements = Placement.objects.values_list("content_id", "product__origin_product_no", "revision_shown", "is_live")
    return {
        "products": _rows(Product.objects.all(), "store__code", "category__source_id"),
        "observations": _rows(PriceObservation.objects.all(), "product__origin_product_no"),
        "exceptions": _rows(ScanException.objects.all(), "product__origin_product_no", leave={"scan_id"}),
        "findings": _rows(CatalogueFinding.objects.all(), leave={"found_at"}),
        "failures": _rows(SyncFailure.objects.filter(resolved_at=None).values("origin_product_no", "code", "field")),
        "placements": sorted([content_slugs[row[0]], *map(str, row[1:])] for row in placements),
        "post_findings": _rows(PostFinding.objects.all(), "post__slug", leave={"found_at"}),
        "decisions": _rows(
            MatchDecision.objects.all(),
            "post__slug",
            "product__origin_product_no",
            leave={"decided_at", "latency_ms"},
        ),
        "tables": _rows(
            TableVersion.objects.all(), "table__post__slug", "table__name", leave={"built_at", "touched_at"}
        ),
        "packages": _rows(Package.objects.filter(is_current=True), "post__slug", leave={"built_at"}),
        "files": _hash_packages(),
        "waiting": RefreshEntry.objects.filter(state__in=["queued", "claimed"]).count(),
    }
