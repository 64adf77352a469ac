"""A text as its reader sees it, with the way back to the source: markup gone, entities read, letters in one form (NFKC).

Every character of the view knows where it came from, so that what is found in the view has an exact place in the source.
"""

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from html import unescape

MASK = "\x00"
"""Stands for each character of an address, a file name or a placeholder: nothing to be found there."""
TAG_LENGTH_LIMIT = 2_000
FILE_NAME_LENGTH_LIMIT = 80

INLINE_TAGS = frozenset(
    [
        "a",
        "abbr",
        "b",
        "bdi",
        "bdo",
        "big",
        "cite",
        "code",
        "data",
        "del",
        "dfn",
        "em",
        "font",
        "i",
        "ins",
        "kbd",
        "label",
        "mark",
        "q",
        "s",
        "samp",
        "small",
        "span",
        "strike",
        "strong",
        "sub",
        "sup",
        "time",
        "tt",
        "u",
        "var",
        "wbr",
    ]
)
_HIDDEN = re.compile(r"(script|style|template|noscript)\b", re.IGNORECASE)
_TAG_NAME = re.compile(r"</?([a-zA-Z][a-zA-Z0-9-]*)")
_READ_ATTRIBUTE = re.compile(r"\b(?:alt|title)\s*=\s*(?:\"([^\"<>]*)\"|'([^'<>]*)')", re.IGNORECASE)
_UNSEEN = "\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufe00-\ufe0f\ufeff"
_MASKED = re.compile(
    r"\{\{[^{}\n]*\}\}"
    r"|(?:https?://|www\.)(?:[!-;=?-~]|(?<=[/=])[가-힣]\w*)+"
    r"|(?<![\w)])/(?:[a-z0-9_-]{1,40}/)+[a-z0-9_-]{1,40}"
    r"|[?&][A-Za-z_][\w.-]{0,60}=[\w%.,+-]*"
    r"|(?<=\(post:)[0-9a-z가-힣-]+"
)
_BLANKS = re.compile(r"[^\S\n]*\n[^\S\n]+|[^\S\n]+\n|[^\S\n]{2,}|[\t\f\v\r]")
"""Blanks that are read as one: several in a row, and those around the end of a line."""
_MASKABLE = re.compile(r"[{=/&]|\(post:")
_FILE_ENDING = re.compile(
    r"\.(?:jpe?g|png|gif|webp|svg|pdf|zip|mp4|mov|html?|php|csv|xlsx?|docx?|hwp|txt)\b", re.IGNORECASE
)
_FILE_NAME = re.compile(r"[\w()\[\],~+-]+\Z")


@dataclass(slots=True)
class View:
    """The text that is read. Positions in it are turned into positions of the source by `place`."""

    text: str = ""
    cuts: list[int] = field(default_factory=list)
    """Where each piece begins in the text."""
    sources: list[tuple[int, int]] = field(default_factory=list)
    """Where each piece lies in the source; of another length than in the text when it was replaced as a whole."""
    inner: "View | None" = None
    """The view that is this one's source; None when that is the author's text."""

    def place(self, start: int, end: int) -> tuple[int, int]:
        """The source's span of a span of the text that is not empty."""
        begin, stop = self._place_here(start, end) if self.cuts else (start, end)
        return self.inner.place(begin, stop) if self.inner else (begin, stop)

    def _place_here(self, start: int, end: int) -> tuple[int, int]:
        first, last = bisect_right(self.cuts, start) - 1, bisect_right(self.cuts, end - 1) - 1
        begin, stop = self.sources[first][0], self.sources[last][1]
        if self._is_verbatim(first):
            begin += start - self.cuts[first]
        if self._is_verbatim(last):
            stop = self.sources[last][0] + end - self.cuts[last]
        return begin, stop

    def _is_verbatim(self, number: int) -> bool:
        following = self.cuts[number + 1] if number + 1 < len(self.cuts) else len(self.text)
        begin, stop = self.sources[number]
        return following - self.cuts[number] == stop - begin


def make_view(source: str, *, is_html: bool = False) -> View:
    """The view of a text, of Markdown (is_html False; tags and entities in it are read as well) or of HTML.

    Linear in the length of the source whatever it holds: an unclosed comment or tag is read as text.
    """
    candidates, _special = _find_special(is_html=is_html)
    pieces = list(_replace(source, is_html=is_html)) if candidates.search(source) else []
    view = _join(source, pieces)
    view.text = _mask(view.text)
    blanks = [(run.start(), run.end(), "\n" if "\n" in run[0] else " ") for run in _BLANKS.finditer(view.text)]
    if not blanks:
        return view
    folded = _join(view.text, blanks)
    folded.inner = view
    return folded


def _join(source: str, pieces: Sequence[tuple[int, int, str]]) -> View:
    """The source with these pieces replaced."""
    if not pieces:
        return View(source)
    view, parts, length, at = View(), [], 0, 0
    for start, end, shown in (*pieces, (len(source), len(source), "")):
        for text, begin, stop in ((source[at:start], at, start), (shown, start, end)):
            if text:
                view.cuts.append(length)
                view.sources.append((begin, stop))
                parts.append(text)
                length += len(text)
        at = end
    view.text = "".join(parts)
    return view


