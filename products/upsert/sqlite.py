"""The write path on SQLite: prepared statements, executed for all rows of a batch.

Each function runs inside a transaction, which holds the only write lock; `read_hashes` alone needs none.
"""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

from django.db.backends.utils import CursorWrapper

from products.upsert.columns import (
    COLUMNS,
    KEY,
    OBSERVED,
    STORED,
    UPDATED,
    Form,
    IdentifiedRow,
    Stamps,
    encode_json,
    iter_values,
)

_INSERT = f"INSERT INTO catalog_product ({', '.join(COLUMNS)}) VALUES ({', '.join(['%s'] * len(COLUMNS))})"  # noqa: S608
_MERGE = f"""{_INSERT}
    ON CONFLICT ({", ".join(KEY)}) DO UPDATE SET {", ".join(f"{name} = excluded.{name}" for name in UPDATED)}"""
# json_each takes any number of keys as one parameter, of which SQLite else takes a few hundred. CROSS JOIN keeps the
# order: key by key through the index. The condition on the state is spelled as in the partial index, for the same end.
_PROBE = """
    SELECT {columns} FROM json_each(%s) AS key CROSS JOIN catalog_product AS product
    WHERE store_id = %s AND origin_product_no = key.value"""
_READ_HASHES = f"""
    SELECT NULL, CAST(writes AS TEXT) FROM catalog_store WHERE id = %s
    UNION ALL {_PROBE.format(columns="origin_product_no, content_hash")}"""  # noqa: S608
_READ_STORED = _PROBE.format(
    columns=f"{', '.join(f'product.{name}' for name in STORED)}, CASE WHEN revision > %s THEN source_modified_at END"
)
_HOLDERS = """
    SELECT catalog_product.id FROM json_each(%s) AS claim CROSS JOIN catalog_product
    WHERE store_id = %s AND sku = json_extract(claim.value, '$[0]') AND NOT (status = 'DELETE')
      AND origin_product_no <> json_extract(claim.value, '$[1]')"""
_RELEASE = """
    UPDATE catalog_product SET sku = CAST(origin_product_no AS TEXT) WHERE id IN (SELECT value FROM json_each(%s))"""
_INSERT_OBSERVATION = f"""
    INSERT INTO catalog_priceobservation ({", ".join(OBSERVED)}) VALUES ({", ".join(["%s"] * len(OBSERVED))})"""  # noqa: S608
_MERGE_OBSERVATION = f"""{_INSERT_OBSERVATION}
    ON CONFLICT (product_id, revision) DO UPDATE SET {", ".join(f"{name} = excluded.{name}" for name in OBSERVED[2:])}"""


def read_hashes(cursor: CursorWrapper, *, store_id: int, numbers: Sequence[int]) -> tuple[dict[int, str], int]:
    """The stored content hash of each known origin product number, and how often the store had been written by then."""
    cursor.execute(_READ_HASHES, [store_id, _encode(numbers), store_id])
    (_no_number, writes), *hashes = cursor.fetchall() or [(None, 0)]
    return dict(hashes), int(writes)


def read_stored(
    cursor: CursorWrapper, *, store_id: int, numbers: Sequence[int], asked_at_revision: int
) -> list[tuple[Any, ...]]:
    """Of each known product the STORED columns, and the date of its edit if it was written after that revision."""
    cursor.execute(_READ_STORED, [asked_at_revision, _encode(numbers), store_id])
    return [(*stored, _parse_time(edited_at)) for *stored, edited_at in cursor.fetchall()]


def allocate_ids(cursor: CursorWrapper, number: int) -> list[int]:
    """So many ids for new products."""
    cursor.execute("SELECT seq FROM sqlite_sequence WHERE name = 'catalog_product'")
    newest = next(iter(cursor.fetchall()), (0,))[0]
    return list(range(newest + 1, newest + 1 + number))


def release_skus(cursor: CursorWrapper, *, store_id: int, claims: Sequence[tuple[str, int]]) -> None:
    """Take each claimed (SKU, origin number) from any other product that has it, which falls back to its own number."""
    cursor.execute(_HOLDERS, [_encode(claims), store_id])
    if holders := [key for (key,) in cursor.fetchall()]:
        cursor.execute(_RELEASE, [_encode(holders)])


def insert_rows(cursor: CursorWrapper, rows: Sequence[IdentifiedRow], stamps: Stamps) -> None:
    """Write rows of products that the catalogue does not have."""
    cursor.executemany(_INSERT, _list_values(rows, stamps))


def merge_rows(cursor: CursorWrapper, rows: Sequence[IdentifiedRow], stamps: Stamps) -> None:
    """Write rows of products of which the catalogue has some."""
    cursor.executemany(_MERGE, _list_values(rows, stamps))


def insert_observations(cursor: CursorWrapper, values: Iterable[tuple[Any, ...]]) -> None:
    """Add price observations, values in the order of OBSERVED, of which the catalogue has none at that revision."""
    cursor.executemany(_INSERT_OBSERVATION, [_adapt_observation(each) for each in values])


def merge_observations(cursor: CursorWrapper, values: Iterable[tuple[Any, ...]]) -> None:
    """Add price observations; what the catalogue has of one at the same revision is overwritten."""
    cursor.executemany(_MERGE_OBSERVATION, [_adapt_observation(each) for each in values])


def _adapt_observation(values: tuple[Any, ...]) -> tuple[Any, ...]:
    product_id, revision, observed_at, *prices, benefits, trace_id = values
    return (product_id, revision, _spell_time(observed_at), *prices, _encode(benefits), trace_id)


def _list_values(rows: Sequence[IdentifiedRow], stamps: Stamps) -> list[Any]:
    return list(iter_values(rows, stamps, FORM))


def _encode(value: object) -> str:
    return encode_json(value).decode()


def _parse_time(text: str | None) -> datetime | None:
    """The naive UTC text that Django keeps, as what it means."""
    return None if text is None else datetime.fromisoformat(text).replace(tzinfo=UTC)


def _spell_time(when: datetime | None) -> str | None:
    """The naive UTC text that Django keeps."""
    return None if when is None else when.astimezone(UTC).replace(tzinfo=None).isoformat(" ")


FORM = Form(json=_encode, time=_spell_time)
