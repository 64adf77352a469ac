"""A post in one or two sentences, for search results and feeds."""

from markupsafe import Markup
from selectolax.lexbor import LexborHTMLParser

from content.cro.markdown import render_markdown
from content.cro.subset import drop_overrides
from content.posts.placeholders import PATTERN

LENGTH_LIMIT = 150
READ_LIMIT = 4_000
"""Characters of the body that are looked at."""
_NOTHING = Markup("")


def describe_body(body: str) -> str:
    """The beginning of the body's paragraphs as plain text, at most 150 characters, "" without any.

    Lines with placeholders are left out: a result page keeps its words for weeks, and a price does not hold as long.
    """
    lines = ("" if PATTERN.search(line) else line for line in body[:READ_LIMIT].split("\n"))
    html = render_markdown("\n".join(lines), placeholder=lambda _node: _NOTHING, image=lambda _address, _alt: _NOTHING)
    paragraphs = LexborHTMLParser(f"<body>{html}</body>").css("p")
    text = " ".join(drop_overrides(" ".join(node.text() for node in paragraphs)).split())
    if len(text) <= LENGTH_LIMIT:
        return text
    cut = text[: LENGTH_LIMIT - 1]
    return (cut.rpartition(" ")[0] or cut) + "…"
