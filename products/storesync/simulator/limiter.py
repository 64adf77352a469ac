"""One token bucket per (application, route template), refilled continuously."""

import threading
import time
from collections.abc import Callable

UNLIMITED_RATE_PER_SECOND = 1_000_000  # announced while throttling is off, so that a header-led client never waits


class RateLimiter:
    """Buckets that start full; a rate of 0 never refuses. Safe to use from many threads."""

    def __init__(self, rate: int, burst: int | None = None, read_clock: Callable[[], float] = time.monotonic) -> None:
        """`rate` in requests per second, `burst` in requests (twice the rate when None)."""
        self.is_limited = rate > 0
        self.rate = rate or UNLIMITED_RATE_PER_SECOND
        self.burst = burst or 2 * self.rate
        self._read_clock = read_clock
        self._lock = threading.Lock()
        self._levels: dict[tuple[str, str], tuple[float, float]] = {}

    def take(self, app: str, template: str) -> tuple[bool, int]:
        """Take one request out of a bucket; return whether it was allowed and the whole requests left."""
        if not self.is_limited:
            return True, self.burst
        with self._lock:
            now = self._read_clock()
            level = self._refill(app, template, now)
            is_allowed = level >= 1.0
            level -= 1.0 if is_allowed else 0.0
            self._levels[app, template] = (level, now)
            return is_allowed, int(level)

    def look(self, app: str, template: str) -> int:
        """Return the whole requests left in a bucket, taking none."""
        if not self.is_limited:
            return self.burst
        with self._lock:
            return int(self._refill(app, template, self._read_clock()))

    def _refill(self, app: str, template: str, now: float) -> float:
        level, then = self._levels.get((app, template), (float(self.burst), now))
        return min(float(self.burst), level + (now - then) * self.rate)

    def build_headers(self, remaining: int) -> tuple[tuple[str, str], ...]:
        """Return the three headers that every reply carries."""
        return (
            ("GNCP-GW-RateLimit-Replenish-Rate", str(self.rate)),
            ("GNCP-GW-RateLimit-Burst-Capacity", str(self.burst)),
            ("GNCP-GW-RateLimit-Remaining", str(remaining)),
        )
