"""What an editor asks of a comparison table: which products, which columns, how prices are made comparable, what is marked."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from difflib import get_close_matches
from typing import Any

import msgspec

from content.comparison.quantities import PIECES
from content.comparison.unitprice import AUTO, PER_100

ATTRIBUTE_PREFIX = "attr:"
ATTRIBUTE_WORD = "속성:"
COLUMNS = {
    "name": "상품",
    "brand": "브랜드",
    "price": "가격",
    "unit_price": "단위 가격",
    "discount": "할인",
    "benefits": "혜택",
    "stock": "재고",
}
BASE_COLUMNS = ("name", "brand", "price", "discount", "benefits", "stock")
MARKABLE = ("price", "unit_price", "discount")
SORTS = {
    "priority": "우선순위 높은 순",
    "price_low": "가격 낮은 순",
    "price_high": "가격 높은 순",
    "discount": "할인율 높은 순",
    "newest": "최근에 바뀐 순",
}
BASES = {
    AUTO: "자동",
    **{name: f"{name}당" for name in PER_100},
    **{f"1{piece}": f"1{piece}당" for piece in PIECES.values()},
}
PRODUCTS_MAX = 50
COLUMNS_MAX = 12
ATTRIBUTE_LENGTH_MAX = 60


class SpecError(ValueError):
    """What is wrong, by field: {field: message}."""

    def __init__(self, problems: Mapping[str, str]) -> None:
        super().__init__("; ".join(problems.values()))
        self.problems = dict(problems)


@dataclass(frozen=True, slots=True)
class TableSpec:
    """One table. skus: by hand, in order; else the rule: category (with what lies below it), brand, price range in won."""

    skus: tuple[str, ...] = ()
    category: str = ""
    brand: str = ""
    price_min: int | None = None
    price_max: int | None = None
    sort: str = "priority"
    limit: int = 10
    columns: tuple[str, ...] = ("name", "brand", "price", "discount")
    unit: str = AUTO
    marks: tuple[str, ...] = MARKABLE

    @property
    def is_by_hand(self) -> bool:
        """Whether the products are named one by one."""
        return bool(self.skus)

    def as_json(self) -> dict[str, Any]:
        """As it is kept."""
        return {**asdict(self), **{name: list(getattr(self, name)) for name in ("skus", "columns", "marks")}}


def read_spec(kept: Mapping[str, Any]) -> TableSpec:
    """A spec as `as_json` wrote it; what is missing has its default."""
    return msgspec.convert(kept, TableSpec)


def check_spec(spec: TableSpec) -> TableSpec:
    """The spec, when it can be built. Raises SpecError with every fault at its field."""
    problems = {**_check_products(spec), **_check_columns(spec)}
    if problems:
        raise SpecError(problems)
    return spec


def parse_columns(text: str) -> tuple[str, ...]:
    """Columns by their Korean names, separated by commas or lines: 상품, 가격, 속성:무게. Raises SpecError."""
    return tuple(_find_column(word) for word in _split(text))


def parse_skus(text: str) -> tuple[str, ...]:
    """SKUs separated by commas, blanks or lines, in order."""
    return tuple(word for part in _split(text) for word in part.split())


def name_columns(columns: Sequence[str]) -> str:
    """Columns as `parse_columns` reads them."""
    return ", ".join(label_column(key, with_prefix=True) for key in columns)


def label_column(key: str, *, with_prefix: bool = False) -> str:
    """A column's heading: 상품, 100g당 가격, 무게."""
    if key.startswith(ATTRIBUTE_PREFIX):
        name = key.removeprefix(ATTRIBUTE_PREFIX)
        return f"{ATTRIBUTE_WORD}{name}" if with_prefix else name
    kind, _colon, basis = key.partition(":")
    return f"{basis}당 가격" if basis else COLUMNS.get(kind, kind)


def _split(text: str) -> list[str]:
    return [word.strip() for word in text.replace("\n", ",").split(",") if word.strip()]


