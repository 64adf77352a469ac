"""From what the store says of a product to the row that the catalogue keeps, or a refusal that names field and fix.

The list rules where list and detail both speak: its prices, stock and state are of one moment, and its fingerprint
decides whether a detail is read at all. The detail adds description, attributes, barcode and discount window.
"""

import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import msgspec
from selectolax.lexbor import LexborHTMLParser

from products.storesync.decoding import (
    ChannelSummary,
    DiscountPolicy,
    OriginProduct,
    ProductAttribute,
    ProductDetail,
    ProductSummary,
)
from products.upsert.rows import CategoryRef, ProductRow, make_row

KST = timezone(timedelta(hours=9))
PRICE_LIMIT_WON = 999_999_990
STOCK_LIMIT = 99_999_999
DESCRIPTION_LENGTH = 2_000
LAST_MINUTE = timedelta(minutes=1)
LAST_YEAR = 9999
STATUSES = frozenset(
    {"WAIT", "SALE", "OUTOFSTOCK", "UNADMISSION", "REJECTION", "SUSPENSION", "CLOSE", "PROHIBITION", "DELETE"}
)
LENGTHS: Mapping[str, tuple[str, int]] = {
    "name": ("name", 300),
    "seller_code": ("sellerManagementCode", 40),
    "barcode": ("sellerBarcode", 40),
    "brand": ("brandName", 120),
    "manufacturer": ("manufacturerName", 120),
    "model_name": ("modelName", 120),
    "image_url": ("representativeImage.url", 500),
}
"""{the catalogue's column: (the store's field, most characters)}."""
MAIN_SERVICE = "STOREFARM"
NUMBER_BENEFITS = {
    "purchase_point": "seller_purchase_point",
    "manager_purchase_point": "manager_purchase_point",
    "text_review_point": "text_review_point",
    "photo_review_point": "photo_video_review_point",
    "regular_customer_point": "regular_customer_point",
    "multi_purchase_discount": "multi_purchase_discount",
}

_encoder = msgspec.json.Encoder(order="sorted")


class RefusedProduct(ValueError):
    """A product that cannot be kept as the store has it. `field` in the store's words; the message says the fix."""

    def __init__(self, field: str, value: object, message: str) -> None:
        self.field, self.value = field, value
        super().__init__(f"{field}: {message}")


def choose_main_channel(summary: ProductSummary) -> ChannelSummary:
    """The channel product that stands for the product: the smart store's, else the one with the lowest number."""
    if not summary.channel_products:
        raise RefusedProduct("channelProducts", [], "채널 상품이 없습니다. 스토어에서 판매 채널을 연결하세요.")
    return min(
        summary.channel_products,
        key=lambda channel: (channel.channel_service_type != MAIN_SERVICE, channel.channel_product_no),
    )


def read_seller_code(summary: ProductSummary) -> str:
    """The seller's own code as the list gives it, "" where there is none or the product is deleted."""
    if not summary.channel_products:
        return ""
    channel = choose_main_channel(summary)
    return "" if channel.status_type == "DELETE" else channel.seller_management_code or ""


def hash_summary(summary: ProductSummary) -> str:
    """Fingerprint of a list entry: 32 hex digits of BLAKE2b over the fields that the catalogue keeps and its date."""
    channels = sorted(summary.channel_products, key=lambda channel: channel.channel_product_no)
    return hashlib.blake2b(_encoder.encode([summary.origin_product_no, channels]), digest_size=16).hexdigest()


def check_summary(summary: ProductSummary) -> None:
    """Raise RefusedProduct unless the list entry alone already makes a product that can be kept."""
    channel = choose_main_channel(summary)
    _read_price(channel)
    _read_discounted_price(channel)
    _read_stock(channel)
    _read_modified_at(channel)
    _read_category(channel)
    if not (channel.name or "").strip():
        raise RefusedProduct("name", channel.name, "상품명이 비어 있습니다. 스토어에서 상품명을 넣으세요.")
    if channel.status_type not in STATUSES:
        raise RefusedProduct(
            "statusType", channel.status_type, "알 수 없는 판매 상태입니다. API 변경 공지를 확인하세요."
        )


