"""The plain-text twin of a page: the same words in the same order, for where HTML cannot be pasted."""

import re
from collections.abc import Iterator

from selectolax.lexbor import LexborHTMLParser, LexborNode

BLOCKS = frozenset({"p", "h2", "h3", "ul", "ol", "blockquote", "table", "hr"})
_BLANKS = re.compile(r"[ \t\n]+")


def write_text(html: str) -> str:
    """The text of a fragment of the subset: one line a block, blocks apart by a blank line, "\\n" at the end."""
    body = LexborHTMLParser(f"<body>{html}</body>").body
    blocks = [text for text in _iter_blocks(body) if text] if body is not None else []
    return "\n\n".join(blocks) + "\n"


def _iter_blocks(parent: LexborNode) -> Iterator[str]:
    for node in parent.iter(include_text=True):
        if node.tag == "blockquote":
            yield "\n".join(f"> {text}" for text in _iter_blocks(node) if text)
        elif node.tag in ("ul", "ol"):
            yield _write_list(node)
        elif node.tag == "table":
            yield "\n".join(_write_row(row) for row in node.css("tr"))
        elif node.tag == "hr":
            yield "---"
        else:
            yield _write_inline(node).strip()


def _write_list(node: LexborNode) -> str:
    items = [item for item in node.iter() if item.tag == "li"]
    marks = (f"{number}." if node.tag == "ol" else "-" for number in range(1, len(items) + 1))
    return "\n".join(f"{mark} {_write_item(item)}" for mark, item in zip(marks, items, strict=True))


def _write_item(item: LexborNode) -> str:
    if any(child.tag in BLOCKS for child in item.iter()):
        return "\n  ".join("\n".join(text for text in _iter_blocks(item) if text).split("\n"))
    return _write_inline(item).strip()


def _write_row(row: LexborNode) -> str:
    return " | ".join(_write_inline(cell).strip() for cell in row.iter() if cell.tag in ("th", "td"))


def _write_inline(node: LexborNode) -> str:
    if node.tag == "-text":
        return _BLANKS.sub(" ", node.text())
    if node.tag == "br":
        return "\n"
    if node.tag == "img":
        return f"[이미지 {node.attributes.get('src') or '-'}: {node.attributes.get('alt') or ''}]"
    inner = "".join(_write_inline(child) for child in node.iter(include_text=True))
    address = node.attributes.get("href") if node.tag == "a" else None
    return f"{inner} ({address})" if address and address != inner else inner
