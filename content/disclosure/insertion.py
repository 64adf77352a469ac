"""Where a disclosure stands: the first block of the post, before its first image, link and call to action.

The block is bracketed by two comments that carry its version. They are the marker: inserting the same disclosure again
leaves every byte alone, another one takes the old one's place. An author cannot forge them, since raw HTML of a post is
escaped before.
"""

import re
from datetime import datetime
from html import escape

from content.disclosure.texts import DisclosureText
from content.times import tell_time

_BLOCK = re.compile(r"\A<!--disclosure [a-z_]+(?:\.[a-z]{2})?\.\d+-->.*?<!--/disclosure-->\n?", re.DOTALL)


def place_disclosure(html: str, *, text: DisclosureText, as_of: datetime | None, language: str = "ko") -> str:
    """The fragment with the disclosure as its first block. as_of: when the prices shown were checked, None without."""
    block = _BLOCK.match(html)
    rest = html[block.end() :] if block else html
    return f"{build_block(text, as_of=as_of, language=language)}\n{rest}"


def build_block(text: DisclosureText, *, as_of: datetime | None, language: str = "ko") -> str:
    """The disclosure's own HTML between its markers."""
    lines = [f"<p><strong>{escape(text.sentence)}</strong></p>"]
    if as_of is not None:
        lines.append(f"<p>{escape(format_price_line(as_of, language=language))}</p>")
    return f"<!--disclosure {text.version}-->{''.join(lines)}<!--/disclosure-->"


def format_price_line(as_of: datetime, *, language: str = "ko") -> str:
    """The sentence that dates the prices, in Korean time to the minute."""
    if language == "en":
        return f"Prices as of {tell_time(as_of)} KST; they change."
    return f"가격은 {tell_time(as_of)} 기준이며 이후 바뀔 수 있습니다."


def forget_price_time(text: str, *, as_of: datetime | None) -> str:
    """The text (HTML or plain) with the time of its price line blanked: what is left tells whether it changed."""
    if as_of is None:
        return text
    line = format_price_line(as_of)
    return text.replace(line, "가격은 ---- 기준이며 이후 바뀔 수 있습니다.", 1)
