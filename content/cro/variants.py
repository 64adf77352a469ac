"""The blocks of a page that may differ from reader to reader, as typed data: what an experiment compares."""

from collections.abc import Sequence
from dataclasses import dataclass
from string import Formatter
from typing import Literal, get_args

Lede = Literal["none", "price", "benefit", "summary"]
CtaPosition = Literal["top", "middle", "after_table", "end"]
TableForm = Literal["full", "compact"]
Trust = Literal["seller", "delivery", "returns", "checked"]

LEDE_WORDS: dict[str, str] = {
    "none": "없음",
    "price": "지금 가격으로 시작",
    "benefit": "혜택으로 시작",
    "summary": "다루는 상품으로 시작",
}
POSITION_WORDS: dict[str, str] = {"top": "맨 위", "middle": "본문 가운데", "after_table": "표 다음", "end": "맨 끝"}
TABLE_WORDS: dict[str, str] = {"full": "모든 열", "compact": "상품, 가격, 혜택만"}
TRUST_WORDS: dict[str, str] = {
    "seller": "판매자",
    "delivery": "배송",
    "returns": "교환·반품",
    "checked": "가격 확인 시각",
}
CTA_TEXT = "{name} 보러 가기"
CTA_TEXT_LENGTH_LIMIT = 60
DEFAULT_KEY = "default"


class VariantError(ValueError):
    """A variant cannot be used. field: which part of it; the message says the fix, in Korean."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field


def check_cta_text(text: str) -> None:
    """Raises VariantError for a text that cannot be filled with a product's name."""
    if not text.strip() or len(text) > CTA_TEXT_LENGTH_LIMIT:
        raise VariantError("cta_text", f"구매 링크 문구: 1자에서 {CTA_TEXT_LENGTH_LIMIT}자까지 쓰세요.")
    try:
        parts = [(name, spec, conversion) for _text, name, spec, conversion in Formatter().parse(text)]
    except ValueError:
        parts = [("{", "", None)]
    if any(name is not None and (name, spec, conversion) != ("name", "", None) for name, spec, conversion in parts):
        raise VariantError("cta_text", f"구매 링크 문구: '{text}'의 중괄호는 {{name}} 하나만 쓸 수 있습니다.")


def _check_choices(field: str, label: str, values: Sequence[str], allowed: tuple[str, ...]) -> None:
    for value in values:
        if value not in allowed:
            raise VariantError(field, f"{label}: '{value}' 대신 {', '.join(allowed)} 가운데 고르세요.")
    if len(set(values)) < len(values):
        raise VariantError(field, f"{label}: 같은 것을 두 번 쓸 수 없습니다.")


@dataclass(frozen=True, slots=True)
class Variant:
    """One way to fill the blocks. The default adds nothing to what a template is by itself but its link at the end.

    cta_text: words of the link, `{name}` stands for the product; trust: in the order in which it is shown. Raises
    VariantError for values that no template knows.
    """

    key: str = DEFAULT_KEY
    lede: Lede = "none"
    cta_positions: tuple[CtaPosition, ...] = ("end",)
    cta_text: str = CTA_TEXT
    table: TableForm = "full"
    trust: tuple[Trust, ...] = ()

    def __post_init__(self) -> None:
        _check_choices("lede", "리드문", [self.lede], get_args(Lede))
        _check_choices("cta_positions", "구매 링크 자리", self.cta_positions, get_args(CtaPosition))
        _check_choices("table", "표 구성", [self.table], get_args(TableForm))
        _check_choices("trust", "신뢰 요소", self.trust, get_args(Trust))
        check_cta_text(self.cta_text)

    @property
    def log_tags(self) -> dict[str, str]:
        """What the plan wants logged with every rendering: variant, CTA position, table and lede version."""
        return {
            "variant": self.key,
            "cta_position": ",".join(self.cta_positions),
            "table_form": self.table,
            "lede": self.lede,
        }


DEFAULT = Variant()
BUILT_IN = (
    DEFAULT,
    Variant("early-link", cta_positions=("top", "end")),
    Variant("price-first", lede="price", cta_positions=("after_table", "end"), trust=("delivery", "returns")),
    Variant("trust-first", lede="benefit", cta_positions=("middle", "end"), trust=("seller", "delivery", "returns")),
    Variant(
        "short-table",
        lede="summary",
        cta_positions=("after_table", "end"),
        cta_text="{name} 지금 가격 보기",
        table="compact",
        trust=("delivery", "returns", "checked"),
    ),
)
"""Variants to start with. Their labels are in VARIANT_LABELS."""
VARIANT_LABELS = {
    "default": "기본",
    "early-link": "링크 먼저",
    "price-first": "가격 먼저",
    "trust-first": "신뢰 먼저",
    "short-table": "짧은 표",
}
