"""Prices, discounts, coupons, benefits and claims that an author typed into a text, where they will not follow the catalogue.

    find_literals("지금 <b>29,900</b>원, 10% 쿠폰")  ->  price 29,900원 (value 29900), coupon 10% 쿠폰

Kinds and their boundaries:
    price       an amount and its currency, nothing before or after
    approx      an amount with 대, 초반, 중반, 후반, 이하, 이상, 미만, 초과, 이내, 내외, 안팎, 선
    range       two amounts joined by a dash or a tilde; joined by words they are two prices
    unit_price  from the unit (100g당, 개당) to the amount, or an amount with /kg
    discount    a share or an amount with 할인, 세일, 인하, OFF; 반값; 할인율 25%; 25%↓
    coupon      an amount or a share with 쿠폰, at most one word between, or 쿠폰 and an amount
    benefit     무료배송, 1+1, 5% 적립, 적립금 N원, 무이자 할부, 사은품
    claim       최저가, 특가, 핫딜, 땡처리, 파격가, with a prefix written together
Left alone: numbers of other things, coins and notes, money that is no offer (wages, fines, rates of exchange), addresses,
file names, placeholders.
"""

from dataclasses import dataclass

from content.disclosure.literals_money import Hit, find_amounts
from content.disclosure.literals_terms import find_terms
from content.disclosure.literals_view import View, make_view

KINDS = ("price", "approx", "range", "unit_price", "discount", "coupon", "benefit", "claim")
FORMATS = ("text", "html")
SHOWS_PRICE = frozenset({"price", "approx", "range", "unit_price"})


@dataclass(frozen=True, slots=True)
class Literal:
    """One finding. start, end: code points of the source, end exclusive; value: whole won, of a range its lower end.

    value is None where there is none: shares, words, other currencies. rule_id: kind and the rule that decided.
    """

    start: int
    end: int
    kind: str
    value: int | None
    rule_id: str

    @property
    def placeholder(self) -> str:
        """What to write instead, for the product that matching chose."""
        return suggest_placeholder(self.kind)


def find_literals(text: str, *, format: str = "text") -> tuple[Literal, ...]:
    """Every literal of a text in reading order, none overlapping another. Raises ValueError for an unknown format.

    format: "text" (Markdown too; tags and entities are read as markup) or "html". Never fails on what the text holds; the
    time is linear in its length.
    """
    if format not in FORMATS:
        raise ValueError(f"format: '{format}' 대신 {', '.join(FORMATS)} 가운데 하나를 쓰세요.")
    view = make_view(text, is_html=format == "html")
    return tuple([_place(view, hit) for hit in _pick(view.text)])


def suggest_placeholder(kind: str, *, sku: str = "match") -> str:
    """The placeholder that shows what a kind of literal says, always as it is now; "" for a claim, which nothing proves."""
    if kind == "claim":
        return ""
    name = "price" if kind in SHOWS_PRICE else "benefit" if kind == "benefit" else "discount"
    return f"{{{{ {name}:{sku} }}}}"


def _pick(text: str) -> list[Hit]:
    """Those that begin first, of two that begin together the longer, none overlapping another.

    A claim that is written together with an amount (9,900원특가) begins behind it.
    """
    hits = sorted([*find_amounts(text), *find_terms(text)], key=lambda hit: (hit.start, -hit.end))
    picked: list[Hit] = []
    for hit in hits:
        free_from = picked[-1].end if picked else 0
        if hit.kind == "claim" and hit.start < free_from < hit.end:
            hit = hit._replace(start=free_from)
        if hit.start >= free_from:
            picked.append(hit)
    return picked


def _place(view: View, hit: Hit) -> Literal:
    start, end = view.place(hit.start, hit.end)
    return Literal(start, end, hit.kind, hit.value, f"{hit.kind}.{hit.rule}")