def _find_column(word: str) -> str:
    if word.startswith(ATTRIBUTE_WORD):
        name = word.removeprefix(ATTRIBUTE_WORD).strip()
        if 0 < len(name) <= ATTRIBUTE_LENGTH_MAX:
            return f"{ATTRIBUTE_PREFIX}{name}"
        raise SpecError(
            {"columns": f"'{word}': '속성:' 뒤에 속성 이름을 {ATTRIBUTE_LENGTH_MAX}자까지 쓰세요. 예: 속성:무게"}
        )
    squeezed = word.replace(" ", "")
    for key, label in COLUMNS.items():
        if squeezed == label.replace(" ", ""):
            return key
    near = get_close_matches(word, COLUMNS.values(), n=1, cutoff=0.4)
    advice = f"'{near[0]}'로 고치거나 " if near else ""
    raise SpecError(
        {"columns": f"'{word}': 없는 열입니다. {advice}{', '.join(COLUMNS.values())}, 속성:이름 가운데에서 쓰세요."}
    )


def _check_products(spec: TableSpec) -> dict[str, str]:
    problems: dict[str, str] = {}
    if spec.skus and (spec.category or spec.brand or spec.price_min is not None or spec.price_max is not None):
        problems["skus"] = "상품을 직접 고르거나 규칙으로 고르거나 하나만 쓰세요. SKU를 비우거나 규칙의 칸을 비우세요."
    elif not spec.skus and not (spec.category or spec.brand):
        problems["category"] = "무엇을 비교할지 없습니다. SKU를 적거나 카테고리나 브랜드를 고르세요."
    twice = [sku for sku in dict.fromkeys(spec.skus) if spec.skus.count(sku) > 1]
    if twice:
        problems["skus"] = f"SKU '{twice[0]}': 두 번 적혀 있습니다. 하나를 지우세요."
    if len(spec.skus) > PRODUCTS_MAX:
        problems["skus"] = f"상품 {len(spec.skus):,}개: 한 표에는 {PRODUCTS_MAX}개까지입니다. 줄이세요."
    for name, label in (("price_min", "가격 하한"), ("price_max", "가격 상한")):
        value = getattr(spec, name)
        if value is not None and value < 0:
            problems[name] = f"{label} {value:,}원: 0 이상으로 쓰세요."
    if spec.price_min is not None and spec.price_max is not None and spec.price_min > spec.price_max:
        problems["price_max"] = (
            f"가격 상한 {spec.price_max:,}원이 하한 {spec.price_min:,}원보다 낮습니다. 둘을 바꾸세요."
        )
    if not 1 <= spec.limit <= PRODUCTS_MAX:
        problems["limit"] = f"상품 수 {spec.limit:,}: 1에서 {PRODUCTS_MAX} 사이로 쓰세요."
    if spec.sort not in SORTS:
        problems["sort"] = f"'{spec.sort}': 없는 순서입니다. {', '.join(SORTS.values())} 가운데에서 고르세요."
    return problems


def _check_columns(spec: TableSpec) -> dict[str, str]:
    problems: dict[str, str] = {}
    twice = [key for key in dict.fromkeys(spec.columns) if spec.columns.count(key) > 1]
    if twice:
        problems["columns"] = f"'{label_column(twice[0])}': 두 번 적혀 있습니다. 하나를 지우세요."
    elif spec.columns[:1] != ("name",):
        problems["columns"] = "첫 열은 '상품'이어야 합니다. 맨 앞에 쓰세요."
    elif not 2 <= len(spec.columns) <= COLUMNS_MAX:
        problems["columns"] = f"열 {len(spec.columns)}개: 2개에서 {COLUMNS_MAX}개까지 쓰세요."
    if spec.unit not in BASES:
        problems["unit"] = f"'{spec.unit}': 없는 단위입니다. {', '.join(BASES)} 가운데에서 고르세요."
    wrong = [key for key in spec.marks if key not in MARKABLE]
    if wrong:
        problems["marks"] = f"'{label_column(wrong[0])}': 으뜸을 표시할 수 없는 열입니다. 빼세요."
    return problems
