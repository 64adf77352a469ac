"""The disclosure sentences that a new ledger begins with; editors add versions to them on the desk.

Korea's guide on recommendations and endorsements (in force for text media since 1 December 2024) asks for a plain,
unconditional sentence in the title or at the very beginning of the post: "받습니다", never "받을 수 있습니다". A changed
sentence gets a new version, so that every package tells which one it carries.
"""

from dataclasses import dataclass
from datetime import date

FIRST_DAY = date(2024, 12, 1)
"""From when the first versions hold."""


@dataclass(frozen=True, slots=True)
class DisclosureText:
    """A sentence and its id, "<relationship>.<number>", with the language between when it is not Korean."""

    version: str
    sentence: str


TEXTS: dict[str, DisclosureText] = {
    "own_product": DisclosureText(
        "own_product.1", "[광고] 이 글에 나오는 상품은 이 블로그의 운영자가 직접 판매하는 상품입니다."
    ),
    "affiliate_commission": DisclosureText(
        "affiliate_commission.1",
        "[광고] 이 글의 링크로 상품이 판매되면 글쓴이는 판매자에게서 일정액의 수수료를 지급받습니다.",
    ),
    "sponsored_goods": DisclosureText(
        "sponsored_goods.1", "[협찬] 글쓴이는 판매자에게서 이 글의 상품을 협찬으로 제공받았습니다."
    ),
    "paid_ad": DisclosureText("paid_ad.1", "[유료광고] 글쓴이는 광고주에게서 돈을 받고 이 글을 썼습니다."),
    "free_sample": DisclosureText(
        "free_sample.1", "[협찬] 글쓴이는 판매자에게서 이 글의 상품을 무료로 제공받았습니다."
    ),
    "family_or_staff": DisclosureText(
        "family_or_staff.1", "[광고] 글쓴이는 이 글의 상품을 판매하는 사람의 가족이거나 임직원입니다."
    ),
}
ENGLISH: dict[str, DisclosureText] = {
    name: DisclosureText(f"{name}.en.1", sentence)
    for name, sentence in {
        "own_product": "[Ad] We sell the products in this post ourselves.",
        "affiliate_commission": "[Ad] I get a commission for purchases made through links in this post.",
        "sponsored_goods": "[Sponsored] The seller gave me the products in this post.",
        "paid_ad": "[Paid ad] An advertiser paid me to write this post.",
        "free_sample": "[Sponsored] The seller sent me the products in this post for free.",
        "family_or_staff": "[Ad] I am a relative or an employee of the seller of these products.",
    }.items()
}
DEFAULTS = {"ko": TEXTS, "en": ENGLISH}


def get_text(relationship: str, *, language: str = "ko") -> DisclosureText:
    """The first sentence of a relationship. Raises ValueError, in Korean, for one that has none."""
    texts = DEFAULTS.get(language, {})
    if relationship not in texts:
        raise ValueError(f"판매자와의 관계: '{relationship}'의 고지문이 없습니다. {', '.join(TEXTS)} 가운데 고르세요.")
    return texts[relationship]
