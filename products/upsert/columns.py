"""The columns that the upsert writes, in one order for both databases."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from operator import attrgetter

import msgspec

from products.upsert.rows import ProductRow

KEY = ("store_id", "origin_product_no")
COPIED = (
    "sku",
    "seller_code",
    "barcode",
    "name",
    "brand",
    "manufacturer",
    "model_name",
    "status",
    "price",
    "discounted_price",
    "stock",
    "image_url",
    "description",
    "summary_hash",
    "content_hash",
)
TIMES = ("discount_starts_at", "discount_ends_at", "source_modified_at")
ENCODED = ("channel_product_nos", "benefits", "attributes")
"""Kept as JSON: each database takes it in a form of its own."""
STAMPED = ("category_id", "revision", "updated_at")
EDITED = ("priority", "version")
"""What editors own: 0 in a new row, and never overwritten."""
UPDATED = (*COPIED, *TIMES, *ENCODED, *STAMPED)
COLUMNS = ("id", *KEY, *UPDATED, *EDITED)
SETTLED = ("sku", "seller_code", "name", "status", "category_id")
"""What indexes hold of a product and seldom moves: SQLite rewrites their entries whenever a statement names one of these."""
SEARCHED = ("name", "brand", "model_name", "status", "category_id")
"""What the word index has of a product."""
TOLD = ("status", "name", "brand", "model_name")
"""What a product's history tells of besides its price."""
STORED = (
    "origin_product_no",
    "id",
    "sku",
    "seller_code",
    "price",
    "discounted_price",
    "benefits",
    *SEARCHED,
    "stock",
    "description",
    "attributes",
    "revision",
    "content_hash",
)
"""What must be known of a row before it is overwritten, beside the date of an edit that came meanwhile."""
OBSERVED = ("product_id", "revision", "observed_at", "price", "discounted_price", "benefits", "trace_id")

encode_json = msgspec.json.Encoder(order="sorted").encode
"""JSON in UTF-8 with sorted keys."""
IdentifiedRow = tuple[int, ProductRow]
"""A row with its product's id."""
_copied, _times, _encoded = attrgetter(*COPIED), attrgetter(*TIMES), attrgetter(*ENCODED)


@dataclass(frozen=True, slots=True)
class Stamps:
    """What a batch writes beside what the store said: whose rows, which categories they name, and when it was written."""

    store_id: int
    category_ids: Mapping[str, int]
    revision: int
    written_at: datetime


@dataclass(frozen=True, slots=True)
class Form:
    """How a database takes JSON values and times."""

    json: Callable[[object], object]
    time: Callable[[datetime | None], object]


def iter_values(rows: Iterable[IdentifiedRow], stamps: Stamps, form: Form) -> Iterator[tuple[object, ...]]:
    """The values of each row in the order of COLUMNS."""
    written_at = form.time(stamps.written_at)
    for product_id, row in rows:
        yield (
            product_id,
            stamps.store_id,
            row.origin_product_no,
            *_copied(row),
            *map(form.time, _times(row)),
            *map(form.json, _encoded(row)),
            stamps.category_ids[row.category.source_id],
            stamps.revision,
            written_at,
            0,
            0,
        )
