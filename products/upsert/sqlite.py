"""The write path on SQLite: prepared statements, executed for all rows of a batch.

Each function runs inside a transaction, which holds the only write lock; `read_differing` alone needs none.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from operator import itemgetter
from typing import Any

import msgspec
from django.db.backends.utils import CursorWrapper

from products.upsert.columns import (
    COLUMNS,
    OBSERVED,
    SETTLED,
    STORED,
    UPDATED,
    Form,
    IdentifiedRow,
    Stamps,
    encode_json,
    iter_values,
)

_spell_json = msgspec.json.Encoder().encode
_INSERT = f"INSERT INTO catalog_product ({', '.join(COLUMNS)}) VALUES ({', '.join(['%s'] * len(COLUMNS))})"  # noqa: S608
_UPDATE = "UPDATE catalog_product SET {} WHERE id = %s"
_SETTLED_UPDATED = tuple(name for name in UPDATED if name not in SETTLED)
# json_each takes any number of keys as one parameter, of which SQLite else takes a few hundred; a left join keeps the order,
# key by key through the index.
_READ_DIFFERING = f"""
    SELECT NULL, (SELECT writes FROM catalog_store WHERE id = %s), {", ".join(["NULL"] * (len(STORED) - 1))}
    UNION ALL
    SELECT CAST(key.key AS INTEGER), {", ".join(f"product.{name}" for name in STORED[1:])},
           CASE WHEN revision > %s THEN source_modified_at END
    FROM json_each(%s) AS key LEFT JOIN catalog_product AS product
    ON store_id = %s AND origin_product_no = CAST(key.key AS INTEGER)
    WHERE product.content_hash IS NOT key.value"""  # noqa: S608
# CROSS JOIN keeps the order too. The condition on the state is spelled as in the partial index, which else is not used.
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


def read_differing(
    cursor: CursorWrapper, *, store_id: int, hashes: Mapping[int, str], asked_at_revision: int
) -> tuple[list[tuple[Any, ...]], int]:
    """Of each origin product number that is not stored with this content hash the STORED columns, and the date of its edit.

    The columns are None where no product has the number; the date is, unless it was written after that revision. Beside
    them how often the store had been written by then.
    """
    cursor.execute(_READ_DIFFERING, [store_id, asked_at_revision, _spell_json(hashes).decode(), store_id])
    (_no_number, writes, *_nothing), *found = cursor.fetchall()
    # The date is the last column, and seldom there.
    return [row if row[-1] is None else (*row[:-1], _parse_time(row[-1])) for row in found], writes or 0


def allocate_ids(cursor: CursorWrapper, number: int) -> list[int]:
    """So many ids for new products."""
    cursor.execute("SELECT seq FROM sqlite_sequence WHERE name = 'catalog_product'")
    newest = next(iter(cursor.fetchall()), (0,))[0]
    return list(range(newest + 1, newest + 1 + number))


def release_skus(cursor: CursorWrapper, *, store_id: int, claims: Sequence[tuple[str, int]]) -> int:
    """Take each claimed (SKU, origin number) from any other product that has it, which falls back to its own number.

    Returns how many had one.
    """
    cursor.execute(_HOLDERS, [_encode(claims), store_id])
    if holders := [key for (key,) in cursor.fetchall()]:
        cursor.execute(_RELEASE, [_encode(holders)])
    return len(holders)


def insert_rows(cursor: CursorWrapper, rows: Sequence[IdentifiedRow], stamps: Stamps) -> None:
    """Write rows of products that the catalogue does not have."""
    values: list[Any] = list(iter_values(rows, stamps, FORM))
    cursor.executemany(_INSERT, values)


def update_rows(
    cursor: CursorWrapper, settled: Sequence[IdentifiedRow], moved: Sequence[IdentifiedRow], stamps: Stamps
) -> None:
    """Write rows of products that the catalogue has; `settled` are those that move nothing of SETTLED."""
    for rows, names in ((settled, _SETTLED_UPDATED), (moved, UPDATED)):
        if rows:
            pick = itemgetter(*map(COLUMNS.index, (*names, "id")))
            values: list[Any] = [pick(each) for each in iter_values(rows, stamps, FORM)]
            cursor.executemany(_UPDATE.format(", ".join(f"{name} = %s" for name in names)), values)


def insert_observations(cursor: CursorWrapper, values: Iterable[tuple[Any, ...]]) -> None:
    """Add price observations, values in the order of OBSERVED, of which the catalogue has none at that revision."""
    cursor.executemany(_INSERT_OBSERVATION, [_adapt_observation(each) for each in values])


def merge_observations(cursor: CursorWrapper, values: Iterable[tuple[Any, ...]]) -> None:
    """Add price observations; what the catalogue has of one at the same revision is overwritten."""
    cursor.executemany(_MERGE_OBSERVATION, [_adapt_observation(each) for each in values])


def _adapt_observation(values: tuple[Any, ...]) -> tuple[Any, ...]:
    product_id, revision, observed_at, *prices, benefits, trace_id = values
    return (product_id, revision, _spell_time(observed_at), *prices, _encode(benefits), trace_id)


def _encode(value: object) -> str:
    return encode_json(value).decode()


def _parse_time(text: str) -> datetime:
    """The naive UTC text that Django keeps, as what it means."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def _spell_time(when: datetime | None) -> str | None:
    """The naive UTC text that Django keeps."""
    if when is None:
        return None
    spelled = _spell_json(when.astimezone(UTC)).decode()  # "2026-11-01T00:00:00Z" in a third of isoformat's time
    return f"{spelled[1:11]} {spelled[12:-2]}"


FORM = Form(json=_encode, time=_spell_time)
