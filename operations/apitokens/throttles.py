"""How often a caller may ask: requests are counted in fixed windows, in the cache that all processes share.

Counted by one increment rather than as REST framework does it, which reads and writes a list of all requests of the
window: two processes at one time would lose each other's. A caller may pass twice the number around a window's border.
"""

from __future__ import annotations

import re
import time
from abc import ABC, abstractmethod
from hashlib import blake2b
from typing import TYPE_CHECKING

from django.conf import settings
from django.core.cache import cache
from rest_framework.throttling import BaseThrottle

from products.catalog.scopes import name_caller

if TYPE_CHECKING:
    from rest_framework.request import Request
    from rest_framework.views import APIView

SECONDS = {"s": 1, "m": 60, "h": 3_600, "d": 86_400}

_RATE = re.compile(r"([1-9][0-9]{0,8})/(s|m|h|d)[a-z]*")


def parse_rate(text: str) -> tuple[int, int] | None:
    """(requests, seconds) of `600/min`; None for "": no limit. ValueError for any other text."""
    if not text:
        return None
    found = _RATE.fullmatch(text)
    if found is None:
        raise ValueError(
            f"{text!r}: '600/min'처럼 수와 sec, min, hour, day 가운데 하나를 쓰세요. 비우면 제한이 없습니다."
        )
    return int(found[1]), SECONDS[found[2]]


class WindowThrottle(BaseThrottle, ABC):
    """So many requests in each window of time, by caller."""

    setting: str
    """The setting that holds the rate."""

    @abstractmethod
    def name_asker(self, request: Request) -> str:
        """Who is counted; "" for who is none of this throttle's business."""

    def allow_request(self, request: Request, view: APIView) -> bool:
        """Count the request; whether it is within the rate."""
        rate, asker = parse_rate(getattr(settings, self.setting)), self.name_asker(request)
        if rate is None or not asker:
            return True
        most, seconds = rate
        now = time.time()
        window = int(now // seconds)
        self.left_seconds = (window + 1) * seconds - now
        return self._count(f"{asker}:{window}", seconds) <= most

    def wait(self) -> float:
        """Seconds until the window ends."""
        return self.left_seconds

    def _count(self, name: str, seconds: int) -> int:
        key = f"api-rate:{blake2b(f'{self.setting}:{name}'.encode(), digest_size=16).hexdigest()}"
        cache.add(key, 0, timeout=2 * seconds)
        try:
            return cache.incr(key)
        except ValueError:  # the cache was emptied in between
            return 1


class CallerThrottle(WindowThrottle):
    """By token, or by user where there is a session."""

    setting = "API_RATE_CALLER"

    def name_asker(self, request: Request) -> str:
        """`token:<id>` or `user:<id>`."""
        return name_caller(request) if request.user.is_authenticated else ""


class AddressThrottle(WindowThrottle):
    """By address, whoever could not say who they are."""

    setting = "API_RATE_ADDRESS"

    def name_asker(self, request: Request) -> str:
        """The address; that which the last of API_PROXIES proxies saw."""
        return "" if request.user.is_authenticated else self.get_ident(request)
