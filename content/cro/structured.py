"""What a page says to machines: schema.org products, offers and lists, from the same facts as its words (JSON-LD).

Nothing is claimed that the catalogue does not know: no ratings, no condition, no end of a price without one.
"""

import json
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from content.cro.subset import drop_overrides
from content.disclosure.prices import is_hidden
from content.times import KOREA
from products.catalog.selectors import ProductFacts

CONTEXT = "https://schema.org"
AVAILABILITY = {
    "SALE": "InStock",
    "WAIT": "OutOfStock",
    "OUTOFSTOCK": "OutOfStock",
    "UNADMISSION": "OutOfStock",
    "REJECTION": "OutOfStock",
    "SUSPENSION": "OutOfStock",
    "CLOSE": "Discontinued",
    "PROHIBITION": "Discontinued",
    "DELETE": "Discontinued",
}
NAME_LENGTH_LIMIT = 150
"""Of a product's name; Google's merchant listings cut it there."""
DESCRIPTION_LENGTH_LIMIT = 500
ITEMS_LIMIT = 100
_ESCAPES = {"<": "\\u003C", ">": "\\u003E", "&": "\\u0026", "\u2028": "\\u2028", "\u2029": "\\u2029"}


def describe_products(products: Iterable[ProductFacts], *, title: str, now: datetime) -> tuple[dict[str, Any], ...]:
    """The JSON-LD of what a page shows: a Product for one, an ItemList of Products for several, nothing for none.

    A product whose price is too old to be shown is left out. now: aware; a discount that ended before it has no `priceValidUntil`. Addresses are those of the shop, so that the
    result does not depend on where the page stands.
    """
    current = [product for product in products if not is_hidden(product.price_checked_at)]
    shown = [describe_product(product, now=now) for product in current[:ITEMS_LIMIT]]
    if not shown:
        return ()
    if len(shown) == 1:
        return ({"@context": CONTEXT, **shown[0]},)
    items = [{"@type": "ListItem", "position": place, "item": item} for place, item in enumerate(shown, start=1)]
    return (
        {
            "@context": CONTEXT,
            "@type": "ItemList",
            "name": _say(title, NAME_LENGTH_LIMIT),
            "numberOfItems": len(items),
            "itemListElement": items,
        },
    )


def describe_product(product: ProductFacts, *, now: datetime) -> dict[str, Any]:
    """A Product with its Offer. Empty properties are left out."""
    described = {
        "@type": "Product",
        "name": _say(product.name, NAME_LENGTH_LIMIT),
        "sku": product.sku,
        "mpn": _say(product.model_name, NAME_LENGTH_LIMIT),
        "url": product.product_url,
        "image": [product.image_url] if product.image_url.startswith(("http://", "https://")) else [],
        "description": _say(product.description, DESCRIPTION_LENGTH_LIMIT),
        "category": _say(product.category_path, DESCRIPTION_LENGTH_LIMIT),
        "brand": {"@type": "Brand", "name": _say(product.brand, NAME_LENGTH_LIMIT)} if product.brand else None,
        "offers": describe_offer(product, now=now),
    }
    return {name: value for name, value in described.items() if value}


def describe_offer(product: ProductFacts, *, now: datetime) -> dict[str, Any]:
    """The Offer: what a buyer pays in won, and whether it can be bought."""
    availability = AVAILABILITY.get(product.status, "OutOfStock")
    offer: dict[str, Any] = {
        "@type": "Offer",
        "url": product.product_url,
        "price": product.sale_price,
        "priceCurrency": "KRW",
        "availability": f"{CONTEXT}/{'OutOfStock' if availability == 'InStock' and not product.is_sellable else availability}",
    }
    if product.store_name:
        offer["seller"] = {"@type": "Organization", "name": _say(product.store_name, NAME_LENGTH_LIMIT)}
    ends_at = product.discount_ends_at
    if ends_at is not None and ends_at > now and product.discount_percent > 0:
        offer["priceValidUntil"] = ends_at.astimezone(KOREA).isoformat(timespec="seconds")
    return offer


def dump_json_ld(data: dict[str, Any]) -> str:
    """The JSON with every character escaped that could mean something to HTML: it cannot end the script it stands in."""
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    for character, escaped in _ESCAPES.items():
        text = text.replace(character, escaped)
    return text


def _say(text: str, limit: int) -> str:
    return " ".join(drop_overrides(text).split())[:limit].rstrip()
