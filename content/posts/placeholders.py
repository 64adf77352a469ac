"""The placeholders of a post's body: what they are, where they stand, and what is wrong with them.

    {{ product:SKU }}  a product's card, or its linked name within a sentence
    {{ price:SKU }}    its price now
    {{ discount:SKU }} its discount now, as far as its own earlier price bears it out
    {{ benefit:SKU }}  its benefits now
    {{ cta:SKU }}      the link to buy it
    {{ table }}        the post's comparison table, alone on its line
    {{ table:NAME }}   an editor's comparison table of that name, alone on its line
    {{ ad:SLOT }}      an advertising slot of a public page, alone on its line

SKU is a product's SKU, or `match` for the product that matching chose. Text in braces is only ever looked up here: nothing
in it is evaluated.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from functools import lru_cache

from content.posts.findings import Finding
from content.posts.postlinks import strip_targets

MATCH_ARGUMENT = "match"
SKU_LENGTH_LIMIT = 40
BLOCK_NAMES = frozenset({"table", "ad"})
PRODUCT_NAMES = frozenset({"product", "price", "discount", "benefit", "cta"})
NAMES = ("product", "price", "discount", "benefit", "cta", "table", "ad")
FORMS = {
    "product": "{{ product:SKU }}",
    "price": "{{ price:SKU }}",
    "discount": "{{ discount:SKU }}",
    "benefit": "{{ benefit:SKU }}",
    "cta": "{{ cta:SKU }}",
    "table": "{{ table }} 또는 {{ table:이름 }}",
    "ad": "{{ ad:SLOT }}",
}

PATTERN = re.compile(r"\{\{([^{}\n]*)\}\}")
_NESTED = re.compile(r"\{\{[^{}\n]*\{\{")
_TRIPLE = re.compile(r"\{\{\{[^{}\n]*\}\}|\{\{[^{}\n]*\}\}\}")
_SINGLE = re.compile(rf"(?<!\{{)\{{\s*(?:{'|'.join(NAMES)})\s*(?::[^{{}}\n]*)?\}}(?!\}})")
_WIDE = re.compile(r"｛\s*｛|｝\s*｝|\{\s+\{|\}\s+\}")
_ESCAPED = re.compile(r"\\\{\{|\{\\\{")
_AS_ADDRESS = re.compile(r"\]\([^()\n]*\{\{")
_FOREIGN = re.compile(rf"(?:(?:\{{%|<%)=?\s*(?:{'|'.join(NAMES)})\b|(?:\[\[|\(\()\s*(?:{'|'.join(NAMES)})\s*:)")
_OTHER_BRACKETS = "자리표시의 괄호가 다릅니다. {{ price:SKU }} 처럼 {{ 와 }} 로 쓰세요."
_KOREAN_NAMES = {
    "상품": "product",
    "제품": "product",
    "가격": "price",
    "할인": "discount",
    "혜택": "benefit",
    "구매": "cta",
    "링크": "cta",
    "비교표": "table",
    "표": "table",
    "광고": "ad",
}
_FIRST_WORD = re.compile(r"[^\W\d_]+")
_NAME_SHOWN = 40
_SLOT = re.compile(r"[a-z0-9_-]{1,40}")
_TABLE = re.compile(r"[a-zA-Z0-9_-]{1,60}")


@dataclass(frozen=True, slots=True)
class Placeholder:
    """A well-formed placeholder. argument: SKU, `match`, slot or ""; line: from 1; is_alone: nothing else on its line."""

    name: str
    argument: str
    line: int
    is_alone: bool

    @property
    def is_product(self) -> bool:
        """Whether it shows a product."""
        return self.name in PRODUCT_NAMES

    @property
    def is_match(self) -> bool:
        """Whether it shows the matched product."""
        return self.is_product and self.argument == MATCH_ARGUMENT


@dataclass(frozen=True, slots=True)
class ParsedBody:
    """A body's placeholders in reading order, and the findings about the ones that cannot be used."""

    placeholders: tuple[Placeholder, ...]
    findings: tuple[Finding, ...]

    @property
    def skus(self) -> tuple[str, ...]:
        """The SKUs named, each once, in reading order."""
        named = (node.argument for node in self.placeholders if node.is_product and not node.is_match)
        return tuple(dict.fromkeys(named))

    @property
    def has_table(self) -> bool:
        """Whether the body asks for a comparison table."""
        return any(node.name == "table" for node in self.placeholders)

    @property
    def has_own_table(self) -> bool:
        """Whether the body asks for the table that is made for this post."""
        return any(node.name == "table" and not node.argument for node in self.placeholders)

    @property
    def table_names(self) -> tuple[str, ...]:
        """The editors' tables that the body names, each once, in reading order."""
        return tuple(
            dict.fromkeys(node.argument for node in self.placeholders if node.name == "table" and node.argument)
        )

    def has_product(self, name: str, argument: str) -> bool:
        """Whether the body holds this placeholder, for instance ("cta", "match")."""
        return any((node.name, node.argument) == (name, argument) for node in self.placeholders)

    def list_lines(self) -> dict[str, int]:
        """{SKU: the first line that names it}."""
        lines: dict[str, int] = {}
        for node in self.placeholders:
            if node.is_product:
                lines.setdefault(node.argument, node.line)
        return lines


