"""The words of the blocks that a variant chooses: the lede, what a buyer may rely on, a sale's terms."""

from collections.abc import Sequence
from datetime import datetime

from content.comparison.wording import format_discount, format_won, list_benefits
from content.cro.contexts import Deal, Fact, Table
from content.cro.variants import TRUST_WORDS, Lede, TableForm, Trust
from content.disclosure.prices import is_hidden, link_current_price
from content.times import tell_time
from products.catalog.selectors import ProductFacts

RETURNS_TEXT = (
    "단순 변심은 상품을 받은 날부터 7일 안에 신청할 수 있습니다. 법이 정한 예외와 비용은 상품 페이지에서 확인하세요."
)
"""Seven days: Act on Consumer Protection in Electronic Commerce, article 17. The shop's own terms may only be better."""
COMPACT_KINDS = frozenset({"price", "unit_price", "benefits"})
"""Kept in a compact table, besides the product's name."""
DELIVERY_KEYS = ("delivery_fee", "free_delivery_from")
NAMES_LIMIT = 5
SPECS_LIMIT = 12
TEXT_LENGTH_LIMIT = 200


def write_lede(lede: Lede, match: ProductFacts | None, named: Sequence[ProductFacts]) -> str:
    """The first sentence of a page; "" where there is nothing to say."""
    if lede == "summary":
        return _summarise(named)
    if match is None or lede == "none":
        return ""
    if lede == "price":
        if is_hidden(match.price_checked_at):
            return ""
        return f"{match.name}: 지금 가격은 {format_won(match.sale_price)}입니다."
    benefits = list_benefits(match.benefits)
    return f"{match.name}: {', '.join(benefits)} 혜택이 있습니다." if benefits else ""


def _summarise(named: Sequence[ProductFacts]) -> str:
    if not named:
        return ""
    names = ", ".join(product.name for product in named[:NAMES_LIMIT])
    rest = f" 외 {len(named) - NAMES_LIMIT}개" if len(named) > NAMES_LIMIT else ""
    return f"이 글에서 다루는 상품: {names}{rest}."


def list_trust(elements: Sequence[Trust], product: ProductFacts, *, has_times: bool) -> tuple[Fact, ...]:
    """What a buyer may rely on, as far as the catalogue knows it.

    has_times: whether a price's check time may be shown. A package dates its prices once, in its disclosure, so that a
    price which is merely confirmed again makes no new package.
    """
    checked_at = product.price_checked_at if has_times else None
    words: dict[Trust, str] = {
        "seller": product.store_name,
        "delivery": ", ".join(list_benefits({key: product.benefits.get(key) for key in DELIVERY_KEYS})),
        "returns": RETURNS_TEXT,
        "checked": tell_time(checked_at) if checked_at else "",
    }
    return tuple(Fact(TRUST_WORDS[element], words[element]) for element in elements if words[element])


def list_specs(product: ProductFacts) -> tuple[Fact, ...]:
    """The product's own attributes: brand, manufacturer and model first."""
    own = {"브랜드": product.brand, "제조사": product.manufacturer, "모델": product.model_name}
    pairs = [(label, str(text)[:TEXT_LENGTH_LIMIT]) for label, text in {**own, **product.attributes}.items() if text]
    return tuple(Fact(label[:TEXT_LENGTH_LIMIT], text) for label, text in pairs[:SPECS_LIMIT])


def describe_deal(product: ProductFacts, *, is_proven: bool, now: datetime) -> Deal:
    """A sale's terms. is_proven: whether the product's own history holds the earlier price; else no discount is claimed."""
    ends_at = product.discount_ends_at
    is_over = ends_at is not None and ends_at <= now
    claim = ""
    if is_proven and not is_over and product.discount_percent > 0:
        claim = f"이전 판매가 {format_won(product.price)}에서 {format_discount(product.discount_percent)} 할인"
    lines = [_tell_end(ends_at, is_over=is_over), "가격과 재고는 바뀔 수 있고, 결제할 때의 가격이 적용됩니다."]
    if not product.is_sellable:
        lines.insert(0, "지금은 판매하지 않습니다.")
    is_old = is_hidden(product.price_checked_at)
    price = link_current_price(product.product_url) if is_old else format_won(product.sale_price)
    return Deal(price, claim, tuple(lines), is_over)


def _tell_end(ends_at: datetime | None, *, is_over: bool) -> str:
    if ends_at is None:
        return "끝나는 때가 정해져 있지 않습니다. 상품 페이지에서 확인하세요."
    return f"이 할인은 {tell_time(ends_at)}에 끝났습니다." if is_over else f"{tell_time(ends_at)}까지입니다(한국 시각)."


def shape_table(table: Table, kinds: Sequence[str], form: TableForm) -> Table:
    """The table, whose columns are of these kinds, in the variant's form; one that would keep only names stays whole."""
    if form == "full":
        return table
    kept = [place for place, kind in enumerate(kinds) if place == 0 or kind in COMPACT_KINDS]
    if len(kept) < 2:
        return table
    rows = tuple(tuple(row[place] for place in kept) for row in table.rows)
    return Table(tuple(table.columns[place] for place in kept), rows, table.as_of)
