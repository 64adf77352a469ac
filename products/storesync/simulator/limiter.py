"""One token bucket per (application, route template), refilled by the moment or by whole seconds."""

import math
import threading

from products.storesync.simulator.clock import StoreClock
from products.storesync.simulator.settings import Settings

UNLIMITED_RATE_PER_SECOND = 1_000_000  # announced while throttling is off, so that a header-led client never waits

Headers = tuple[tuple[str, str], ...]


class RateLimiter:
    """Buckets that start full; a rate of 0 never refuses. Safe to use from many threads."""

    def __init__(self, clock: StoreClock, settings: Settings) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._levels: dict[tuple[str, str], tuple[float, float]] = {}
        self.configure(settings)

    def configure(self, settings: Settings) -> None:
        """Go on by other limits; what the buckets hold stays, up to the new burst."""
        self.is_limited = settings.rate > 0
        self.rate = settings.rate or UNLIMITED_RATE_PER_SECOND
        self.burst = settings.burst or 2 * self.rate
        self._is_by_second = settings.refill == "second"
        self._variant = settings.limit_headers

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

    def _read_clock(self) -> float:
        seconds = self._clock.read_seconds()
        return math.floor(seconds) if self._is_by_second else seconds

    def _refill(self, app: str, template: str, now: float) -> float:
        level, then = self._levels.get((app, template), (float(self.burst), now))
        return min(float(self.burst), level + max(0.0, now - then) * self.rate)

    def build_headers(self, remaining: int) -> Headers:
        """Return the three headers that every reply carries, or what is left of them.

        The rate is the one that the caller's clock sees: `speed` times the store's own.
        """
        if self._variant == "missing":
            return ()
        rate = str(int(self.rate * self._clock.speed) if self.is_limited else self.rate)
        burst, left = str(self.burst), str(remaining)
        if self._variant == "non_numeric":
            rate, burst, left = f"{rate}/s", "twice", "unknown"
        if self._variant == "negative":
            left = str(remaining or -1)
        return (
            ("GNCP-GW-RateLimit-Replenish-Rate", rate),
            ("GNCP-GW-RateLimit-Burst-Capacity", burst),
            ("GNCP-GW-RateLimit-Remaining", left),
        )
