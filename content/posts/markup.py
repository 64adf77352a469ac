"""What a body holds that readers would see as letters: HTML tags, code fences, and addresses that become no link.

None of it does any harm, since the page escapes it; the editor is told, line by line, because nobody means it.
"""

import re
from collections.abc import Iterator

from content.posts.findings import Finding

FINDINGS_MOST = 50
_SHOWN = 30
_TAGS = (
    "a|abbr|address|article|aside|audio|b|base|big|blockquote|body|br|button|canvas|center|cite|code|col|dd|del|details|"
    "div|dl|dt|em|embed|fieldset|figcaption|figure|font|footer|form|frame|frameset|h[1-6]|head|header|hr|html|i|iframe|"
    "img|input|ins|kbd|label|li|link|main|map|mark|marquee|math|meta|nav|noscript|object|ol|option|p|param|picture|pre|q|"
    "s|script|section|select|small|source|span|strike|strong|style|sub|summary|sup|svg|table|tbody|td|template|textarea|"
    "tfoot|th|thead|title|tr|tt|u|ul|var|video"
)
_MARKUP = re.compile(
    rf"(?<!\\)(?P<tag></?(?:{_TAGS})(?=[\s/>])(?:[^<>\n]*>)?)"
    r"|\]\(\s*<?(?P<address>(?:javascript|vbscript|data|file)(?::|&colon;|&#0*58;|&#x0*3a;))"
    r"|^ {0,3}(?P<fence>`{3,}|~{3,})",
    re.IGNORECASE | re.MULTILINE,
)
_ADVICE = {
    "tag": "태그는 독자에게 글자로 보입니다. Markdown으로 바꾸거나 지우세요.",
    "address": "이 주소는 링크가 되지 않고 글자로 보입니다. https:// 주소를 쓰세요.",
    "fence": "코드 블록은 쓸 수 없어 글자로 보입니다. 이 줄을 지우세요.",
}


def find_markup(body: str) -> Iterator[Finding]:
    """One finding for each sort on a line, at most FINDINGS_MOST; the time is linear in the body's length."""
    told: set[tuple[int, str]] = set()
    line, at = 1, 0
    for found in _MARKUP.finditer(body):
        line, at = line + body.count("\n", at, found.start()), found.start()
        sort = found.lastgroup or ""
        if (line, sort) in told:
            continue
        told.add((line, sort))
        yield Finding("raw_markup", line, f"'{found[sort][:_SHOWN]}': {_ADVICE[sort]}")
        if len(told) == FINDINGS_MOST:
            return
