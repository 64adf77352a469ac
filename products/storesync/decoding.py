"""From the store's JSON to typed values. Unknown fields are ignored (`unknown` counts them): the API grows twice a month.

Numbers sent as text are taken as numbers; anything else of the wrong kind is an error that names its field. NUL
characters and halves of surrogate pairs, which JSON can spell but no database keeps, are left out of every text.
Shapes: Commerce API, product search (list) and origin product (detail). Only what the catalogue keeps is declared.
"""

import hashlib
import re
from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, TypeVar

import msgspec

T = TypeVar("T")
BYTE_ORDER_MARK = b"\xef\xbb\xbf"
LARGEST_NUMBER = 2**63 - 1
Amount = Annotated[float, msgspec.Meta(ge=-1e15, le=1e15)]
"""A float that is a number: as text it may also read "nan" or "inf"."""
Count = Annotated[int, msgspec.Meta(ge=0, le=2**31 - 1)]
Token = Annotated[str, msgspec.Meta(pattern=r"^[!-~]+\Z")]
"""What a header can carry."""

_PATH = re.compile(r" - at `\$\.?(?P<path>[^`]*)`")
_UNKEEPABLE = re.compile(rb"\\u(?:0000|[dD][89a-fA-F])")
# Every escape is read as a whole, from the left: in "\\u0000" the backslash is escaped and the rest is plain text.
_ESCAPE = re.compile(rb"\\(?:u[dD][89abAB]..\\u[dD][c-fC-F]..|u....|.)", re.DOTALL)


class MalformedBodyError(ValueError):
    """The body is no whole JSON document."""


class WrongFieldError(ValueError):
    """A field is missing or of another kind than documented."""

    def __init__(self, field: str, message: str) -> None:
        self.field = field
        super().__init__(message)


class Picture(msgspec.Struct, rename="camel", frozen=True):
    """An image by its address."""

    url: str = ""


class ChannelSummary(msgspec.Struct, rename="camel", frozen=True, kw_only=True, omit_defaults=True):
    """One channel product of a list entry. Prices in won; every optional field may be null or missing."""

    channel_product_no: int
    channel_service_type: str | None = None
    category_id: str | None = None
    whole_category_name: str | None = None
    name: str | None = None
    seller_management_code: str | None = None
    status_type: str | None = None
    sale_price: int | None = None
    discounted_price: int | None = None
    stock_quantity: int | None = None
    delivery_attribute_type: str | None = None
    delivery_fee: int | None = None
    multi_purchase_discount: Amount | None = None
    multi_purchase_discount_unit_type: str | None = None
    seller_purchase_point: Amount | None = None
    seller_purchase_point_unit_type: str | None = None
    manager_purchase_point: Amount | None = None
    text_review_point: int | None = None
    photo_video_review_point: int | None = None
    regular_customer_point: int | None = None
    free_interest: int | str | None = None
    gift: str | None = None
    representative_image: Picture | None = None
    model_name: str | None = None
    brand_name: str | None = None
    manufacturer_name: str | None = None
    reg_date: datetime | None = None
    modified_date: datetime | None = None


class ProductSummary(msgspec.Struct, rename="camel", frozen=True):
    """One list entry: an origin product and its channel products."""

    origin_product_no: int
    channel_products: list[ChannelSummary] = []


class BrokenSummary(msgspec.Struct, frozen=True):
    """A list entry that could not be read; the rest of its page could.

    `origin_product_no`: below 0 where the number itself cannot be read; then it is a fingerprint of the entry.
    """

    origin_product_no: int
    field: str
    message: str
    body: str


class ListPage(msgspec.Struct, frozen=True):
    """One page of the list. trace_id: the store's, of the reply that brought it."""

    page: int
    total_elements: int
    total_pages: int
    summaries: list[ProductSummary]
    broken: list[BrokenSummary]
    trace_id: str = ""


class DiscountMethod(msgspec.Struct, rename="camel", frozen=True):
    """How much is taken off, and when."""

    value: Amount | None = None
    unit_type: str | None = None
    start_date: datetime | None = None
    end_date: datetime | None = None


class DiscountPolicy(msgspec.Struct, rename="camel", frozen=True):
    """A discount that may have a beginning and an end."""

    discount_method: DiscountMethod | None = None


class CustomerBenefit(msgspec.Struct, rename="camel", frozen=True):
    """What a buyer gets besides; the list carries the rest."""

    immediate_discount_policy: DiscountPolicy | None = None
    reserved_discount_policy: DiscountPolicy | None = None
    multi_purchase_discount_policy: DiscountPolicy | None = None
    promotion_discount_policies: list[DiscountPolicy | None] | None = None


class DeliveryFee(msgspec.Struct, rename="camel", frozen=True):
    """The fee and the amount above which it is waived, in won."""

    free_conditional_amount: int | None = None


class DeliveryInfo(msgspec.Struct, rename="camel", frozen=True):
    """How the product is delivered."""

    delivery_fee: DeliveryFee | None = None


class SellerCodes(msgspec.Struct, rename="camel", frozen=True):
    """The seller's own codes."""

    seller_barcode: str | None = None


class ProductAttribute(msgspec.Struct, rename="camel", frozen=True):
    """One attribute: its name, and its value as the seller typed it or as the chosen entry is called.

    Only numbers are documented of it; the rest may come in any shape, and is no reason to refuse a product.
    """

    attribute_name: Any = None
    attribute_real_value: Any = None
    attribute_value_name: Any = None


class DetailAttribute(msgspec.Struct, rename="camel", frozen=True):
    """Codes and attributes."""

    seller_code_info: SellerCodes | None = None
    product_attributes: list[ProductAttribute | None] | None = None