def parse_body(body: str) -> ParsedBody:
    """Read every placeholder of a Markdown body."""
    nodes: list[Placeholder] = []
    findings: list[Finding] = []
    for number, text in enumerate(body.split("\n"), start=1):
        for found in _read_line(text, number):
            (nodes if isinstance(found, Placeholder) else findings).append(found)  # type: ignore[arg-type]
    return ParsedBody(tuple(nodes), tuple(findings))


def read_placeholder(inner: str, *, line: int, is_alone: bool) -> Placeholder | Finding:
    """Read what stands between the braces; a Finding with the fix when it is none that exists."""
    name, colon, argument = (part.strip() for part in inner.partition(":"))
    if name not in NAMES:
        return Finding("unknown_placeholder", line, _explain_name(name))
    problem = _find_argument_problem(name, bool(colon), argument)
    if problem:
        return Finding("bad_argument", line, problem)
    if name in BLOCK_NAMES and not is_alone:
        return Finding("misplaced", line, f"{FORMS[name]}: 한 줄에 혼자 쓰세요.")
    return Placeholder(name, argument, line, is_alone)


def strip_placeholders(body: str) -> str:
    """The body without its placeholders and the targets of its links to posts, as an author's own words."""
    return PATTERN.sub(" ", strip_targets(body))


def _read_line(text: str, number: int) -> Iterator[Placeholder | Finding]:
    stripped = text.strip()
    for match in PATTERN.finditer(text):
        yield read_placeholder(match[1], line=number, is_alone=stripped == match[0])
    problem = _find_brace_problem(text) or (_OTHER_BRACKETS if _FOREIGN.search(text) else "")
    if problem:
        yield Finding("broken_placeholder", number, problem)


def _find_brace_problem(text: str) -> str:
    """What is wrong with the braces of a line, with the fix; "" when each pair holds one placeholder or there is none."""
    if "{" not in text and "}" not in text and "｛" not in text and "｝" not in text:
        return ""
    if _ESCAPED.search(text):
        return "{{ 에 \\ 가 있어 글자로 나갑니다. \\ 를 지우세요."
    if _AS_ADDRESS.search(text):
        return "자리표시는 링크의 주소가 될 수 없습니다. [낱말](주소) 대신 {{ cta:SKU }} 만 쓰세요."
    if _NESTED.search(text):
        return "자리표시 안에 {{ 를 또 열었습니다. 앞의 {{ 를 }} 로 닫거나 자리표시를 하나씩 나누어 쓰세요."
    if _TRIPLE.search(text):
        return "중괄호가 세 개입니다. {{ 와 }} 처럼 두 개씩만 쓰세요."
    rest = PATTERN.sub("", text)
    if "{{" in rest:
        return "{{ 를 열고 같은 줄에서 }} 로 닫지 않았습니다. }} 를 붙이세요."
    if "}}" in rest:
        return "}} 앞에 {{ 가 없습니다. 같은 줄에 {{ 를 붙이거나 }} 를 지우세요."
    if _WIDE.search(rest):
        return "중괄호가 전각이거나 사이가 떨어졌습니다. 붙여 쓴 반각 {{ 와 }} 로 고치세요."
    if _SINGLE.search(rest):
        return "중괄호가 하나뿐입니다. {{ price:SKU }} 처럼 두 개씩 쓰세요."
    return ""


@lru_cache(maxsize=256)
def _explain_name(name: str) -> str:
    name = name[:_NAME_SHOWN]
    first = _FIRST_WORD.match(name)
    word = first[0].lower() if first else ""
    near = [_KOREAN_NAMES[word]] if word in _KOREAN_NAMES else get_close_matches(word, NAMES, n=1, cutoff=0.5)
    if near:
        return f"'{name}': 없는 자리표시입니다. {FORMS[near[0]]} 로 고치세요."
    return f"'{name}': 없는 자리표시입니다. 쓸 수 있는 것: {', '.join(FORMS.values())}"


def _find_argument_problem(name: str, has_colon: bool, argument: str) -> str:
    if name == "table":
        if not has_colon or _TABLE.fullmatch(argument):
            return ""
        return (
            f"table: '{argument}' 대신 비교표의 이름(영문, 숫자, 하이픈)을 쓰거나 {{{{ table }}}}처럼 값 없이 쓰세요."
        )
    if not argument:
        return f"{name}: 값이 없습니다. {FORMS[name]} 처럼 쓰세요."
    if name == "ad":
        return (
            ""
            if _SLOT.fullmatch(argument)
            else f"ad: '{argument[:_NAME_SHOWN]}' 대신 소문자, 숫자, -, _ 로 40자까지 쓰세요."
        )
    if len(argument) > SKU_LENGTH_LIMIT or not argument.isprintable():
        return f"{name}: SKU는 보이는 글자로 {SKU_LENGTH_LIMIT}자까지입니다."
    return ""
