"""Links from post to post as a body holds them: `[words](post:SLUG)`. The address is looked up when it is rendered."""

import re
import unicodedata
from urllib.parse import unquote

SCHEME = "post:"
_TARGET = re.compile(r"post:([^\s()<>\[\]\"'`]+)")
_LINK = re.compile(r"\[([^\[\]]*)\]\(\s*<?post:[^\s()<>]+>?\s*\)")


def read_slug(address: str) -> str:
    """The slug that an address means, in NFC; "" for any other address."""
    if not address.startswith(SCHEME):
        return ""
    return unicodedata.normalize("NFC", unquote(address.removeprefix(SCHEME)))


def list_slugs(body: str) -> tuple[str, ...]:
    """Every slug that a Markdown body may link to, each once, in reading order; more than it does, never fewer."""
    if SCHEME not in body:
        return ()
    return tuple(dict.fromkeys(read_slug(found[0]) for found in _TARGET.finditer(body)))


def write_link(words: str, slug: str) -> str:
    """The Markdown of a link."""
    return f"[{words}]({SCHEME}{slug})"


def strip_targets(body: str) -> str:
    """The body with the words of such links alone: a slug is no word of the author's."""
    return _LINK.sub(r"\1", body) if SCHEME in body else body


def find_line(body: str, slug: str) -> int:
    """The first line that names this slug as a target; 0 when none does."""
    for number, line in enumerate(body.split("\n"), start=1):
        if slug in list_slugs(line):
            return number
    return 0
