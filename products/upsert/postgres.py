"""The write path on PostgreSQL: COPY into a temporary table, then one INSERT ... ON CONFLICT."""

from collections.abc import Iterable, Sequence
from typing import Any

from django.db.backends.utils import CursorWrapper

from perfhooks.queries import copy_rows
from products.upsert.columns import COLUMNS, KEY, LOCKED, OBSERVED

_LIST = ", ".join(COLUMNS)
_UPDATES = ", ".join(f"{name} = EXCLUDED.{name}" for name in COLUMNS if name not in KEY)
# Kept for the session and emptied at each commit, so that the system catalogue does not grow with every batch.
_STAGE = f"""
    CREATE TEMP TABLE IF NOT EXISTS product_stage ON COMMIT DELETE ROWS
    AS SELECT {_LIST} FROM catalog_product WITH NO DATA"""  # noqa: S608
# The guard repeats the service's tests, for a row that another writer brought between our read and this statement.
_MERGE = f"""
    INSERT INTO catalog_product ({_LIST}, priority, version) SELECT {_LIST}, 0, 0 FROM product_stage
    ON CONFLICT (store_id, origin_product_no) DO UPDATE SET {_UPDATES}
    WHERE catalog_product.content_hash <> EXCLUDED.content_hash
      AND (catalog_product.revision <= %s OR catalog_product.source_modified_at <= EXCLUDED.source_modified_at)
    RETURNING origin_product_no, id"""  # noqa: S608
_RELEASE = """
    UPDATE catalog_product p SET sku = p.origin_product_no::text
    FROM unnest(%s::text[], %s::bigint[]) AS claim(sku, origin_product_no)
    WHERE p.store_id = %s AND p.sku = claim.sku AND p.origin_product_no <> claim.origin_product_no
      AND NOT (p.status = 'DELETE')"""
_OBSERVED = ", ".join(OBSERVED)
_OBSERVATION_STAGE = f"""
    CREATE TEMP TABLE IF NOT EXISTS observation_stage ON COMMIT DELETE ROWS
    AS SELECT {_OBSERVED} FROM catalog_priceobservation WITH NO DATA"""  # noqa: S608
_ADD_OBSERVATIONS = f"""
    INSERT INTO catalog_priceobservation ({_OBSERVED}) SELECT {_OBSERVED} FROM observation_stage
    ON CONFLICT (product_id, revision) DO UPDATE SET {", ".join(f"{name} = EXCLUDED.{name}" for name in OBSERVED[2:])}"""  # noqa: S608


def read_hashes(cursor: CursorWrapper, *, store_id: int, numbers: Sequence[int]) -> dict[int, str]:
    """The stored content hash of each known origin product number."""
    cursor.execute(
        "SELECT origin_product_no, content_hash FROM catalog_product"
        " WHERE store_id = %s AND origin_product_no = ANY(%s)",
        [store_id, list(numbers)],
    )
    return dict(cursor.fetchall())


def lock_rows(cursor: CursorWrapper, *, store_id: int, numbers: Sequence[int]) -> list[tuple[Any, ...]]:
    """The LOCKED columns of the known products, locked in one order so that two writers cannot block each other."""
    cursor.execute(
        f"SELECT {', '.join(LOCKED)} FROM catalog_product"  # noqa: S608
        " WHERE store_id = %s AND origin_product_no = ANY(%s) ORDER BY origin_product_no FOR UPDATE",
        [store_id, list(numbers)],
    )
    return list(cursor.fetchall())


def release_skus(cursor: CursorWrapper, *, store_id: int, claims: Sequence[tuple[str, int]]) -> None:
    """Take each claimed SKU away from any other product that still holds it (it falls back to its origin number)."""
    skus, numbers = zip(*claims, strict=True)
    cursor.execute(_RELEASE, [list(skus), list(numbers), store_id])


def _open_stage(cursor: CursorWrapper, name: str, create: str) -> None:
    """The temporary table, empty: an earlier batch of the same transaction may have left its rows."""
    cursor.execute(create)
    cursor.execute(f"DELETE FROM {name}")  # noqa: S608


def write_rows(
    cursor: CursorWrapper,
    *,
    store_id: int,
    numbers: Sequence[int],
    values: Iterable[Sequence[object]],
    asked_at_revision: int,
) -> dict[int, int]:
    """Write values in the order of COLUMNS; return {origin product number: id} of the rows that were written."""
    _open_stage(cursor, "product_stage", _STAGE)
    copy_rows(cursor, f"COPY product_stage ({_LIST}) FROM STDIN", values)
    cursor.execute(_MERGE, [asked_at_revision])
    return dict(cursor.fetchall())


def insert_observations(cursor: CursorWrapper, values: Iterable[Sequence[object]]) -> None:
    """Add price observations, values in the order of OBSERVED; within one revision the last one counts."""
    _open_stage(cursor, "observation_stage", _OBSERVATION_STAGE)
    copy_rows(cursor, f"COPY observation_stage ({_OBSERVED}) FROM STDIN", values)
    cursor.execute(_ADD_OBSERVATIONS)