class OriginProduct(msgspec.Struct, rename="camel", frozen=True):
    """The product itself. Its documented body holds neither its number nor a modification date."""

    status_type: str
    detail_content: str | None = None
    sale_start_date: datetime | None = None
    sale_end_date: datetime | None = None
    delivery_info: DeliveryInfo | None = None
    detail_attribute: DetailAttribute | None = None
    customer_benefit: CustomerBenefit | None = None


class ProductDetail(msgspec.Struct, rename="camel", frozen=True):
    """The body of a detail."""

    origin_product: OriginProduct


class TokenBody(msgspec.Struct, frozen=True):
    """The body of a token reply."""

    access_token: Token
    expires_in: Count

    def __repr__(self) -> str:
        return f"TokenBody(expires_in={self.expires_in})"


class InvalidInput(msgspec.Struct, frozen=True):
    """What the store found wrong with one value of a request."""

    name: str | None = None
    message: str | None = None


class ErrorBody(msgspec.Struct, rename="camel", frozen=True):
    """The body of an error, of the gateway or of the server behind it."""

    code: str | None = None
    message: str | None = None
    invalid_inputs: list[InvalidInput] | None = None


class _Envelope(msgspec.Struct, rename="camel", frozen=True):
    contents: list[msgspec.Raw]
    total_elements: Count
    total_pages: Count
    page: int


class _Numbered(msgspec.Struct, rename="camel", frozen=True):
    origin_product_no: int = 0


def decode_body(body: bytes, kind: type[T]) -> T:
    """The body as a value of `kind`; raises MalformedBodyError or WrongFieldError."""
    try:
        return msgspec.json.decode(drop_unkeepable(body), type=kind, strict=False)
    except msgspec.ValidationError as error:
        raise _name_field(error) from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise MalformedBodyError(f"{len(body)}바이트: {error}") from None


def decode_text(body: bytes) -> str:
    """A body as text for people, whatever it is."""
    return body.decode(errors="replace").replace("\x00", "")


def drop_unkeepable(body: bytes) -> bytes:
    """The body without a byte order mark and without what no database keeps."""
    body = body.removeprefix(BYTE_ORDER_MARK).replace(b"\x00", b"")
    return _ESCAPE.sub(_keep_escape, body) if _UNKEEPABLE.search(body) else body


def _keep_escape(escape: re.Match[bytes]) -> bytes:
    """The escape as it is, or nothing where it stands for a NUL or for half a character."""
    text: bytes = escape[0]
    is_single = len(text) == len(rb"\u0000")
    return b"" if is_single and _UNKEEPABLE.match(text) else text


def _name_field(error: msgspec.ValidationError) -> WrongFieldError:
    text = str(error)
    found = _PATH.search(text)
    path = found["path"] if found else ""
    missing = re.search(r"missing required field `(\w+)`", text)
    if missing:
        field = f"{path}.{missing[1]}".lstrip(".")
        return WrongFieldError(field, f"{field}: 값이 없습니다")
    return WrongFieldError(path, f"{path or '본문'}: 형식이 다릅니다 ({_PATH.sub('', text)})")


def decode_page(body: bytes) -> ListPage:
    """One list page; an entry that is wrong by itself is reported in `broken` instead of spoiling the page."""
    envelope = decode_body(body, _Envelope)
    summaries, broken = [], []
    for raw in envelope.contents:
        entry = bytes(raw)
        try:
            summaries.append(_check_numbers(decode_body(entry, ProductSummary)))
        except (MalformedBodyError, WrongFieldError) as error:
            broken.append(_describe_broken(entry, error))
    return ListPage(envelope.page, envelope.total_elements, envelope.total_pages, summaries, broken)


def _check_numbers(summary: ProductSummary) -> ProductSummary:
    if not 0 < summary.origin_product_no <= LARGEST_NUMBER:
        raise WrongFieldError(
            "originProductNo", f"originProductNo: {summary.origin_product_no}은(는) 상품 번호가 아닙니다"
        )
    return summary


def _describe_broken(entry: bytes, error: ValueError) -> BrokenSummary:
    try:
        number = decode_body(entry, _Numbered).origin_product_no
    except (MalformedBodyError, WrongFieldError):
        number = 0
    field = error.field if isinstance(error, WrongFieldError) else ""
    is_number = 0 < number <= LARGEST_NUMBER
    return BrokenSummary(number if is_number else _name_entry(entry), field, str(error), decode_text(entry))


def _name_entry(entry: bytes) -> int:
    """A number below 0 that stands for this entry and no other, in every run in which it is the same."""
    return -1 - int.from_bytes(hashlib.blake2b(entry, digest_size=7).digest())


def decode_detail(body: bytes) -> ProductDetail:
    """The body of a detail; raises MalformedBodyError or WrongFieldError."""
    return decode_body(body, ProductDetail)


def decode_error(body: bytes) -> ErrorBody:
    """Code and message of an error reply; empty when the body is no such JSON (an HTML page of some proxy)."""
    try:
        return decode_body(body, ErrorBody)
    except (MalformedBodyError, WrongFieldError):
        return ErrorBody()


def describe_inputs(inputs: Sequence[InvalidInput] | None) -> str:
    """The fields that the store complained about, in one line."""
    return ", ".join(f"{entry.name}: {entry.message}" for entry in inputs or ())


def to_plain(summary: ProductSummary) -> dict[str, Any]:
    """A summary as plain JSON values, for the work list."""
    plain: dict[str, Any] = msgspec.to_builtins(summary)
    return plain


def from_plain(value: Any) -> ProductSummary:
    """The summary that `to_plain` wrote."""
    return msgspec.convert(value, ProductSummary)
