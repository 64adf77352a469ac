"""An author's text, checked and brought to one form before it is kept."""

import hashlib
import json
import re
import unicodedata
from collections.abc import Sequence

SLUG_LENGTH_LIMIT = 80
TITLE_LENGTH_LIMIT = 200
BODY_LENGTH_LIMIT = 200_000

SLUG_BYTES_LIMIT = 120
"""A package's file is named by the slug, and no file system takes a name of more than 255 bytes."""
_SLUG = re.compile(r"[a-z0-9가-힣]+(?:-[a-z0-9가-힣]+)*")
# Tab and line feed are the only control characters that a text may hold; half of a surrogate pair cannot be encoded, and
# U+FFFE and U+FFFF stand in no XML.
_CONTROL = re.compile(r"[\x01-\x08\x0b-\x1f\x7f\ud800-\udfff\ufffe\uffff]")

# Right-to-left letters need none of these; what they do is show the characters of a line in another order.
_DIRECTION_OVERRIDES = re.compile("[\u202a-\u202e\u2066-\u2069]")


class TextError(ValueError):
    """A field's text cannot be kept; says which field and what to do, in Korean."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field


def clean_slug(slug: str) -> str:
    """A slug in NFC of Hangul, lower-case ASCII letters, digits and single hyphens. Raises TextError."""
    text = unicodedata.normalize("NFC", slug)
    is_short = len(text) <= SLUG_LENGTH_LIMIT and len(text.encode(errors="replace")) <= SLUG_BYTES_LIMIT
    if not is_short or not _SLUG.fullmatch(text):
        advice = f"한글, 영문 소문자, 숫자, 하이픈으로 {SLUG_LENGTH_LIMIT}자(한글만이면 {SLUG_BYTES_LIMIT // 3}자)까지 쓰세요."
        raise TextError("slug", f"슬러그: {advice}")
    return text


def clean_title(title: str) -> str:
    """A title in NFC on one line, without characters that turn its direction. Raises TextError."""
    text = " ".join(_DIRECTION_OVERRIDES.sub("", _normalise("title", "제목", title)).split())
    if not text:
        raise TextError("title", "제목: 한 글자 이상 쓰세요.")
    if len(text) > TITLE_LENGTH_LIMIT:
        raise TextError("title", f"제목: {TITLE_LENGTH_LIMIT}자까지 쓸 수 있습니다. 지금 {len(text)}자입니다.")
    if "{{" in text or "}}" in text:
        raise TextError("title", "제목: 자리표시를 쓸 수 없습니다. {{ 와 }} 를 지우고 글자로만 쓰세요.")
    return text


def clean_body(body: str) -> str:
    """A Markdown body in NFC with "\\n" as its only line end. Raises TextError."""
    text = _normalise("body", "본문", body).strip("\n")
    if not text.strip():
        raise TextError("body", "본문: 내용을 쓰세요.")
    if len(text) > BODY_LENGTH_LIMIT:
        raise TextError("body", f"본문: {BODY_LENGTH_LIMIT:,}자까지 쓸 수 있습니다. 지금 {len(text):,}자입니다.")
    return text


def hash_content(
    *,
    title: str,
    body: str,
    relationship: str,
    images: Sequence[tuple[int | str, ...]],
    videos: Sequence[tuple[int | str, ...]] = (),
) -> str:
    """Fingerprint of what readers see, as 64 hex digits (SHA-256).

    images, videos: (position, alternative text, SHA-256), and the caption where there is one.
    """
    parts = [title, body, relationship, sorted(images), *([sorted(videos)] if videos else [])]
    return hashlib.sha256(json.dumps(parts, ensure_ascii=False).encode()).hexdigest()


def _normalise(field: str, label: str, text: str) -> str:
    if "\x00" in text:
        raise TextError(field, f"{label}: NUL 문자(0x00)가 들어 있습니다. 지우고 다시 저장하세요.")
    return _CONTROL.sub("", unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\r", "\n")))