def map_product(summary: ProductSummary, detail: ProductDetail, *, sku: str) -> ProductRow:
    """The catalogue's row. Raises RefusedProduct for a price, stock, name, state or text that cannot be kept."""
    check_summary(summary)
    channel, origin = choose_main_channel(summary), detail.origin_product
    starts_at, ends_at = _read_discount_window(origin)
    picture = channel.representative_image
    row = make_row(
        origin_product_no=summary.origin_product_no,
        channel_product_nos=_list_channel_numbers(summary, channel),
        sku=sku,
        seller_code=channel.seller_management_code or "",
        barcode=_read_barcode(origin),
        name=channel.name or "",
        brand=channel.brand_name or "",
        manufacturer=channel.manufacturer_name or "",
        model_name=channel.model_name or "",
        category=_read_category(channel),
        status=channel.status_type,
        price=_read_price(channel),
        discounted_price=_read_discounted_price(channel),
        discount_starts_at=starts_at,
        discount_ends_at=ends_at,
        benefits=_read_benefits(channel, origin),
        stock=_read_stock(channel),
        image_url=picture.url if picture else "",
        description=extract_text(origin.detail_content or ""),
        attributes=_read_attributes(origin),
        summary_hash=hash_summary(summary),
        source_modified_at=_read_modified_at(channel),
    )
    _check_lengths(row)
    return row


def extract_text(markup: str) -> str:
    """The words of a detail page: scripts and styles left out, whitespace folded, at most 2,000 characters."""
    if not markup:
        return ""
    tree = LexborHTMLParser(markup)
    for node in tree.css("script, style, noscript, template"):
        node.decompose()
    text = tree.body.text(separator=" ") if tree.body else ""
    return " ".join(text.split())[:DESCRIPTION_LENGTH]


def list_price_boundaries(detail: ProductDetail) -> list[datetime]:
    """The moments at which the price or the sale changes by schedule, perhaps without an edit; aware, in no order.

    Discounts begin on minutes 00, 10 ... 50 and last to the end of minutes 09, 19 ... 59, as sales last to the end of
    :59: what ends changes a minute after the moment that is named (Commerce API, origin product).
    """
    origin = detail.origin_product
    methods = [policy.discount_method for policy in _list_discounts(origin) if policy and policy.discount_method]
    starts = [origin.sale_start_date, *(method.start_date for method in methods)]
    ends = [origin.sale_end_date, *(method.end_date for method in methods)]
    changes = [(moment, timedelta()) for moment in starts] + [(moment, LAST_MINUTE) for moment in ends]
    # The year 9999 stands for "never", and has no next minute.
    return [_in_korea(moment) + after for moment, after in changes if moment and moment.year < LAST_YEAR]


def _list_discounts(origin: OriginProduct) -> list[DiscountPolicy | None]:
    benefit = origin.customer_benefit
    if benefit is None:
        return []
    own = [benefit.immediate_discount_policy, benefit.reserved_discount_policy, benefit.multi_purchase_discount_policy]
    return [*own, *(benefit.promotion_discount_policies or [])]


def _read_price(channel: ChannelSummary) -> int:
    price = channel.sale_price
    if price is None:
        raise RefusedProduct("salePrice", None, "판매가가 없습니다. 스토어에서 판매가를 넣으세요.")
    if not 0 < price <= PRICE_LIMIT_WON:
        limit = f"{PRICE_LIMIT_WON:,}"
        raise RefusedProduct("salePrice", price, f"{price:,}원은 쓸 수 없습니다. 1원에서 {limit}원 사이로 고치세요.")
    return price


def _read_discounted_price(channel: ChannelSummary) -> int:
    price, reduced = _read_price(channel), channel.discounted_price
    if reduced is None:
        return price
    if not 0 < reduced <= price:
        fix = f"{reduced:,}원은 쓸 수 없습니다. 1원에서 판매가({price:,}원) 사이로 고치세요."
        raise RefusedProduct("discountedPrice", reduced, fix)
    return reduced


def _read_stock(channel: ChannelSummary) -> int:
    stock = channel.stock_quantity if channel.stock_quantity is not None else 0
    if not 0 <= stock <= STOCK_LIMIT:
        fix = f"{stock:,}개는 쓸 수 없습니다. 0개에서 {STOCK_LIMIT:,}개 사이로 고치세요."
        raise RefusedProduct("stockQuantity", stock, fix)
    return stock


def _read_modified_at(channel: ChannelSummary) -> datetime:
    modified = channel.modified_date or channel.reg_date
    if modified is None:
        raise RefusedProduct("modifiedDate", None, "수정 일시가 없습니다. 스토어에서 상품을 한 번 저장하세요.")
    return _check_moment("modifiedDate", modified)


