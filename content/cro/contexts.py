"""What the templates may see: frozen values, already in words, and nothing else."""

from dataclasses import dataclass

from markupsafe import Markup


@dataclass(frozen=True, slots=True)
class Picture:
    """An image's address in the page and its alternative text."""

    address: str
    alt: str


@dataclass(frozen=True, slots=True)
class Cta:
    """A link to buy. address: "" when the product cannot be bought now."""

    label: str
    address: str


@dataclass(frozen=True, slots=True)
class Card:
    """A product in a box. list_price: "" unless it is higher than the price."""

    name: str
    address: str
    price: str
    list_price: str
    discount: str
    benefits: tuple[str, ...]
    is_sellable: bool
    picture: Picture | None


@dataclass(frozen=True, slots=True)
class TableCell:
    """A cell's text, with the product's address in the first column. mark: why it wins its column, "" where it does not."""

    text: str
    address: str = ""
    mark: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """A comparison table. as_of: the sentence that dates its prices, "" where they were never checked."""

    columns: tuple[str, ...]
    rows: tuple[tuple[TableCell, ...], ...]
    as_of: str = ""


@dataclass(frozen=True, slots=True)
class Page:
    """One post for a template. lead and closing: what the body does not place itself; gallery: pictures left over."""

    body: Markup
    lead: Card | None
    table: Table | None
    closing: Cta | None
    gallery: tuple[Picture, ...]
