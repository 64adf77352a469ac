"""One writer of a store's products at a time: what every transaction that writes them takes first."""

from django.db import connection

PRODUCTS_OF_STORE = 7_001
"""The first key of the lock, which keeps it apart from other advisory locks; the second one is the store's id."""


def enter_store(store_id: int) -> None:
    """Wait for whoever writes products of this store, and keep others out until the own transaction ends.

    Must run inside a transaction, before that reads what it will overwrite; taking it twice does no harm. Two writers
    then neither block each other for ever nor overwrite what they have not seen. Who writes products of several stores
    enters them in the order of their ids, before it locks any product. A change of one row that waits for nothing else,
    such as a priority, needs no lock; one that goes on to the posts' queue, such as a hold, does. On SQLite a transaction holds the only write lock from its start.
    """
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [PRODUCTS_OF_STORE, store_id])
