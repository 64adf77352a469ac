"""Products that the store no longer has: marked, never erased, so that history and placements stay readable."""

from collections.abc import Callable, Collection, Mapping
from types import MappingProxyType

from django.db import transaction
from django.utils import timezone

from products.catalog.indexing import index_products, read_search_rows
from products.catalog.models import Product, ProductStatus
from products.catalog.services import count_write, record_store_changes
from products.catalog.storelock import enter_store
from products.upsert.codes import announce


def mark_deleted(
    *,
    store_id: int,
    origin_product_nos: Collection[int],
    revision: Callable[[], int],
    summary_hashes: Mapping[int, str] = MappingProxyType({}),
) -> int:
    """Mark products as deleted and queue the posts that show them; returns how many were not marked before.

    The caller has the store's own word that each is gone, and a scan that lacks them or calls them deleted as well.
    summary_hashes: {origin product number: fingerprint of the list entry that does}.
    """
    with transaction.atomic():
        enter_store(store_id)
        missing = Product.objects.filter(store_id=store_id, origin_product_no__in=list(origin_product_nos))
        gone = list(missing.exclude(status=ProductStatus.DELETE))
        if not gone:
            return 0
        number = revision()
        # Another fingerprint than that of a living entry: the product is read anew should the store bring it back.
        Product.objects.filter(id__in=[product.pk for product in gone]).update(
            status=ProductStatus.DELETE, revision=number, summary_hash="", content_hash="", updated_at=timezone.now()
        )
        listed = [product for product in gone if product.origin_product_no in summary_hashes]
        for product in listed:
            product.summary_hash = summary_hashes[product.origin_product_no]
        if listed:
            Product.objects.bulk_update(listed, ["summary_hash"])
        index_products(read_search_rows(product.pk for product in gone))
        moves = {product.pk: [("status", product.status, ProductStatus.DELETE.value)] for product in gone}
        record_store_changes(moves, revision=number)
        announce(gone, revision=number)
        count_write(store_id=store_id)
    return len(gone)
