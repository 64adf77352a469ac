"""What links must keep to, checked in the plainest way: every page rendered by plain Markdown and read back, every rule
counted over all links. Shares no code with `content.clusters`, so that a mistake there is seen here."""

import math
import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from markdown_it import MarkdownIt
from selectolax.lexbor import LexborHTMLParser, LexborNode

BASES = (
    "을 를 이 가 은 는 의 에 와 과 도 로 으로 만 랑 이랑 에서 에게 한테 까지 부터 처럼 보다 하고 마다 조차 마저 밖에 만큼 대로 뿐 들 들이 들은 들을 들의 "
    "나 이나 란 이란 라면 이라면 라도 이라도 라고 이라고 라는 이라는 며 이며 고 이고 야말로 이야말로 로서 으로서 로써 으로써 이다 입니다 인데"
)
TAILS = ("", "은", "는", "도", "만", "의")
PARTICLES = frozenset(base + tail for base in BASES.split() for tail in TAILS)
WORDS_PER_LINK, PAGE_MOST, FIRST_SENTENCES, CROSS_MOST, DEPTH_MOST = 150, 8, 1, 1, 3
ANCHOR_SHARE, ANCHOR_FREE = 0.4, 2
FORBIDDEN = {"h1", "h2", "h3", "h4", "h5", "h6", "th", "td", "code", "pre", "figcaption"}
_STOP = re.compile(r"[.!?。！？…]")


@dataclass(frozen=True, slots=True)
class Leaf:
    """A page before and after. rules: {slug of the target: rule} of the links that were inserted."""

    id: int
    slug: str
    before: str
    after: str
    is_live: bool
    cluster: int | None
    is_hub: bool
    rules: Mapping[str, str]


def make_markdown() -> MarkdownIt:
    """The pages' Markdown, without their placeholders."""
    parser = MarkdownIt("commonmark", {"html": False}).enable("table")
    parser.disable(["code", "fence", "backticks"])
    return parser


def check_leaves(leaves: Sequence[Leaf], *, blocks: Iterable[tuple[int, int]] = ()) -> list[str]:
    """Everything that is wrong, in words; empty when all rules hold."""
    parser, slugs = make_markdown(), {leaf.slug: leaf for leaf in leaves}
    roots = {leaf.id: LexborHTMLParser(f"<body>{parser.render(leaf.after)}</body>") for leaf in leaves}
    problems = []
    for leaf in leaves:
        before = LexborHTMLParser(f"<body>{parser.render(leaf.before)}</body>")
        problems += [f"{leaf.slug}: {text}" for text in _check_page(leaf, before, roots[leaf.id], slugs)]
    links = [
        (leaf, slugs[slug], words, slug in leaf.rules)
        for leaf in leaves
        for slug, words in {slug: words for slug, words, _node in reversed(_list_links(roots[leaf.id]))}.items()
        if slug in slugs
    ]
    barred = set(blocks)
    problems += [f"{a.slug} -> {b.slug}: blocked" for a, b, _w, is_new in links if is_new and (a.id, b.id) in barred]
    return problems + _check_anchors(links) + _check_depths(leaves, links)


def _check_page(leaf: Leaf, before: LexborHTMLParser, after: LexborHTMLParser, slugs: Mapping[str, Leaf]) -> list[str]:
    found = _list_links(after)
    new = [(slug, words, node) for slug, words, node in found if slug in leaf.rules]
    problems = []
    if _text(before) != _text(after):
        problems.append("visible text changed")
    if len(new) != len(leaf.rules) or len(found) != len(_list_links(before)) + len(leaf.rules):
        problems.append(f"{len(leaf.rules)} inserted, {len(new)} seen")
    if not new:
        return problems
    words = len(_text(after).split())
    if len(found) > min(PAGE_MOST, math.ceil(words / WORDS_PER_LINK)):
        problems.append(f"{len(found)} links in {words} words")
    crossing = [slug for slug, rule in leaf.rules.items() if rule != "pin" and _is_cross(leaf, slugs[slug])]
    if len(crossing) > CROSS_MOST:
        problems.append(f"{len(crossing)} links to other clusters")
    for slug, text, node in new:
        problems += [f"{slug}: {what}" for what in _check_link(leaf, slug, text, node, slugs, after)]
    return problems


