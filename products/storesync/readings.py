"""When each detail was last read: what decides that one is read again although its list entry is unchanged."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Exists, OuterRef

from products.catalog.models import Product, ProductStatus
from products.storesync.models import DetailReading


@dataclass(frozen=True, slots=True)
class DueReadings:
    """Products, by origin number, whose unchanged list entry does not suffice: a boundary has passed, or they are old."""

    passed: frozenset[int] = frozenset()
    old: frozenset[int] = frozenset()


def find_due_readings(*, store_id: int, now: datetime, leave: Collection[int] = ()) -> DueReadings:
    """What is due at that moment; of the old ones the oldest STORE_OLD_DETAILS_PER_RUN, products never read first.

    leave: products that have a rule of their own, such as those that failed.
    """
    readings = DetailReading.objects.filter(store_id=store_id)
    passed = readings.filter(recheck_at__lte=now).values_list("origin_product_no", flat=True)
    old = _list_oldest(store_id, now, settings.STORE_OLD_DETAILS_PER_RUN, set(leave))
    return DueReadings(frozenset(passed), frozenset(old))


def _list_oldest(store_id: int, now: datetime, most: int, leave: set[int]) -> list[int]:
    """Up to so many products without a reading, then those whose reading is older than STORE_DETAIL_MAX_AGE_HOURS."""
    hours = settings.STORE_DETAIL_MAX_AGE_HOURS
    if not hours or not most:
        return []
    room = most + len(leave)
    readings = DetailReading.objects.filter(store_id=store_id)
    has_reading = Exists(readings.filter(origin_product_no=OuterRef("origin_product_no")))
    living = Product.objects.filter(~has_reading, store_id=store_id).exclude(status=ProductStatus.DELETE)
    never = living.order_by("pk").values_list("origin_product_no", flat=True)[:room]
    before = readings.filter(read_at__lt=now - timedelta(hours=hours)).order_by("read_at", "pk")
    found = [*never, *before.values_list("origin_product_no", flat=True)[:room]]
    return [number for number in found if number not in leave][:most]


def record_readings(*, store_id: int, boundaries: Mapping[int, Iterable[datetime]], read_at: datetime) -> None:
    """Note that these details were read and kept at that moment, and the first of their boundaries that lies ahead."""
    rows = [
        DetailReading(
            store_id=store_id,
            origin_product_no=number,
            read_at=read_at,
            recheck_at=min((moment for moment in moments if moment > read_at), default=None),
        )
        for number, moments in boundaries.items()
    ]
    DetailReading.objects.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=["store", "origin_product_no"],
        update_fields=["read_at", "recheck_at"],
    )


def forget_readings(*, store_id: int, origin_product_nos: Collection[int]) -> None:
    """Drop what is known of the details of products that are gone."""
    DetailReading.objects.filter(store_id=store_id, origin_product_no__in=origin_product_nos).delete()
