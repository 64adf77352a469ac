"""The write path on SQLite: one prepared statement, executed for all rows inside the transaction."""

import json
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from django.db import connection
from django.db.backends.utils import CursorWrapper

from products.upsert.columns import COLUMNS, KEY, LOCKED, OBSERVED

_LIST = ", ".join(COLUMNS)
_MARKS = ", ".join(["%s"] * len(COLUMNS))
_UPDATES = ", ".join(f"{name} = excluded.{name}" for name in COLUMNS if name not in KEY)
_MERGE = f"""
    INSERT INTO catalog_product ({_LIST}, priority, version) VALUES ({_MARKS}, 0, 0)
    ON CONFLICT (store_id, origin_product_no) DO UPDATE SET {_UPDATES}
    WHERE catalog_product.content_hash <> excluded.content_hash
      AND (catalog_product.revision <= %s OR catalog_product.source_modified_at <= excluded.source_modified_at)"""  # noqa: S608
# The condition on the state is spelled as in the partial index, which SQLite else does not use.
_RELEASE = """
    UPDATE catalog_product SET sku = CAST(origin_product_no AS TEXT)
    WHERE store_id = %s AND sku = %s AND origin_product_no <> %s AND NOT (status = 'DELETE')"""


_INSERT_OBSERVATIONS = f"""
    INSERT INTO catalog_priceobservation ({", ".join(OBSERVED)}) VALUES ({", ".join(["%s"] * len(OBSERVED))})
    ON CONFLICT (product_id, revision) DO UPDATE SET {", ".join(f"{name} = excluded.{name}" for name in OBSERVED[2:])}"""  # noqa: S608


def _adapt(values: Iterable[object]) -> tuple[Any, ...]:
    """SQLite keeps times as naive UTC text; everything else goes in as it is."""
    return tuple(connection.ops.adapt_datetimefield_value(v) if isinstance(v, datetime) else v for v in values)


def _select(cursor: CursorWrapper, columns: str, store_id: int, numbers: Sequence[int]) -> list[tuple[Any, ...]]:
    # json_each takes any number of keys as one parameter; SQLite caps parameters otherwise.
    cursor.execute(
        f"SELECT {columns} FROM catalog_product"  # noqa: S608
        " WHERE store_id = %s AND origin_product_no IN (SELECT value FROM json_each(%s)) ORDER BY origin_product_no",
        [store_id, json.dumps(list(numbers))],
    )
    return list(cursor.fetchall())


def read_hashes(cursor: CursorWrapper, *, store_id: int, numbers: Sequence[int]) -> dict[int, str]:
    """The stored content hash of each known origin product number."""
    return dict(_select(cursor, "origin_product_no, content_hash", store_id, numbers))


def lock_rows(cursor: CursorWrapper, *, store_id: int, numbers: Sequence[int]) -> list[tuple[Any, ...]]:
    """The LOCKED columns of the known products; the transaction already holds the only write lock."""
    return _select(cursor, ", ".join(LOCKED), store_id, numbers)


def release_skus(cursor: CursorWrapper, *, store_id: int, claims: Sequence[tuple[str, int]]) -> None:
    """Take each claimed SKU away from any other product that still holds it (it falls back to its origin number)."""
    cursor.executemany(_RELEASE, [(store_id, sku, number) for sku, number in claims])


def write_rows(
    cursor: CursorWrapper,
    *,
    store_id: int,
    numbers: Sequence[int],
    values: Iterable[Sequence[object]],
    asked_at_revision: int,
) -> dict[int, int]:
    """Write values in the order of COLUMNS; return {origin product number: id} of the rows that were written.

    Nobody else can write meanwhile, and the service has already left out what is equal or older.
    """
    cursor.executemany(_MERGE, [(*_adapt(row), asked_at_revision) for row in values])
    return dict(_select(cursor, "origin_product_no, id", store_id, numbers))


def insert_observations(cursor: CursorWrapper, values: Iterable[Sequence[object]]) -> None:
    """Add price observations, values in the order of OBSERVED; within one revision the last one counts."""
    cursor.executemany(_INSERT_OBSERVATIONS, [_adapt(row) for row in values])
