"""What a store says of a few products right now, beside what the ledger holds of them. Nothing is written."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from products.catalog.models import Product
from products.storesync.books import open_book
from products.storesync.client import StoreClient
from products.storesync.decoding import ProductSummary
from products.storesync.errors import StoreCallError
from products.storesync.mapping import RefusedProduct, map_product
from products.storesync.queries import ListQuery
from products.storesync.services import read_account

COMPARED = (
    *("name", "status", "price", "discounted_price", "stock", "discount_starts_at", "discount_ends_at", "seller_code"),
    *("brand", "manufacturer", "model_name", "barcode", "image_url", "description", "source_modified_at"),
)
"""The columns that are laid beside the ledger's; the SKU is the ledger's own affair."""


@dataclass(frozen=True, slots=True)
class StoreAnswer:
    """One product as the store has it now.

    `said`: by the catalogue's column names; empty where it cannot be kept or read, as `problem` says. `differences`:
    {column: (the store's, the ledger's)}. Not `is_known`: the ledger has no such product, so nothing is compared.
    """

    origin_product_no: int
    channel_product_nos: list[int]
    said: Mapping[str, Any] = field(default_factory=dict)
    differences: Mapping[str, tuple[Any, Any]] = field(default_factory=dict)
    is_known: bool = False
    problem: str = ""
    trace_id: str = ""


@dataclass(frozen=True, slots=True)
class LookUp:
    """How many products the store found, and the first of them."""

    found: int
    answers: list[StoreAnswer]


def look_up(*, store_code: str, query: ListQuery, limit: int = 20, api_url: str = "") -> LookUp:
    """Ask the list, then for the detail of each of its first products; raises StoreSyncError.

    Asked by channel product numbers, each detail is read by the channel product that was asked for.
    """
    with StoreClient(read_account(api_url=api_url), open_book=open_book) as client:
        page = client.fetch_page(page=1, size=limit, query=query)
        numbers = [summary.origin_product_no for summary in page.summaries]
        products = Product.objects.filter(store__code=store_code, origin_product_no__in=numbers)
        held = {product.origin_product_no: product for product in products}
        answers = [_ask(client, query, summary, held.get(summary.origin_product_no)) for summary in page.summaries]
    answers += [StoreAnswer(entry.origin_product_no, [], problem=entry.message) for entry in page.broken]
    return LookUp(page.total_elements, answers)


def _ask(client: StoreClient, query: ListQuery, summary: ProductSummary, product: Product | None) -> StoreAnswer:
    channels = [channel.channel_product_no for channel in summary.channel_products]
    answer = StoreAnswer(summary.origin_product_no, channels, is_known=product is not None)
    sku = product.sku if product else ""
    asked = [number for number in query.channel_product_nos if number in channels]
    try:
        if asked:
            received = client.fetch_channel_detail(asked[0], sku=sku)
        else:
            received = client.fetch_detail(summary.origin_product_no, sku=sku)
        row = map_product(summary, received.value, sku=sku)
    except StoreCallError as error:
        if not error.is_about_product:
            raise
        return replace(answer, problem=str(error))
    except RefusedProduct as error:
        return replace(answer, problem=str(error))
    said = {name: getattr(row, name) for name in COMPARED}
    held = {name: getattr(product, name) for name in COMPARED} if product else said
    differences = {name: (said[name], held[name]) for name in COMPARED if said[name] != held[name]}
    return replace(answer, said=said, differences=differences, trace_id=received.trace_id)
