"""The columns that the upsert writes, in one order for both databases."""

from collections.abc import Mapping
from datetime import datetime

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
    "discount_starts_at",
    "discount_ends_at",
    "stock",
    "image_url",
    "description",
    "summary_hash",
    "content_hash",
    "source_modified_at",
)
ENCODED = ("channel_product_nos", "benefits", "attributes")
"""Kept as JSON: handed over as text, which both databases take."""
STAMPED = ("category_id", "revision", "updated_at")
COLUMNS = (*KEY, *COPIED, *ENCODED, *STAMPED)
LOCKED = ("origin_product_no", "id", "price", "discounted_price", "benefits", "source_modified_at", "revision")
"""What must be known of a stored row before it is overwritten."""
OBSERVED = ("product_id", "revision", "observed_at", "price", "discounted_price", "benefits", "trace_id")

_encoder = msgspec.json.Encoder(order="sorted")


def encode_json(value: object) -> str:
    """JSON text with sorted keys."""
    return _encoder.encode(value).decode()


def to_values(
    row: ProductRow, *, store_id: int, category_ids: Mapping[str, int], revision: int, written_at: datetime
) -> tuple[object, ...]:
    """The row's values in the order of COLUMNS."""
    return (
        store_id,
        row.origin_product_no,
        *(getattr(row, name) for name in COPIED),
        *(encode_json(getattr(row, name)) for name in ENCODED),
        category_ids[row.category.source_id],
        revision,
        written_at,
    )
