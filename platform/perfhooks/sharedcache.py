"""A Redis cache that may be away: meanwhile each process keeps for itself what it would have shared.

What is kept here (counts of requests, keys of pages, choices of filters) can be had again or may be counted apart for a
while. So a Redis that is down or silent costs a second now and then, and no page.
"""

import time
from functools import partialmethod
from typing import Any

import structlog
from django.core.cache.backends.locmem import LocMemCache
from django.core.cache.backends.redis import RedisCache
from redis.exceptions import RedisError

ANSWER_WITHIN_SECONDS = 1.0
ASKED_AGAIN_AFTER_SECONDS = 5.0
OWN_ENTRIES_MOST = 10_000

log = structlog.get_logger()
_left_alone_until: dict[str, float] = {}
"""{address: moment of the monotonic clock}: Django makes one cache object per thread, and one that found out is enough."""


class SteadyRedisCache(RedisCache):
    """As Django's own; without an answer from Redis, the cache of this process."""

    def __init__(self, server: str, params: dict[str, Any]) -> None:
        patience = {"socket_connect_timeout": ANSWER_WITHIN_SECONDS, "socket_timeout": ANSWER_WITHIN_SECONDS}
        super().__init__(server, {**params, "OPTIONS": {**patience, **params.get("OPTIONS", {})}})
        self._server = server
        self._own = LocMemCache(f"instead of {server}", {**params, "OPTIONS": {"MAX_ENTRIES": OWN_ENTRIES_MOST}})

    def _ask(self, verb: str, *args: Any, **options: Any) -> Any:
        if time.monotonic() >= _left_alone_until.get(self._server, 0.0):
            try:
                return getattr(super(), verb)(*args, **options)
            except RedisError as error:
                _left_alone_until[self._server] = time.monotonic() + ASKED_AGAIN_AFTER_SECONDS
                log.warning("cache_unreachable", error=type(error).__name__)
        return getattr(self._own, verb)(*args, **options)

    add = partialmethod(_ask, "add")
    get = partialmethod(_ask, "get")
    set = partialmethod(_ask, "set")
    touch = partialmethod(_ask, "touch")
    delete = partialmethod(_ask, "delete")
    get_many = partialmethod(_ask, "get_many")
    has_key = partialmethod(_ask, "has_key")
    incr = partialmethod(_ask, "incr")
    set_many = partialmethod(_ask, "set_many")
    delete_many = partialmethod(_ask, "delete_many")
    clear = partialmethod(_ask, "clear")