def _in_korea(moment: datetime) -> datetime:
    """An aware moment; the store means Korean time where it gives no offset."""
    return moment if moment.tzinfo else moment.replace(tzinfo=KST)


def _check_moment(field: str, moment: datetime) -> datetime:
    """The aware moment; refused where no clock shows it: before the year 1 or after 9999 in Greenwich or in Korea."""
    aware = _in_korea(moment)
    try:
        aware.astimezone(UTC).astimezone(KST)
    except OverflowError:
        raise RefusedProduct(field, moment, f"{moment}은(는) 쓸 수 없는 시각입니다. 스토어에서 고치세요.") from None
    return aware


def _read_category(channel: ChannelSummary) -> CategoryRef:
    number, path = channel.category_id or "", channel.whole_category_name or ""
    if not number or len(number) > 20:
        raise RefusedProduct("categoryId", number, "카테고리 번호가 없거나 20자를 넘습니다. 카테고리를 다시 고르세요.")
    name = path.rpartition(">")[2] or number
    if len(name) > 120 or len(path) > 400:
        raise RefusedProduct(
            "wholeCategoryName", path, "카테고리 이름이 너무 깁니다. 이름은 120자, 경로는 400자까지입니다."
        )
    return CategoryRef(source_id=number, name=name, path=path or number)


def _list_channel_numbers(summary: ProductSummary, main: ChannelSummary) -> list[int]:
    others = sorted(channel.channel_product_no for channel in summary.channel_products if channel is not main)
    return [main.channel_product_no, *others]


def _read_discount_window(origin: OriginProduct) -> tuple[datetime | None, datetime | None]:
    policy = origin.customer_benefit.immediate_discount_policy if origin.customer_benefit else None
    method = policy.discount_method if policy else None
    if method is None:
        return None, None
    starts_at, ends_at = method.start_date, method.end_date
    return (
        _check_moment("immediateDiscountPolicy.startDate", starts_at) if starts_at else None,
        _check_moment("immediateDiscountPolicy.endDate", ends_at) if ends_at else None,
    )


def _read_benefits(channel: ChannelSummary, origin: OriginProduct) -> dict[str, Any]:
    """What a buyer gets besides the price. Zero and empty are left out; a delivery fee of 0 is kept: it is free."""
    found: dict[str, Any] = {key: _simplify(getattr(channel, name)) for key, name in NUMBER_BENEFITS.items()}
    found["purchase_point_unit"] = channel.seller_purchase_point_unit_type if found["purchase_point"] else None
    is_multi = bool(found["multi_purchase_discount"])
    found["multi_purchase_discount_unit"] = channel.multi_purchase_discount_unit_type if is_multi else None
    found["free_interest_months"] = channel.free_interest
    found["gift"] = channel.gift or ""
    fee = origin.delivery_info.delivery_fee if origin.delivery_info else None
    found["free_delivery_from"] = fee.free_conditional_amount if fee else None
    kept = {key: value for key, value in found.items() if value}
    return kept if channel.delivery_fee is None else {**kept, "delivery_fee": channel.delivery_fee}


def _simplify(number: float | None) -> float | None:
    """10.0 and 10 are the same benefit."""
    return int(number) if number is not None and number == int(number) else number


def _read_barcode(origin: OriginProduct) -> str:
    codes = origin.detail_attribute.seller_code_info if origin.detail_attribute else None
    return (codes.seller_barcode or "") if codes else ""


def _read_attributes(origin: OriginProduct) -> dict[str, str]:
    """The attributes that have a name and a value; where the store gives only their numbers there is nothing to show."""
    listed = origin.detail_attribute.product_attributes if origin.detail_attribute else None
    pairs = ((entry.attribute_name, _read_value(entry)) for entry in listed or () if entry)
    return {name: value for name, value in pairs if isinstance(name, str) and name and value is not None}


def _read_value(entry: ProductAttribute) -> str | None:
    value = entry.attribute_value_name if entry.attribute_real_value is None else entry.attribute_real_value
    return str(value) if isinstance(value, str | int | float) else None


def _check_lengths(row: ProductRow) -> None:
    for column, (field, most) in LENGTHS.items():
        value = getattr(row, column)
        if len(value) > most:
            raise RefusedProduct(field, value, f"{len(value):,}자입니다. {most}자까지 쓸 수 있으니 줄이세요.")
