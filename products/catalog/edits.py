"""An editor's change of one product: priority, hold, or both."""

from collections.abc import Iterable

import structlog
from django.db import transaction
from django.db.models import F

from products.catalog.models import Product, Store
from products.catalog.ports import posts_port
from products.catalog.selectors import list_content_ids_showing
from products.catalog.services import PriorityConflict
from products.catalog.storelock import enter_store

log = structlog.get_logger()


@transaction.atomic
def edit_product(
    *, product_id: int, priority: int, hold: bool | None = None, expected_version: int, actor: str
) -> Product:
    """Set the values if the product still is as the editor saw it; queues the posts that show it when the hold changed.

    hold: None leaves it as it is. actor: who did it, for the log.
    Raises Product.DoesNotExist, ValueError for a negative priority, PriorityConflict when `expected_version` is old.
    """
    if priority < 0:
        raise ValueError("우선순위: 0 이상의 정수를 넣으세요.")
    if hold is not None:
        _enter_for_hold(product_id, hold=hold, expected_version=expected_version)
    product = Product.objects.select_related("category", "store").select_for_update(of=("self",)).get(pk=product_id)
    if product.version != expected_version:
        raise PriorityConflict(product)
    is_hold_changed = hold not in (None, product.hold)
    product.priority, product.version = priority, product.version + 1
    product.hold = product.hold if hold is None else hold
    product.save(update_fields=["priority", "hold", "version"])
    if is_hold_changed:
        follow_holds(store_ids=[product.store_id], post_ids=list_content_ids_showing([product.pk]))
    log.info(
        "product_edited", sku=product.sku, priority=priority, hold=product.hold, version=product.version, actor=actor
    )
    return product


def _enter_for_hold(product_id: int, *, hold: bool, expected_version: int) -> None:
    """Enter the product's store before the product is locked, if its hold is to change.

    A hold goes on to the queue of the posts, and so does the store's sync before it comes to its next products. A change
    of priority alone goes on to nothing, and does not wait for a sync.
    """
    seen = Product.objects.get(pk=product_id)
    if seen.version != expected_version:
        raise PriorityConflict(seen)
    if seen.hold != hold:
        enter_store(seen.store_id)


def follow_holds(*, store_ids: Iterable[int], post_ids: Iterable[int]) -> int:
    """What follows from holding back or releasing products of these stores that these posts show.

    Matching reads the catalogue anew, the posts are processed again, and those without a product of their own are tried
    again. Must run inside the edit's transaction, which has entered the stores. Returns the entries added to the queue.
    """
    added = posts_port.call(post_ids=post_ids)
    # After the queue, as the upsert counts its writes: else an editor and a sync could each wait for the other.
    moved = {"writes": F("writes") + 1, "rewordings": F("rewordings") + 1}
    Store.objects.filter(pk__in=set(store_ids)).update(**moved)
    return added
