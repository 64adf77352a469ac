"""What the templates may see: frozen values, already in words, and nothing else."""

from dataclasses import dataclass, field, fields
from hashlib import blake2b

import msgspec
from markupsafe import Markup

FINGERPRINT_BYTES = 16
_encoder = msgspec.msgpack.Encoder()


@dataclass(frozen=True, slots=True)
class Picture:
    """An image's address in the page, its alternative text, and the words below it, if any."""

    address: str
    alt: str
    caption: str = ""


@dataclass(frozen=True, slots=True)
class Cta:
    """A link to buy. address: "" when the product cannot be bought now."""

    label: str
    address: str


@dataclass(frozen=True, slots=True)
class Fact:
    """Something known about a product or its sale: what, and its value in words."""

    label: str
    text: str


@dataclass(frozen=True, slots=True)
class Card:
    """A product in a box. list_price, discount: "" unless a discount may be claimed."""

    name: str
    address: str
    price: str
    list_price: str
    discount: str
    benefits: tuple[str, ...]
    is_sellable: bool
    picture: Picture | None


@dataclass(frozen=True, slots=True)
class Deal:
    """A sale in honest words. price: the amount, or the link to it; lines: when it ends and on what it depends.

    is_over: its end has passed.
    """

    price: str
    claim: str
    lines: tuple[str, ...]
    is_over: bool


@dataclass(frozen=True, slots=True)
class TableCell:
    """A cell's text, with the product's address in the first column. mark: why it wins its column, "" where it does not."""

    text: str
    address: str = ""
    mark: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Table:
    """A comparison table. Two of the same content are equal, told by a fingerprint over every field.

    as_of: the sentence that dates its prices, "" where they were never checked.
    """

    columns: tuple[str, ...]
    rows: tuple[tuple[TableCell, ...], ...]
    as_of: str = ""
    fingerprint: bytes = field(init=False, repr=False)

    def __post_init__(self) -> None:
        content = [getattr(self, name) for name in _TABLE_CONTENT]
        digest = blake2b(_encoder.encode(content), digest_size=FINGERPRINT_BYTES).digest()
        object.__setattr__(self, "fingerprint", digest)

    def __hash__(self) -> int:
        return hash(self.fingerprint)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Table) and self.fingerprint == other.fingerprint


_TABLE_CONTENT = tuple(each.name for each in fields(Table) if each.init)


@dataclass(frozen=True, slots=True)
class Page:
    """One post for a template.

    lead, table, closing, items: what the body does not place itself, the table rendered already; opening, after_table: links that the variant asks for;
    specs: the match's attributes; gallery: pictures left over.
    """

    body: Markup
    lead: Card | None
    table: Markup | None
    closing: Cta | None
    gallery: tuple[Picture, ...]
    lede: str = ""
    opening: Cta | None = None
    after_table: Cta | None = None
    trust: tuple[Fact, ...] = ()
    specs: tuple[Fact, ...] = ()
    items: tuple[Card, ...] = ()
    deal: Deal | None = None
