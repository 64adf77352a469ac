"""Whether the HTML of a package is what a blog's editor takes over: the small subset, well nested, disclosure first.

The renderer cleans its HTML already; this looks at the finished document with another parser and mends nothing.
"""

from collections.abc import Collection
from html.parser import HTMLParser
from urllib.parse import urlsplit

from content.cro.subset import ATTRIBUTES, TAGS, URL_SCHEMES

FRAME = ("html", "head", "meta", "title", "body")
FRAME_ATTRIBUTES = {"html": {"lang"}, "meta": {"charset"}}
VOID = frozenset({"br", "hr", "img", "meta"})
BLOCKS_IN_INLINE = frozenset({"p", "h2", "h3", "ul", "ol", "blockquote", "table", "hr"})
DIRECTIONS = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
FAULTS_TOLD = 5


def find_faults(document: str, *, names: Collection[str], disclosure_version: str) -> list[str]:
    """What a blog's editor would not take over, in Korean with line; [] when nothing. names: the package's pictures."""
    inspector = _Inspector(frozenset(names), disclosure_version)
    inspector.feed(document)
    inspector.close()
    return inspector.finish()[:FAULTS_TOLD]


class _Inspector(HTMLParser):
    """Reads the document once and notes what does not belong there."""

    def __init__(self, names: frozenset[str], disclosure_version: str) -> None:
        super().__init__(convert_charrefs=True)
        self.names, self.opening = names, f"disclosure {disclosure_version}"
        self.faults: list[str] = []
        self.stack: list[str] = []
        self.disclosed = ""
        self.is_begun = False

    def note(self, message: str) -> None:
        """Keep a fault once, with its line."""
        text = f"post.html {self.getpos()[0]}번째 줄: {message}"
        if text not in self.faults:
            self.faults.append(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """A tag of the subset, with none but its attributes."""
        if tag in FRAME:
            self._open(tag, attrs, FRAME_ATTRIBUTES.get(tag, set()))
            return
        if tag not in TAGS:
            self.note(f"<{tag}> 태그는 블로그 편집기가 받지 않습니다. 본문에서 빼세요.")
        self._begin()
        if tag in BLOCKS_IN_INLINE and self.stack and self.stack[-1] in ("p", "h2", "h3"):
            self.note(f"<{self.stack[-1]}> 안에 <{tag}>이(가) 있습니다. 문단을 나누세요.")
        self._open(tag, attrs, ATTRIBUTES.get(tag, set()))

    def handle_endtag(self, tag: str) -> None:
        """An end of what was opened last."""
        if tag in VOID or not self.stack or self.stack.pop() != tag:
            self.note(f"</{tag}>의 짝이 맞지 않습니다.")

    def handle_data(self, data: str) -> None:
        """Words, without characters that turn their direction."""
        if not DIRECTIONS.isdisjoint(data):
            self.note("글의 방향을 뒤집는 보이지 않는 문자가 있습니다. 지우세요.")
        if data.strip() and "title" not in self.stack:
            self._begin()

    def handle_comment(self, data: str) -> None:
        """Only the marks around the disclosure."""
        if data == self.opening and not self.is_begun and not self.disclosed:
            self.disclosed = "open"
        elif data == "/disclosure" and self.disclosed == "open":
            self.disclosed = "closed"
        else:
            self.note("주석은 고지문 표시만 쓸 수 있습니다.")

    def handle_decl(self, decl: str) -> None:
        """Only the document type."""
        if decl.lower() != "doctype html":
            self.note("문서 선언은 <!doctype html>만 쓸 수 있습니다.")

    def handle_pi(self, data: str) -> None:
        """None."""
        self.note("처리 명령은 쓸 수 없습니다.")

    def unknown_decl(self, data: str) -> None:
        """None."""
        self.note("CDATA는 쓸 수 없습니다.")

    def finish(self) -> list[str]:
        """All faults, once everything was read."""
        if self.stack:
            self.note(f"<{self.stack[-1]}>이(가) 닫히지 않았습니다.")
        if self.disclosed != "closed":
            self.note("고지문이 글의 맨 앞에 없습니다. 글을 다시 처리하세요.")
        return self.faults

    def _begin(self) -> None:
        """The first thing that readers meet must stand within the disclosure."""
        if not self.is_begun and "body" in self.stack:
            self.is_begun = True
            if not self.disclosed:
                self.note("고지문보다 앞에 다른 내용이 있습니다. 글을 다시 처리하세요.")

    def _open(self, tag: str, attrs: list[tuple[str, str | None]], allowed: Collection[str]) -> None:
        for name, value in attrs:
            if name not in allowed:
                self.note(f"<{tag}>의 {name} 속성은 블로그 편집기가 받지 않습니다. 본문에서 빼세요.")
            elif name == "href" and not _is_address(value or ""):
                self.note(f"링크 주소 '{(value or '')[:80]}'는 쓸 수 없습니다. https 주소로 바꾸세요.")
            elif name == "src" and value not in self.names:
                self.note(f"이미지 '{(value or '')[:80]}'가 패키지에 없습니다. 글에 올린 이미지를 쓰세요.")
        if tag == "img" and not any(name == "alt" for name, _value in attrs):
            self.note("이미지에 대체 텍스트가 없습니다. 설명을 쓰세요.")
        if tag not in VOID:
            self.stack.append(tag)


def _is_address(text: str) -> bool:
    try:
        parts = urlsplit(text)
    except ValueError:
        return False
    return parts.scheme in URL_SCHEMES and bool(parts.hostname)
