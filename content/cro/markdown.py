"""A post's Markdown with its placeholders and pictures, rendered through callbacks that know the catalogue."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.rules_core import StateCore
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token
from markdown_it.utils import EnvType, OptionsDict
from markupsafe import Markup, escape

from content.posts.findings import Finding
from content.posts.placeholders import PATTERN, Placeholder, read_placeholder
from content.posts.postlinks import read_slug

ResolvePlaceholder = Callable[[Placeholder], Markup]
ResolveImage = Callable[[str, str], Markup]
"""(address in the Markdown, alternative text) -> the image's HTML."""
ResolveLink = Callable[[str], str]
"""slug of the post that is linked -> its address; "" for one that cannot be linked: its words stay."""

TOKEN_TYPE = "placeholder"  # noqa: S105
INSERT_TYPE = "insert"
INLINE_NAMES = frozenset({"price", "discount", "benefit"})
"""Words: alone on a line they are a paragraph, the others are blocks of their own."""
EMPTY_PARAGRAPH = "<p></p>\n"


def render_markdown(
    body: str,
    *,
    placeholder: ResolvePlaceholder,
    image: ResolveImage,
    link: ResolveLink = lambda _slug: "",
    middle: Markup | None = None,
) -> Markup:
    """The body as HTML. Raw HTML in it is escaped; a placeholder that cannot be read renders as nothing, and within a link
    as its words alone, since links do not nest.

    middle: HTML to stand between the blocks in the middle of the body, but not right below a heading.
    """
    env: EnvType = {"placeholder": placeholder, "image": image, "link": link}
    tokens = _parser.parse(_isolate_blocks(body), env)
    if middle:
        tokens.insert(_find_middle(tokens), Token(INSERT_TYPE, "", 0, content=str(middle), block=True))
    html = _parser.renderer.render(tokens, _parser.options, env)
    return Markup(html.replace(EMPTY_PARAGRAPH, ""))  # noqa: S704


@dataclass(frozen=True, slots=True)
class Inline:
    """A block's words. kind: type of the block around them (paragraph, heading, th, td); lines: first and last + 1 in the body.

    lines is (0, 0) in a table. children: the tokens of the words.
    """

    kind: str
    lines: tuple[int, int]
    children: tuple[Token, ...]


def list_inlines(body: str) -> list[Inline]:
    """Every block of words of the body in reading order, as `render_markdown` reads it; links to posts all kept."""
    env: EnvType = {"link": lambda slug: f"post:{slug}"}
    tokens = _parser.parse(_isolate_blocks(body), env)
    rows = [at for at, line in enumerate(body.split("\n")) for _ in range(3 if _is_block_line(line) else 1)]
    found = []
    for opened, token in pairwise(tokens):
        if token.type == "inline":
            first, end = token.map or (0, 0)
            kind = opened.type.removesuffix("_open")
            lines = (rows[first], rows[end - 1] + 1) if end and kind not in ("th", "td") else (0, 0)
            found.append(Inline(kind, lines, tuple(token.children or ())))
    return found


def _find_middle(tokens: Sequence[Token]) -> int:
    """Where the block in the middle begins: the index of its first token, or the end."""
    starts = [place for place, token in enumerate(tokens) if token.level == 0 and token.nesting >= 0]
    later = starts[(len(starts) + 1) // 2 :]
    return next((place for place in later if tokens[place - 1].type != "heading_close"), len(tokens))


def _isolate_blocks(body: str) -> str:
    """A block placeholder alone on its line becomes a paragraph of its own, whatever stands above and below."""
    return "\n".join(f"\n{line}\n" if _is_block_line(line) else line for line in body.split("\n"))


def _is_block_line(line: str) -> bool:
    match = PATTERN.fullmatch(line.strip())
    return match is not None and _is_block(read_placeholder(match[1], line=0, is_alone=True))


def _is_block(node: Placeholder | Finding) -> bool:
    return isinstance(node, Placeholder) and node.name not in INLINE_NAMES


def _read_token(state: StateInline, silent: bool) -> bool:
    match = PATTERN.match(state.src, state.pos, state.posMax)
    if match is None:
        return False
    if not silent:
        token = state.push(TOKEN_TYPE, "", 0)
        token.content = match[1]
        token.meta["node"] = read_placeholder(match[1], line=0, is_alone=False)
        token.meta["is_linked"] = state.linkLevel > 0
    state.pos = match.end()
    return True


def _unwrap_blocks(state: StateCore) -> None:
    """Hide the paragraph around a block placeholder, so that a card or a table is no part of one."""
    for opened, inline, closed in zip(state.tokens, state.tokens[1:], state.tokens[2:], strict=False):
        children = inline.children or []
        if opened.type == "paragraph_open" and len(children) == 1 and children[0].type == TOKEN_TYPE:
            node = read_placeholder(children[0].content, line=0, is_alone=True)
            if _is_block(node):
                opened.hidden = closed.hidden = True
                children[0].meta["node"] = node


def _resolve_links(state: StateCore) -> None:
    """Give the links to posts the addresses of their targets, and let the words of the others stand alone."""
    for token in state.tokens:
        if token.children:
            token.children = list(_keep_linked(token.children, state.env["link"]))


def _keep_linked(tokens: Sequence[Token], link: ResolveLink) -> Iterator[Token]:
    is_dropped = False
    for token in tokens:
        slug = read_slug(str(token.attrs.get("href", ""))) if token.type == "link_open" else ""
        if slug:
            address = link(slug)
            token.attrs["href"] = address
            is_dropped = not address
        # Links do not nest: the next end is this one's.
        if not (is_dropped and token.type in ("link_open", "link_close")):
            yield token
        is_dropped = is_dropped and token.type != "link_close"


def _limit_headings(state: StateCore) -> None:
    """The subset knows two levels: the first becomes the second, those below the third become the third."""
    for token in state.tokens:
        if token.type in ("heading_open", "heading_close"):
            token.tag = "h2" if token.tag in ("h1", "h2") else "h3"


class _Renderer(RendererHTML):
    """Markdown's own renderer, which also resolves placeholders and images, and drops paragraphs around blocks."""

    def placeholder(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        """A placeholder's HTML."""
        node: Placeholder | Finding = tokens[idx].meta["node"]
        html = Markup("") if isinstance(node, Finding) else env["placeholder"](node)
        return str(escape(html.striptags()) if tokens[idx].meta["is_linked"] else html)

    def insert(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        """A block that is no part of the author's words, as it is."""
        return tokens[idx].content

    def image(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        """An image's HTML."""
        token = tokens[idx]
        alt = self.renderInlineAsText(token.children or [], options, env)
        return str(env["image"](str(token.attrs.get("src", "")), alt))


def _make_parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": False, "xhtmlOut": False}, renderer_cls=_Renderer)
    parser.enable("table")
    # Code is no part of the subset; an indented line of a blog post is a slip, not a program.
    parser.disable(["code", "fence", "backticks"])
    parser.inline.ruler.before("escape", TOKEN_TYPE, _read_token)
    parser.core.ruler.push("unwrap_blocks", _unwrap_blocks)
    parser.core.ruler.push("limit_headings", _limit_headings)
    parser.core.ruler.push("resolve_links", _resolve_links)
    return parser


_parser = _make_parser()
