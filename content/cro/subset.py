"""The HTML that a post may use: the small subset that a blog's editor takes over, and the larger one of a page of our own."""

import re
from collections.abc import Collection
from html import unescape
from urllib.parse import urlsplit

import nh3

TAGS = frozenset(
    "p br strong em u a h2 h3 ul ol li blockquote hr img table thead tbody tr th td".split()  # noqa: SIM905
)
ATTRIBUTES = {"a": {"href"}, "img": {"src", "alt"}}
PAGE_TAGS = TAGS | {"figure", "caption", "section", "aside", "div", "bdi"}
PAGE_ATTRIBUTES = {
    **ATTRIBUTES,
    "img": {"src", "alt", "loading"},
    "ol": {"start"},
    "th": {"scope"},
    "aside": {"data-ad-slot"},
}
PAGE_CLASSES = {
    "p": {"lede", "cta", "sold-out", "price"},
    "ul": {"facts"},
    "section": {"product", "deal"},
    "div": {"table-scroll"},
    "table": {"comparison"},
}
AFFILIATE_HOSTS = frozenset({"link.coupang.com", "coupa.ng", "ads-partners.coupang.com"})
AFFILIATE_LINK = re.compile(
    rf"\bhttps?://(?:www\.)?(?:{'|'.join(map(re.escape, sorted(AFFILIATE_HOSTS)))})\b", re.IGNORECASE
)
"""In an author's Markdown."""
URL_SCHEMES = {"http", "https"}
_FOREIGN_CONTENT = {"script", "style"}
_LINK = re.compile(r'<a href="([^"]*)">')

_cleaner = nh3.Cleaner(
    tags=set(TAGS),
    attributes=ATTRIBUTES,
    url_schemes=URL_SCHEMES,
    link_rel=None,
    clean_content_tags=_FOREIGN_CONTENT,
    strip_comments=True,
)
_page_cleaner = nh3.Cleaner(
    tags=set(PAGE_TAGS),
    attributes=PAGE_ATTRIBUTES,
    allowed_classes=PAGE_CLASSES,
    url_schemes=URL_SCHEMES,
    link_rel=None,
    clean_content_tags=_FOREIGN_CONTENT,
    strip_comments=True,
)
# Right-to-left letters need none of these; what they do is show the characters of a price in another order.
_DIRECTION_OVERRIDES = re.compile("[\u202a-\u202e\u2066-\u2069]")


def clean_html(html: str) -> str:
    """The fragment with nothing but the subset; foreign tags go and their text stays, scripts and styles go whole."""
    return _cleaner.clean(drop_overrides(html))


def clean_page(html: str) -> str:
    """The same for a page of our own, which may also use captions, figures and the classes of its style sheet."""
    return _page_cleaner.clean(drop_overrides(html))


def mark_paid_links(html: str, addresses: Collection[str]) -> str:
    """The cleaned page with `rel="sponsored"` on its links to these addresses and to the hosts of affiliate networks.

    Search engines ask for it on every link that pays, whoever typed it.
    """

    def mark(link: re.Match[str]) -> str:
        address = unescape(link[1])
        is_paid = address in addresses or _read_host(address) in AFFILIATE_HOSTS
        return f'<a href="{link[1]}" rel="sponsored">' if is_paid else link[0]

    return _LINK.sub(mark, html)


def _read_host(address: str) -> str:
    try:
        return urlsplit(address).hostname or ""
    except ValueError:
        return ""


def drop_overrides(text: str) -> str:
    """The text without the invisible characters that turn the direction of what follows."""
    return _DIRECTION_OVERRIDES.sub("", text)
