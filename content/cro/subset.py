"""The small HTML subset that a post's page may use: what the blog's editor takes over when it is pasted."""

import nh3

TAGS = frozenset(
    "p br strong em u a h2 h3 ul ol li blockquote hr img table thead tbody tr th td".split()  # noqa: SIM905
)
ATTRIBUTES = {"a": {"href"}, "img": {"src", "alt"}}
URL_SCHEMES = {"http", "https"}

_cleaner = nh3.Cleaner(
    tags=set(TAGS),
    attributes=ATTRIBUTES,
    url_schemes=URL_SCHEMES,
    link_rel=None,
    clean_content_tags={"script", "style"},
    strip_comments=True,
)


def clean_html(html: str) -> str:
    """The fragment with nothing but the subset; foreign tags go and their text stays, scripts and styles go whole."""
    return _cleaner.clean(html)
