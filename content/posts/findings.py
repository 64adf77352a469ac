"""What is wrong with a post, told to its editor: kind, line and what to do about it."""

from collections.abc import Iterable
from dataclasses import dataclass

KINDS = {
    "unknown_placeholder": "모르는 자리표시",
    "broken_placeholder": "닫히지 않은 자리표시",
    "bad_argument": "자리표시 값 오류",
    "misplaced": "자리 오류",
    "unknown_sku": "모르는 SKU",
    "no_match": "매칭 상품 없음",
    "no_table": "비교표 없음",
    "unknown_image": "모르는 이미지",
    "external_image": "외부 이미지",
    "bad_image": "쓸 수 없는 이미지",
    "bad_video": "쓸 수 없는 동영상",
    "over_limit": "패키지 한도 초과",
    "bad_html": "붙여 넣을 수 없는 HTML",
    "not_sellable": "판매 중이 아닌 상품",
    "price_unchecked": "확인 안 된 가격",
    "price_hidden": "너무 오래된 가격",
    "discount_refused": "근거 없는 할인",
    "disclosure_hidden": "고지 자리 오류",
    "link_target": "연결되지 않는 글",
    "raw_markup": "글자로 보이는 태그",
}
"""Kind of a finding and its Korean name."""

ADVICE_KINDS = frozenset(
    {"not_sellable", "price_unchecked", "price_hidden", "discount_refused", "link_target", "raw_markup"}
)
"""Kinds that a person should look at, while the post can still be packaged."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One fault of a post. line: counted from 1 in the body, 0 for the post as a whole; sku: the SKU meant, if any."""

    kind: str
    line: int
    message: str
    sku: str = ""

    @property
    def is_blocking(self) -> bool:
        """Whether the post must not be packaged before this is mended."""
        return self.kind not in ADVICE_KINDS


def has_blocking(findings: Iterable[Finding]) -> bool:
    """Whether any of the findings keeps the post from being packaged."""
    return any(finding.is_blocking for finding in findings)


def unique_findings(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """The findings by line, each once."""
    return tuple(sorted(set(findings), key=lambda found: (found.line, found.kind, found.message)))