def _check_link(
    leaf: Leaf, slug: str, text: str, node: LexborNode, slugs: Mapping[str, Leaf], page: LexborHTMLParser
) -> list[str]:
    problems = []
    if slug == leaf.slug:
        problems.append("links to itself")
    if not slugs[slug].is_live:
        problems.append("target is not live")
    if sum(1 for other, _words, _node in _list_links(page) if other == slug) != 1:
        problems.append("linked twice")
    parents = _list_parents(node)
    if FORBIDDEN & {parent.tag for parent in parents}:
        problems.append("in a forbidden place")
    paragraph = next((parent for parent in parents if parent.tag in ("p", "li")), None)
    if paragraph is None or len(paragraph.css("a")) != 1:
        problems.append("not alone in its paragraph")
    if paragraph is not None and "`" in paragraph.text():
        problems.extend(_check_code(paragraph, text))
    before, after = _text_around(page, node)
    if before and (before[-1].isalnum() or before[-1] == "_"):
        problems.append(f"begins within a word: {before[-4:]}[{text}]")
    tail = re.match(r"\w*", after)
    if tail and tail[0] and tail[0] not in PARTICLES:
        problems.append(f"ends within a word: [{text}]{tail[0]}")
    if FIRST_SENTENCES and not _STOP.search(before) and not _list_blocks_before(page, node):
        problems.append("in the first sentence")
    return problems


def _check_code(paragraph: LexborNode, text: str) -> list[str]:
    spans = re.findall(r"(`+)(.+?)\1", paragraph.text())
    rest = re.sub(r"(`+)(.+?)\1", "", paragraph.text())
    return ["in code"] if any(text in inner for _ticks, inner in spans) and text not in rest else []


def _check_anchors(links: Sequence[tuple[Leaf, Leaf, str, bool]]) -> list[str]:
    owners: dict[str, set[str]] = defaultdict(set)
    inbound: Counter[str] = Counter()
    uses: Counter[tuple[str, str]] = Counter()
    fresh: set[tuple[str, str]] = set()
    for _source, target, words, is_new in links:
        key = " ".join(unicodedata.normalize("NFKC", words).lower().split())
        owners[key].add(target.slug)
        inbound[target.slug] += 1
        uses[target.slug, key] += 1
        if is_new:
            fresh.add((target.slug, key))
    problems = [f"'{key}' serves {sorted(owners[key])}" for _slug, key in sorted(fresh) if len(owners[key]) > 1]
    for slug, key in sorted(fresh):
        most = max(ANCHOR_FREE, math.floor(ANCHOR_SHARE * inbound[slug] + 1e-9))
        if uses[slug, key] > most:
            problems.append(f"'{key}' in {uses[slug, key]} of {inbound[slug]} links to {slug}")
    return problems


def _check_depths(leaves: Sequence[Leaf], links: Sequence[tuple[Leaf, Leaf, str, bool]]) -> list[str]:
    inner: dict[int, set[int]] = defaultdict(set)
    for source, target, _words, _new in links:
        if not _is_cross(source, target):
            inner[source.id].add(target.id)
    depths = {leaf.id: 0 for leaf in leaves if leaf.is_hub}
    for step in range(1, len(leaves) + 1):
        for post in [post for post, depth in depths.items() if depth == step - 1]:
            for other in inner[post]:
                depths.setdefault(other, step)
    return [
        f"{source.slug} -> {target.slug}: {depths.get(target.id)} steps from the hub"
        for source, target, _words, is_new in links
        if is_new and source.rules[target.slug] == "near" and depths.get(target.id, DEPTH_MOST + 1) > DEPTH_MOST
    ]


def _is_cross(one: Leaf, other: Leaf) -> bool:
    return one.cluster is None or one.cluster != other.cluster


def _list_links(page: LexborHTMLParser) -> list[tuple[str, str, LexborNode]]:
    from urllib.parse import unquote

    nodes = page.css("a")
    addresses = [(unquote(node.attributes.get("href") or ""), node) for node in nodes]
    return [(href[5:], " ".join(node.text().split()), node) for href, node in addresses if href.startswith("post:")]


def _list_parents(node: LexborNode) -> list[LexborNode]:
    found, parent = [], node.parent
    while parent is not None and parent.tag != "body":
        found.append(parent)
        parent = parent.parent
    return found


def _text(page: LexborHTMLParser) -> str:
    return page.body.text() if page.body is not None else ""


def _text_around(page: LexborHTMLParser, node: LexborNode) -> tuple[str, str]:
    """The words of the link's paragraph before and behind it."""
    block = next((parent for parent in _list_parents(node) if parent.tag in ("p", "li", "blockquote")), None)
    before, after, is_past = "", "", False
    for each in block.traverse(include_text=True) if block is not None else ():
        if each.tag == "a" and each.mem_id == node.mem_id:
            is_past = True
        elif each.tag == "-text" and each.parent is not None and each.parent.mem_id != node.mem_id:
            if any(parent.mem_id == node.mem_id for parent in _list_parents(each)):
                continue
            before, after = (before, after + each.text()) if is_past else (before + each.text(), after)
    return before, after


def _list_blocks_before(page: LexborHTMLParser, node: LexborNode) -> list[LexborNode]:
    """Paragraphs with words before that of the link: each is a sentence at least."""
    found = []
    for block in page.css("p, li"):
        if any(parent.mem_id == block.mem_id for parent in _list_parents(node)):
            break
        if block.text().strip():
            found.append(block)
    return found
