"""Whether a disclosure stands where a reader sees it first: in the title, or before the first image, link and call to action."""

import re
from collections.abc import Sequence

from selectolax.lexbor import LexborHTMLParser, LexborNode

from content.disclosure.lint import Problem

TITLE_LENGTH_SEEN = 30
"""Of a title, so many letters are shown in lists before it is cut."""
LEADING = frozenset(
    {"a", "img", "picture", "video", "audio", "iframe", "embed", "object", "button", "form", "input", "svg", "canvas"}
)
FOLDED = frozenset({"details", "summary", "dialog", "noscript", "template", "figcaption", "textarea", "select"})
SMALL = frozenset({"small", "sub", "sup"})
_HIDING = re.compile(
    r"display\s*:\s*none|visibility\s*:\s*hidden|opacity\s*:\s*0(?:\.[0-3]\d*)?\s*(?:;|$)|text-indent\s*:\s*-\d|"
    r"font-size\s*:\s*(?:0|[1-9]px|1[0-1]px|[0-9]pt|0?\.\d+r?em|[1-9]?\d%|x?x?-?small)(?=\s*(?:;|!|$))|"
    r"(?:^|;)\s*color\s*:\s*(?:(?:#fff(?:fff)?|white|transparent)\b|rgba?\(\s*255\s*[, ]\s*255\s*[, ]\s*255|rgba\([^)]*[,/]\s*0?(?:\.0+)?\s*\))|"
    r"(?:^|;)\s*(?:max-)?(?:height|width)\s*:\s*[01](?:px)?\s*(?:;|!|$)|(?:left|right|top|margin-left)\s*:\s*-\d{3,}|"
    r"\bclip(?:-path)?\s*:\s*(?:rect|inset)|scale\(\s*0|(?:^|;)\s*content-visibility\s*:\s*hidden",
    re.IGNORECASE,
)


def inspect_placement(html: str, *, sentences: Sequence[str], title: str = "") -> list[Problem]:
    """What is wrong with where a page says these sentences; empty when one of them stands where it must.

    A title counts when the sentence, or its mark in brackets, stands in the part that is never cut.
    """
    if any(_is_in_title(sentence, title) for sentence in sentences):
        return []
    body = LexborHTMLParser(html).body
    wanted = [_flatten(sentence) for sentence in sentences]
    problems: list[Problem] = []
    has_lead = False
    for node in body.traverse(include_text=False) if body is not None else ():
        has_lead = has_lead or node.tag in LEADING
        if not any(text in _flatten(node.text(deep=True)) for text in wanted):
            continue
        if any(text in _flatten(child.text(deep=True)) for text in wanted for child in _list_children(node)):
            continue  # a child holds it whole: that one is judged
        found = _judge(node, has_lead=has_lead)
        if not found:
            return []
        problems = problems or found
    return problems or [Problem("kr-first-part", "고지: 제목과 본문에 고지 문구가 없습니다. 본문 첫 줄에 넣으세요.")]


def _judge(node: LexborNode, *, has_lead: bool) -> list[Problem]:
    problems = []
    if has_lead:
        message = "고지: 첫 이미지, 링크, 구매 버튼보다 뒤에 있습니다. 글의 맨 앞으로 옮기세요."
        problems.append(Problem("kr-first-part", message))
    line: LexborNode | None = node
    tags, styles = set(), []
    while line is not None and line.tag:
        tags.add(line.tag)
        styles += [line.attributes.get("style") or "", f"color: {line.attributes.get('color') or ''}"]
        if line.attributes.get("size") in ("1", "2", "-1", "-2"):
            styles.append("font-size: small")
        if "hidden" in line.attributes or (line.attributes.get("aria-hidden") or "") == "true":
            styles.append("display:none")
        line = line.parent
    if tags & FOLDED:
        problems.append(Problem("kr-not-hidden", "고지: 접힌 블록 안에 있습니다. 펼치지 않아도 보이는 곳에 두세요."))
    if tags & SMALL or any(_HIDING.search(style) for style in styles):
        problems.append(Problem("kr-legible", "고지: 본문보다 작거나 보이지 않습니다. 본문과 같거나 더 크게 쓰세요."))
    return problems


def _list_children(node: LexborNode) -> list[LexborNode]:
    return list(node.iter(include_text=False))


def _is_in_title(sentence: str, title: str) -> bool:
    seen = _flatten(title)[:TITLE_LENGTH_SEEN]
    mark = re.match(r"\[[^\]]+\]", sentence)
    return bool(sentence) and (_flatten(sentence) in seen or (mark is not None and mark[0] in seen))


def _flatten(text: str) -> str:
    return " ".join(text.split())
