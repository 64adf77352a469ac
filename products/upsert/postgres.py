"""The write path on PostgreSQL: binary COPY, straight into the table where nothing can be in the way.

Each function runs in the transaction of a caller that has entered the store (`catalog.storelock`), so that nobody else
writes its products meanwhile; `read_hashes` alone needs none.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from functools import cache
from operator import attrgetter
from typing import Any

from django.db import DataError
from django.db.backends.utils import CursorWrapper
from django.db.models import Model

from perfhooks.queries import copy_rows
from products.catalog.models import PriceObservation, Product
from products.upsert.columns import (
    COLUMNS,
    OBSERVED,
    STORED,
    UPDATED,
    Form,
    IdentifiedRow,
    Stamps,
    encode_json,
    iter_values,
)

INTEGER_LIMIT = 2_147_483_647
BINARY_TYPES = {
    "BigAutoField": "int8",
    "BigIntegerField": "int8",
    "ForeignKey": "int8",
    "IntegerField": "int4",
    "DateTimeField": "timestamptz",
    "JSONField": "bytea",  # `_encode` has made its binary form already
}
# Key by key: for `= ANY(array)` of 10,000 keys PostgreSQL reads the whole table of 100,000 rows instead. Times are dear to
# read, and matter for the few rows that were written since the store was asked.
_READ_DIFFERING = f"""
    SELECT NULL, (SELECT writes FROM catalog_store WHERE id = %s), {", ".join(["NULL"] * (len(STORED) - 1))}
    UNION ALL
    SELECT key.number, product.* FROM unnest(%s::bigint[], %s::text[]) AS key(number, content_hash) LEFT JOIN LATERAL
    (SELECT {", ".join(STORED[1:])}, CASE WHEN revision > %s THEN source_modified_at END FROM catalog_product
     WHERE store_id = %s AND origin_product_no = key.number LIMIT 1) AS product ON TRUE
    WHERE product.content_hash IS DISTINCT FROM key.content_hash"""  # noqa: S608
_ALLOCATE = """
    WITH held AS MATERIALIZED (SELECT pg_get_serial_sequence('catalog_product', 'id')::regclass AS sequence)
    SELECT nextval(sequence) FROM held, generate_series(1, %s)"""
# The condition on the state is spelled as in the partial index, which PostgreSQL else does not use. That on the store is kept
# from every index: while statistics know nothing of a store yet, PostgreSQL would read all of its rows for each SKU.
_HOLDERS = """
    SELECT product.id FROM json_each_text(%s) AS claim(sku, number) CROSS JOIN LATERAL
    (SELECT id, origin_product_no FROM catalog_product
     WHERE store_id + 0 = %s AND sku = claim.sku AND NOT (status = 'DELETE') LIMIT 1) AS product
    WHERE product.origin_product_no <> claim.number::bigint"""
_LIST = ", ".join(COLUMNS)
# Kept for the session and emptied at each commit, so that the system catalogue does not grow with every batch.
_STAGE = f"""
    CREATE TEMP TABLE IF NOT EXISTS product_stage ON COMMIT DELETE ROWS
    AS SELECT {_LIST} FROM catalog_product WITH NO DATA"""  # noqa: S608
_UPDATE = f"""
    UPDATE catalog_product SET {", ".join(f"{name} = stage.{name}" for name in UPDATED)}
    FROM product_stage AS stage WHERE catalog_product.id = stage.id"""  # noqa: S608
_OBSERVED = ", ".join(OBSERVED)
_OBSERVATION_STAGE = f"""
    CREATE TEMP TABLE IF NOT EXISTS observation_stage ON COMMIT DELETE ROWS
    AS SELECT {_OBSERVED} FROM catalog_priceobservation WITH NO DATA"""  # noqa: S608
_MERGE_OBSERVATIONS = f"""
    INSERT INTO catalog_priceobservation ({_OBSERVED}) SELECT {_OBSERVED} FROM observation_stage
    ON CONFLICT (product_id, revision) DO UPDATE SET {", ".join(f"{name} = EXCLUDED.{name}" for name in OBSERVED[2:])}"""  # noqa: S608


def read_differing(
    cursor: CursorWrapper, *, store_id: int, hashes: Mapping[int, str], asked_at_revision: int
) -> tuple[list[tuple[Any, ...]], int]:
    """Of each origin product number that is not stored with this content hash the STORED columns, and the date of its edit.

    The columns are None where no product has the number; the date is, unless it was written after that revision. Beside
    them how often the store had been written by then.
    """
    numbers, texts = _spell_array(hashes), _spell_array(hashes.values())
    cursor.execute(_READ_DIFFERING, [store_id, numbers, texts, asked_at_revision, store_id])
    (_no_number, writes, *_nothing), *found = cursor.fetchall()
    return found, writes or 0


def allocate_ids(cursor: CursorWrapper, number: int) -> list[int]:
    """So many ids for new products."""
    cursor.execute(_ALLOCATE, [number])
    return [key for (key,) in cursor.fetchall()]


def release_skus(cursor: CursorWrapper, *, store_id: int, claims: Sequence[tuple[str, int]]) -> int:
    """Take each claimed (SKU, origin number) from any other product that has it, which falls back to its own number.

    Returns how many had one.
    """
    cursor.execute(_HOLDERS, [encode_json(dict(claims)).decode(), store_id])
    if holders := [key for (key,) in cursor.fetchall()]:
        cursor.execute("UPDATE catalog_product SET sku = origin_product_no::text WHERE id = ANY(%s)", [holders])
    return len(holders)


def insert_rows(cursor: CursorWrapper, rows: Sequence[IdentifiedRow], stamps: Stamps) -> None:
    """Write rows of products that the catalogue does not have."""
    _copy_rows(cursor, "catalog_product", rows, stamps)


def update_rows(
    cursor: CursorWrapper, settled: Sequence[IdentifiedRow], moved: Sequence[IdentifiedRow], stamps: Stamps
) -> None:
    """Write rows of products that the catalogue has; PostgreSQL takes those that move an indexed word like the others."""
    _open_stage(cursor, "product_stage", _STAGE)
    _copy_rows(cursor, "product_stage", [*settled, *moved], stamps)
    cursor.execute(_UPDATE)


def insert_observations(cursor: CursorWrapper, values: Iterable[tuple[Any, ...]]) -> None:
    """Add price observations, values in the order of OBSERVED, of which the catalogue has none at that revision."""
    _copy_observations(cursor, "catalog_priceobservation", values)


def merge_observations(cursor: CursorWrapper, values: Iterable[tuple[Any, ...]]) -> None:
    """Add price observations; what the catalogue has of one at the same revision is overwritten."""
    _open_stage(cursor, "observation_stage", _OBSERVATION_STAGE)
    _copy_observations(cursor, "observation_stage", values)
    cursor.execute(_MERGE_OBSERVATIONS)


def _spell_array(plain: Iterable[int | str]) -> str:
    """The array of numbers or fingerprints as text: having the driver quote a list of 10,000 takes five times as long."""
    return "{" + ",".join(map(str, plain)) + "}"


def _open_stage(cursor: CursorWrapper, name: str, create: str) -> None:
    """The temporary table, empty: an earlier batch of the same transaction may have left its rows."""
    cursor.execute(create)
    cursor.execute(f"DELETE FROM {name}")  # noqa: S608


def _copy_rows(cursor: CursorWrapper, table: str, rows: Sequence[IdentifiedRow], stamps: Stamps) -> None:
    _check_integers(rows)
    values = iter_values(rows, stamps, FORM)
    copy_rows(cursor, f"COPY {table} ({_LIST}) FROM STDIN (FORMAT BINARY)", values, list_types(Product, COLUMNS))


def _copy_observations(cursor: CursorWrapper, table: str, values: Iterable[tuple[Any, ...]]) -> None:
    encoded = ((*head, _encode(benefits), trace_id) for *head, benefits, trace_id in values)
    types = list_types(PriceObservation, OBSERVED)
    copy_rows(cursor, f"COPY {table} ({_OBSERVED}) FROM STDIN (FORMAT BINARY)", encoded, types)


def _encode(value: object) -> bytes:
    """JSON in jsonb's binary form: the form's number, which is 1, then the text."""
    return b"\x01" + encode_json(value)


def _keep(when: datetime | None) -> datetime | None:
    return when


def _check_integers(rows: Sequence[IdentifiedRow]) -> None:
    """Raise DataError for what a four-byte column cannot hold: the driver's binary form would cut it off unseen."""
    products = [row for _key, row in rows]
    for name in ("price", "discounted_price", "stock"):
        value = attrgetter(name)
        for row in (min(products, key=value), max(products, key=value)):
            if abs(value(row)) > INTEGER_LIMIT:
                raise DataError(
                    f"{name}: 상품 {row.origin_product_no}의 {value(row)}은(는) 담을 수 있는 수를 넘습니다."
                )


@cache
def list_types(model: type[Model], columns: tuple[str, ...]) -> tuple[str, ...]:
    """The type in which binary COPY sends each column; strings of every length are text."""
    kinds = (model._meta.get_field(name).get_internal_type() for name in columns)
    return tuple(BINARY_TYPES.get(kind, "text") for kind in kinds)


FORM = Form(json=_encode, time=_keep)
