"""Keeping the word index: what every writer of products calls, in its own transaction."""

import json
from collections.abc import Iterable, Iterator
from itertools import islice, pairwise
from typing import NamedTuple, TypeVar

import msgspec
from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper

from products.catalog.models import Product, ProductSearch, Store
from products.catalog.storelock import enter_store
from products.catalog.wordindex import BETWEEN, FILTERS, make_text, spell_filter, spell_pair

ROWS_A_BATCH = 5_000
encode_json = msgspec.json.Encoder().encode
T = TypeVar("T")
_COLUMNS = ("product_id", "text", *FILTERS)
_UPDATES = ", ".join(f"{name} = excluded.{name}" for name in _COLUMNS[1:])
_KEPT, _GIVEN = (", ".join(f"{row}.{name}" for name in _COLUMNS[1:]) for row in ("kept", "excluded"))
_WRITE_POSTGRES = f"""
    INSERT INTO catalog_productsearch AS kept ({", ".join(_COLUMNS)})
    SELECT * FROM json_to_recordset(%s::json)
        AS given(product_id bigint, text text, store_id bigint, category_id bigint, status text)
    ON CONFLICT (product_id) DO UPDATE SET {_UPDATES} WHERE ({_KEPT}) IS DISTINCT FROM ({_GIVEN})"""  # noqa: S608
_WRITE_SQLITE = f"""
    INSERT INTO catalog_productsearch ({", ".join(_COLUMNS)}) VALUES ({", ".join(["%s"] * len(_COLUMNS))})
    ON CONFLICT (product_id) DO UPDATE SET {_UPDATES}"""  # noqa: S608


class SearchRow(NamedTuple):
    """A row of ProductSearch."""

    product_id: int
    text: str
    store_id: int
    category_id: int
    status: str


def index_products(rows: Iterable[SearchRow]) -> None:
    """Bring the word index to these rows; those that are so already are left alone. Runs in the caller's transaction."""
    write = _write_postgres if connection.vendor == "postgresql" else _write_sqlite
    for batch in _batch(sorted(rows)):
        with connection.cursor() as cursor:
            write(cursor, batch)


def read_search_rows(product_ids: Iterable[int]) -> Iterator[SearchRow]:
    """What the index should have of these products."""
    columns = ("pk", "name", "brand", "model_name", *FILTERS)
    for batch in _batch(product_ids):
        for key, name, brand, model, *filters in Product.objects.filter(pk__in=batch).values_list(*columns):
            yield SearchRow(key, make_text(name, brand, model), *filters)


def rebuild_index() -> int:
    """Index every product anew, a batch a transaction, and drop what is of no product; returns how many there are.

    Each batch enters its store, so that no writer's newer words are overwritten.
    """
    ProductSearch.objects.exclude(product_id__in=Product.objects.values("pk")).delete()
    total = 0
    for store_id in Store.objects.order_by("pk").values_list("pk", flat=True):
        keys = list(Product.objects.filter(store_id=store_id).order_by("pk").values_list("pk", flat=True))
        for batch in _batch(keys):
            with transaction.atomic():
                enter_store(store_id)
                index_products(read_search_rows(batch))
        total += len(keys)
    return total


def _batch(items: Iterable[T]) -> Iterator[list[T]]:
    remaining = iter(items)
    while batch := list(islice(remaining, ROWS_A_BATCH)):
        yield batch


def _write_postgres(cursor: CursorWrapper, rows: list[SearchRow]) -> None:
    # One text: having the driver quote lists of thousands takes several times as long.
    cursor.execute(_WRITE_POSTGRES, [encode_json([row._asdict() for row in rows]).decode()])


def _write_sqlite(cursor: CursorWrapper, rows: list[SearchRow]) -> None:
    cursor.execute(
        f"SELECT {', '.join(_COLUMNS)} FROM catalog_productsearch"  # noqa: S608
        " WHERE product_id IN (SELECT value FROM json_each(%s))",
        [json.dumps([row.product_id for row in rows])],
    )
    kept = set(cursor.fetchall())
    moved = [row for row in rows if row not in kept]
    cursor.executemany(_WRITE_SQLITE, moved)
    cursor.executemany("DELETE FROM catalog_productsearch_terms WHERE rowid = %s", [(row.product_id,) for row in moved])
    cursor.executemany(
        "INSERT INTO catalog_productsearch_terms (rowid, terms) VALUES (%s, %s)",
        [(row.product_id, " ".join(_iter_terms(row))) for row in moved],
    )


def _iter_terms(row: SearchRow) -> Iterator[str]:
    """The terms of a row as SQLite's index has them."""
    for part in row.text.split(BETWEEN):
        yield from map(spell_pair, ("".join(pair) for pair in pairwise(part)))
    for name in FILTERS:
        yield spell_filter(name, getattr(row, name))
