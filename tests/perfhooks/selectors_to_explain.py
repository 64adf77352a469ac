"""Selectors of all manners, as tests/perfhooks/test_explain.py names them."""

from collections.abc import Iterator

from django.db import connection, transaction
from django.db.models import QuerySet

from perfhooks.models import RunLock


def by_holder(holder: str) -> QuerySet[RunLock]:
    """Nothing helps to find these: the whole table is read."""
    return RunLock.objects.filter(holder=holder).order_by()


def by_name(name: str) -> QuerySet[RunLock]:
    """A unique index leads to it."""
    return RunLock.objects.filter(name=name).order_by()


def count_held() -> int:
    """Sent at once, not a query set."""
    return RunLock.objects.filter(holder="h:1:1").count()


def iter_names() -> Iterator[str]:
    """Sent when the first is asked for."""
    yield from RunLock.objects.values_list("name", flat=True).iterator()


def take_over(holder: str) -> int:
    """Reads, and then writes."""
    with transaction.atomic():
        RunLock.objects.select_for_update().filter(name="lock-1").first()
        return RunLock.objects.update(holder=holder)


def lock_one() -> QuerySet[RunLock]:
    """A row lock, which a read-only transaction refuses."""
    return RunLock.objects.select_for_update().filter(name="lock-1").order_by()


def ask_nothing() -> QuerySet[RunLock]:
    """Known to be empty without asking."""
    return RunLock.objects.filter(name__in=[])


def draw_number() -> None:
    """A SELECT that changes something."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval('perfhooks_runlock_id_seq')")
