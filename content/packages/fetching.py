"""Fetching a product's picture over HTTP, with an end to everything: time, bytes, redirects and attempts."""

import time
from functools import lru_cache

import httpx
import stamina

from content.posts.images import SIZE_LIMIT_BYTES, NotAPicture, Picture, verify_picture
from perfhooks.trace import outgoing_headers

TIMEOUT_SECONDS = 10.0
TOTAL_LIMIT_SECONDS = 30.0
ATTEMPTS = 3
FIRST_WAIT_SECONDS = 0.1
LONGEST_WAIT_SECONDS = 1.0
REDIRECT_LIMIT = 3


class PictureRefused(ValueError):
    """The address gives no usable picture, and trying again would not help; says why, in Korean."""


class PictureUnreachable(RuntimeError):
    """The address could not be read now; says why, in Korean."""


def fetch_picture(url: str) -> Picture:
    """Read and verify the picture at this address. Raises PictureRefused or PictureUnreachable."""
    try:
        data = _fetch_with_retries(url)
    except httpx.HTTPStatusError as error:
        raise PictureUnreachable(f"서버가 {error.response.status_code}(으)로 답했습니다.") from error
    except (httpx.UnsupportedProtocol, httpx.InvalidURL, httpx.TooManyRedirects) as error:
        raise PictureRefused("읽을 수 없는 주소입니다.") from error
    except httpx.TransportError as error:
        raise PictureUnreachable(f"{ATTEMPTS}번 시도했지만 연결하지 못했습니다({type(error).__name__}).") from error
    try:
        return verify_picture(data)
    except NotAPicture as error:
        raise PictureRefused(str(error)) from error


def _fetch_with_retries(url: str) -> bytes:
    attempts = stamina.retry_context(
        on=_is_passing,
        attempts=ATTEMPTS,
        wait_initial=FIRST_WAIT_SECONDS,
        wait_max=LONGEST_WAIT_SECONDS,
        wait_jitter=FIRST_WAIT_SECONDS,
    )
    for attempt in attempts:
        with attempt:
            return _fetch_once(url)
    raise AssertionError("stamina ends with a value or an error")


def _fetch_once(url: str) -> bytes:
    deadline = time.monotonic() + TOTAL_LIMIT_SECONDS
    with _get_client().stream("GET", url, headers=outgoing_headers()) as response:
        if response.status_code >= 500 or response.status_code == 429:
            response.raise_for_status()
        if response.status_code != 200:
            raise PictureRefused(f"서버가 {response.status_code}(으)로 답했습니다.")
        data = bytearray()
        for chunk in response.iter_bytes():
            data += chunk
            if len(data) > SIZE_LIMIT_BYTES:
                raise PictureRefused("파일이 한도 20 MB를 넘습니다.")
            if time.monotonic() > deadline:
                raise httpx.ReadTimeout(f"no end after {TOTAL_LIMIT_SECONDS:.0f} s")
    return bytes(data)


def _is_passing(error: Exception) -> bool:
    lasting = httpx.UnsupportedProtocol | httpx.TooManyRedirects
    return isinstance(error, httpx.TransportError | httpx.HTTPStatusError) and not isinstance(error, lasting)


@lru_cache(maxsize=1)
def _get_client() -> httpx.Client:
    return httpx.Client(timeout=TIMEOUT_SECONDS, follow_redirects=True, max_redirects=REDIRECT_LIMIT)
