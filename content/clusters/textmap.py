"""A Markdown body as a place for links: its paragraphs with their places in the source, and where no link may go.

What this module holds for safe is judged once more by rendering the result (`verification`): a place that it misreads
costs a refusal, never a broken page.
"""

import re
from bisect import bisect_right
from dataclasses import dataclass, field
from functools import cached_property

from content.cro.markdown import TOKEN_TYPE, Inline, list_inlines
from content.posts.placeholders import Placeholder
from content.posts.postlinks import SCHEME, read_slug

PARAGRAPH_LENGTH_LIMIT = 20_000
"""A longer one is not looked at."""
LINKING_NAMES = frozenset({"product", "cta", "ad", "table"})
"""Placeholders that bring a link or a block of their own: their paragraph takes no other link."""

_CLOSED = re.compile(
    r"\\.|(`+)(?:(?!\1)[^\n]){1,400}?\1"
    r"|\{\{[^{}\n]*\}\}|\{[^{}\n]*\}"
    r"|!?\[(?:[^\[\]]|\[[^\[\]]*\])*\](?:\([^()\n]*(?:\([^()\n]*\)[^()\n]*)*\)|\[[^\[\]]*\])?"
    r"|<[^<>\n]{1,400}>|(?:https?://|www\.)\S+|[\w.+-]{1,64}@[\w-]+\.\S+|&#?\w{1,31};"
)
"""What holds no words of the author's to be linked, from its first character to its last."""
_FENCE = re.compile(r"^\s{0,3}(?:```|~~~)")
_DISCLOSURE = re.compile(
    r"수수료|협찬|대가성|유료\s*광고|\[\s*광고\s*\]|(?:제공|지급|지원)\s*받|직접\s*판매하는\s*상품|affiliate|sponsored|commission",
    re.IGNORECASE,
)
_SENTENCE_END = re.compile(r"[.!?。！？…]+[\"'”’)\]*_]*(?=\s|$)")


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A paragraph of the source. start, end: offsets in the body; refusal: why it takes no link, "" when it may.

    before: sentences of the text before it; ends: where its sentences end, as offsets in the body.
    """

    start: int
    end: int
    refusal: str
    before: int
    ends: tuple[int, ...]
    closed: tuple[tuple[int, int], ...]

    def count_sentences(self, offset: int) -> int:
        """How many sentences of the text end before this place."""
        return self.before + bisect_right(self.ends, offset)

    def is_closed(self, start: int, end: int) -> bool:
        """Whether the span touches something that is no plain text."""
        return any(first < end and start < last for first, last in self.closed)


@dataclass
class TextMap:
    """The body with its paragraphs in reading order, the links that it holds, and its length in words."""

    body: str
    paragraphs: list[Paragraph] = field(default_factory=list)
    links: list[tuple[str, str]] = field(default_factory=list)
    """(slug, words) of the links to posts."""
    words: int = 0

    @cached_property
    def _starts(self) -> list[int]:
        return [paragraph.start for paragraph in self.paragraphs]

    def find(self, start: int, end: int) -> Paragraph | None:
        """The paragraph that holds the span; None between paragraphs, as in headings and tables."""
        at = bisect_right(self._starts, start) - 1
        if at < 0 or self.paragraphs[at].end < end:
            return None
        return self.paragraphs[at]


def read_text(body: str) -> TextMap:
    """Read a body; linear in its length."""
    lines = body.split("\n")
    offsets = [0]
    for line in lines:
        offsets.append(offsets[-1] + len(line) + 1)
    fenced = _list_fenced(lines)
    mapped, sentences = TextMap(body), 0
    for inline in list_inlines(body):
        mapped.links += _list_targets(inline)
        mapped.words += len(_write_words(inline).split())
        if inline.kind != "paragraph":
            continue
        first, end = inline.lines
        start, stop = offsets[first], min(offsets[end] - 1, len(body))
        text = body[start:stop]
        ends = tuple(start + found.end() for found in _SENTENCE_END.finditer(text))
        refusal = "place" if any(first <= at < end for at in fenced) else _judge(inline, text)
        closed = () if refusal else tuple((start + a, start + b) for a, b in map(re.Match.span, _CLOSED.finditer(text)))
        mapped.paragraphs.append(Paragraph(start, stop, refusal, sentences, ends, closed))
        if _write_words(inline).strip():
            tail = body[ends[-1] : stop] if ends else text
            sentences += len(ends) + bool(tail.strip())
    mapped.paragraphs.sort(key=lambda paragraph: paragraph.start)
    return mapped


def list_links(body: str) -> list[tuple[str, str]]:
    """(slug, words) of every link to a post in the body, in reading order."""
    if SCHEME not in body:
        return []
    return [found for inline in list_inlines(body) for found in _list_targets(inline)]


def _list_targets(inline: Inline) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    slug, words = "", ""
    for token in inline.children:
        if token.type == "link_open":
            slug, words = read_slug(str(token.attrs.get("href", ""))), ""
        elif token.type == "link_close":
            if slug:
                found.append((slug, " ".join(words.split())))
            slug = ""
        elif slug:
            words += token.content if token.type in ("text", "text_special") else " "
    return found


def _judge(inline: Inline, text: str) -> str:
    """Why a paragraph takes no link: it has one, brings one, or must stay as it is."""
    if any(token.type == "link_open" for token in inline.children):
        return "paragraph"
    nodes = (token.meta.get("node") for token in inline.children if token.type == TOKEN_TYPE)
    if any(isinstance(node, Placeholder) and node.name in LINKING_NAMES for node in nodes):
        return "place"
    return "place" if len(text) > PARAGRAPH_LENGTH_LIMIT or _DISCLOSURE.search(text) else ""


def _write_words(inline: Inline) -> str:
    return "".join(token.content if token.type in ("text", "text_special") else " " for token in inline.children)


def _list_fenced(lines: list[str]) -> list[int]:
    """The lines between fences: no part of our subset, but code all the same to who wrote them."""
    fences = [at for at, line in enumerate(lines) if _FENCE.match(line)]
    return [
        at
        for first, last in zip(fences[::2], [*fences[1::2], len(lines)], strict=False)
        for at in range(first, last + 1)
    ]
