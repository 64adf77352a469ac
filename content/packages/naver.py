"""Addresses of posts at Naver: one form for each, whatever the browser's address line held."""

import re
from urllib.parse import parse_qs, urlsplit

LENGTH_LIMIT = 300
EXAMPLE = "https://blog.naver.com/아이디/223123456789"
_BLOG_HOSTS = frozenset({"blog.naver.com", "m.blog.naver.com"})
_CAFE_HOSTS = frozenset({"cafe.naver.com", "m.cafe.naver.com"})
_BLOG_PATH = re.compile(r"/([A-Za-z0-9_-]{2,30})/(\d{1,20})/?")
_CAFE_PATH = re.compile(r"/([A-Za-z0-9_-]{1,40})/(\d{1,20})/?")
_CAFE_NUMBERS = re.compile(r"(?:/f-e|/ca-fe)?(?:/web)?/cafes/(\d{1,20})/articles/(\d{1,20})/?")
_WORD = re.compile(r"[A-Za-z0-9_-]{2,30}")
_NUMBER = re.compile(r"[0-9]{1,20}")


class NotANaverAddress(ValueError):
    """The text is no address of a post at Naver; says why and what to do, in Korean."""


def clean_address(text: str) -> str:
    """The one address of the blog post or cafe article that this text names. Raises NotANaverAddress.

    https only, without port, name or password; mobile and desktop addresses of a post become the same, and what follows
    it (how the reader came) goes.
    """
    given = text.strip()
    try:
        parts = urlsplit(given)
        host, port = (parts.hostname or "").lower(), parts.port
    except ValueError as error:
        raise NotANaverAddress(_refuse(given, "주소로 읽을 수 없습니다.")) from error
    if len(given) > LENGTH_LIMIT or re.search(r"[\s\x00-\x1f\\\\]", given):
        raise NotANaverAddress(_refuse(given, f"빈칸 없이 {LENGTH_LIMIT}자까지의 주소를 쓰세요."))
    if parts.scheme != "https" or port or parts.username is not None or parts.password is not None:
        raise NotANaverAddress(_refuse(given, "https://로 시작하는 주소를 쓰세요."))
    if host not in _BLOG_HOSTS | _CAFE_HOSTS:
        raise NotANaverAddress(_refuse(given, "blog.naver.com이나 cafe.naver.com의 글 주소를 쓰세요."))
    query = {name: values[-1] for name, values in parse_qs(parts.query).items()}
    found = _read_blog(parts.path, query) if host in _BLOG_HOSTS else _read_cafe(parts.path, query)
    if not found:
        raise NotANaverAddress(_refuse(given, "글 하나의 주소가 아닙니다. 올린 글을 열고 그 주소를 쓰세요."))
    return found


def _read_blog(path: str, query: dict[str, str]) -> str:
    found = _BLOG_PATH.fullmatch(path)
    name, number = found.groups() if found else (query.get("blogId", ""), query.get("logNo", ""))
    if not found and path.removesuffix(".nhn").removesuffix(".naver") != "/PostView":
        return ""
    is_whole = _WORD.fullmatch(name) and _NUMBER.fullmatch(number)
    return f"https://blog.naver.com/{name}/{number}" if is_whole else ""


def _read_cafe(path: str, query: dict[str, str]) -> str:
    numbers = _CAFE_NUMBERS.fullmatch(path)
    if numbers:
        return f"https://cafe.naver.com/ca-fe/cafes/{numbers[1]}/articles/{numbers[2]}"
    named = _CAFE_PATH.fullmatch(path)
    if named:
        return f"https://cafe.naver.com/{named[1]}/{named[2]}"
    cafe, article = query.get("clubid", ""), query.get("articleid", "")
    is_article = path.removesuffix(".nhn").removesuffix(".naver") == "/ArticleRead"
    if is_article and _NUMBER.fullmatch(cafe) and _NUMBER.fullmatch(article):
        return f"https://cafe.naver.com/ca-fe/cafes/{cafe}/articles/{article}"
    return ""


def _refuse(given: str, advice: str) -> str:
    return f"네이버 주소: '{given[:80]}'은(는) 쓸 수 없습니다. {advice} 예: {EXAMPLE}"