def list_markup(source: str, *, start: int, end: int) -> str:
    """The tags and emphasis marks inside a span, in order: what must stay when its words go."""
    return "".join(found[0] for found in re.finditer(r"</?[a-zA-Z][^<>]*>|\*+|~~|__", source[start:end]))


def _replace(source: str, *, is_html: bool) -> Iterator[tuple[int, int, str]]:
    """(start, end, what is read instead) of everything that is not read as it stands."""
    candidates, special = _find_special(is_html=is_html)
    at, closed = 0, {"-->": True}
    while candidate := candidates.search(source, at):
        found = special.match(source, candidate.start())
        if found is None:
            at = candidate.end()
            continue
        start, at, kind = found.start(), found.end(), found.lastgroup
        if kind == "comment":
            end = source.find("-->", at) if closed["-->"] else -1
            closed["-->"] = end >= 0
            if end < 0:
                continue
            at = end + 3
            yield start, at, ""
        elif kind == "tag":
            yield from _replace_tag(source, start, at)
            hidden = _HIDDEN.match(source, start + 1)
            if hidden:
                closing = f"</{hidden[1].lower()}"
                end = _find_closing(source, closing, at, closed)
                if end >= 0:
                    yield at, end, "\n"
                    at = end
        else:
            yield start, at, _read(kind or "", found[0])


def _find_closing(source: str, closing: str, at: int, closed: dict[str, bool]) -> int:
    if not closed.get(closing, True):
        return -1
    found = re.compile(re.escape(closing), re.IGNORECASE).search(source, at)
    closed[closing] = found is not None
    return found.start() if found else -1


def _replace_tag(source: str, start: int, end: int) -> Iterator[tuple[int, int, str]]:
    """Nothing for a tag within a line, a line end for others; texts that only some readers get stand on their own lines."""
    name = _TAG_NAME.match(source, start)
    is_inline = name is not None and name[1].lower() in INLINE_TAGS
    at, between = start, "" if is_inline else "\n"
    for read in _READ_ATTRIBUTE.finditer(source, start, end):
        begin, stop = read.span(1 if read[1] is not None else 2)
        if begin < stop:
            yield at, begin, "\n"
            at, between = stop, "\n"
    yield at, end, between


def _read(kind: str, text: str) -> str:
    if kind == "entity":
        return _fold(unescape(text))
    if kind == "escape":
        return text[1:]
    if kind == "blank":
        return " "
    if kind == "won":
        return "₩"
    return "" if kind in ("unseen", "emphasis") else unicodedata.normalize("NFKC", text)


def _fold(text: str) -> str:
    return re.sub(f"[{_UNSEEN}]", "", unicodedata.normalize("NFKC", text))


@cache
def _find_special(*, is_html: bool) -> tuple[re.Pattern[str], re.Pattern[str]]:
    """Where something special may begin, and what it is."""
    unstable = _list_unstable()
    markdown = (
        # Korean type draws the backslash as the won sign.
        r"|(?P<won>\\(?=[0-9]{1,3},[0-9]{3}))|(?P<escape>\\[!-/:-@\[-`{-~])"
        r"|(?P<emphasis>(?<![0-9*])\*{1,3}|\*{2,3}|\*(?![0-9*])|__|~~)"
    )
    candidates = re.compile(rf"[<&{chr(92) + 'n' if is_html else '*_~' + chr(92) * 2}{_UNSEEN}\u1100-\u115f{unstable}]")
    special = re.compile(
        r"(?P<comment><!--)"
        rf"|(?P<tag></?[a-zA-Z][^<>]{{0,{TAG_LENGTH_LIMIT}}}>)"
        r"|(?P<entity>&(?:#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[a-zA-Z][a-zA-Z0-9]{1,30});)"
        rf"|(?P<unseen>[{_UNSEEN}]+)"
        r"|(?P<blank>\n)"
        r"|(?P<syllable>[\u1100-\u115f][\u1160-\u11a7]?[\u11a8-\u11ff]?)"
        rf"|(?P<letter>[{unstable}])" + ("" if is_html else markdown)
    )
    return candidates, special


def _list_unstable() -> str:
    """The characters that NFKC writes differently, as a class; without ①, ² and the like, which are no digits of a price."""
    codes = (*range(0xA0, 0x1100), *range(0x1200, 0xAC00), *range(0xF900, 0x10000), *range(0x1D7CE, 0x1D800))
    return "".join(re.escape(char) for char in map(chr, codes) if _is_unstable(char))


def _is_unstable(char: str) -> bool:
    return unicodedata.category(char) not in ("No", "Cs") and unicodedata.normalize("NFKC", char) != char


def _mask(text: str) -> str:
    masked = _MASKED.sub(_hide, text) if _MASKABLE.search(text) or "www." in text else text
    parts, at = [], 0
    for ending in _FILE_ENDING.finditer(masked):
        begin = max(at, ending.start() - FILE_NAME_LENGTH_LIMIT)
        name = _FILE_NAME.search(masked[begin : ending.start()])
        if name:
            start = begin + name.start()
            parts += [masked[at:start], MASK * (ending.end() - start)]
            at = ending.end()
    return "".join([*parts, masked[at:]]) if parts else masked


def _hide(found: re.Match[str]) -> str:
    return MASK * len(found[0])
