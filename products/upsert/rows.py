"""The row that a store sync hands to the upsert, and the fingerprint that tells whether it changed."""

import hashlib
from datetime import datetime
from typing import Any

import msgspec


class CategoryRef(msgspec.Struct, frozen=True):
    """A store category: its number, its own name and its path from the root joined by ">"."""

    source_id: str
    name: str
    path: str


class ProductRow(msgspec.Struct, frozen=True, kw_only=True):
    """One product as the store has it. Prices are whole won; times are aware."""

    origin_product_no: int
    channel_product_nos: list[int]
    sku: str
    seller_code: str
    barcode: str
    name: str
    brand: str
    manufacturer: str
    model_name: str
    category: CategoryRef
    status: str
    price: int
    discounted_price: int
    discount_starts_at: datetime | None
    discount_ends_at: datetime | None
    benefits: dict[str, Any]
    stock: int
    image_url: str
    description: str
    attributes: dict[str, Any]
    summary_hash: str
    source_modified_at: datetime
    content_hash: str = ""


_encoder = msgspec.json.Encoder(order="sorted")


def hash_row(row: ProductRow) -> str:
    """Fingerprint of all that the store said, as 32 hex digits (BLAKE2b, 128 bits, over sorted JSON).

    The SKU is left out, since it also depends on what other products are called; so is the time of the price check.
    """
    neutral = msgspec.structs.replace(row, sku="", content_hash="")
    return hashlib.blake2b(_encoder.encode(neutral), digest_size=16).hexdigest()


def make_row(**fields: Any) -> ProductRow:
    """A ProductRow with its fingerprint set. TypeError when a field is missing or unknown."""
    row = ProductRow(**fields)
    return msgspec.structs.replace(row, content_hash=hash_row(row))
