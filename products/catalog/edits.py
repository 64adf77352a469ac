"""An editor's change of one product: priority, hold, or both."""

from collections.abc import Iterable

import structlog
from django.db import transaction
from django.db.models import F

from products.catalog.models import Product, Store
from products.catalog.ports import posts_port
from products.catalog.selectors import list_content_ids_showing
from products.catalog.services import PriorityConflict

log = structlog.get_logger()


@transaction.atomic
def edit_product(*, product_id: int, priority: int, hold: bool, expected_version: int, actor: str) -> Product:
    """Set both values if the product still is as the editor saw it; queues the posts that show it when the hold changed.

    Raises Product.DoesNotExist, ValueError for a negative priority, PriorityConflict when `expected_version` is old.
    actor: who did it, for the log.
    """
    if priority < 0:
        raise ValueError("우선순위: 0 이상의 정수를 넣으세요.")
    product = Product.objects.select_for_update().get(pk=product_id)
    if product.version != expected_version:
        raise PriorityConflict(product)
    is_hold_changed = product.hold != hold
    product.priority, product.hold, product.version = priority, hold, product.version + 1
    product.save(update_fields=["priority", "hold", "version"])
    if is_hold_changed:
        follow_holds(store_ids=[product.store_id], post_ids=list_content_ids_showing([product.pk]))
    log.info("product_edited", sku=product.sku, priority=priority, hold=hold, version=product.version, actor=actor)
    return product


def follow_holds(*, store_ids: Iterable[int], post_ids: Iterable[int]) -> int:
    """What follows from holding back or releasing products of these stores that these posts show.

    Matching reads the catalogue anew, and the posts are processed again. Must run inside the edit's transaction.
    Returns the entries added to the queue.
    """
    added = posts_port.call(post_ids=post_ids)
    # After the queue, as the upsert counts its writes: else an editor and a sync could each wait for the other.
    Store.objects.filter(pk__in=set(store_ids)).update(writes=F("writes") + 1)
    return added
