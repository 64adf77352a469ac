"""Whether a link may really be written where it was planned: the page is rendered without and with it, and compared."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from markupsafe import Markup, escape
from selectolax.lexbor import LexborHTMLParser, LexborNode

from content.cro.markdown import render_markdown
from content.posts.placeholders import Placeholder
from content.posts.postlinks import SCHEME, read_slug

FORBIDDEN_PARENTS = frozenset(
    {"a", "h1", "h2", "h3", "h4", "h5", "h6", "th", "code", "pre", "script", "button", "figcaption"}
)


@dataclass(frozen=True, slots=True)
class Seen:
    """What a reader sees of a body. text: every visible character; links: (address, words) with how often each stands."""

    text: str
    links: Counter[tuple[str, str]]
    misplaced: int


def see(body: str) -> Seen:
    """Render a body and read it back with an HTML parser; placeholders and pictures stand as marks."""
    html = render_markdown(body, placeholder=_mark, image=_mark_image, link=lambda slug: SCHEME + slug)
    root = LexborHTMLParser(f"<body>{html}</body>").body
    if root is None:
        return Seen("", Counter(), 0)
    nodes = root.css("a")
    links = Counter((_read_address(node), node.text()) for node in nodes)
    return Seen(root.text(), links, sum(map(_is_misplaced, nodes)))


def is_only_linked(before: Seen, after: Seen, links: Iterable[tuple[str, str]]) -> bool:
    """Whether the second differs from the first by exactly these links, all in places where a link may stand.

    links: (slug, words)
    """
    return (
        after.text == before.text
        and not before.links - after.links
        and after.links - before.links == Counter((SCHEME + slug, words) for slug, words in links)
        and after.misplaced == before.misplaced
    )


def _mark(node: Placeholder) -> Markup:
    return Markup("⟦{}:{}⟧").format(node.name, node.argument)


def _mark_image(address: str, alt: str) -> Markup:
    return escape(f"⟦{address}|{alt}⟧")


def _read_address(node: LexborNode) -> str:
    address = node.attributes.get("href") or ""
    slug = read_slug(address)
    return SCHEME + slug if slug else address


def _is_misplaced(node: LexborNode) -> bool:
    parent = node.parent
    while parent is not None and parent.tag != "body":
        if parent.tag in FORBIDDEN_PARENTS:
            return True
        parent = parent.parent
    return False
