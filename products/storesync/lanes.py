"""The turns at one API of the store: when the next caller may send, led by the limits that each reply announces.

The store keeps a token bucket per API and application: `rate` requests a second, `burst` at most, `remaining` left. A
lane is the caller's side of it, a plain value without a clock; who keeps it (see `books`) decides who shares it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Self

DEFAULT_RATE_PER_SECOND = 2.0
"""What the live API was measured to allow; each reply's own figure replaces it."""
CAUTIOUS_FACTOR = 1.04
"""Spacing of 1/rate x 1.04 met no 429 in either refill mode (discrete-event check over 1,000 details)."""
STARVED_FACTOR = 1.25
LEASE_SECONDS = 0.05
"""So many seconds' turns may be taken at once: a store without a limit must not cost a look at the book per call."""
LONGEST_LEAD_SECONDS = 3_600.0
"""A lane whose next turn lies farther ahead was written by a clock that was wrong, unless the store said so."""
LONGEST_PAUSE_SECONDS = 86_400.0
"""Whatever the store says, it is asked again after a day."""

RATE_HEADER = "GNCP-GW-RateLimit-Replenish-Rate"
BURST_HEADER = "GNCP-GW-RateLimit-Burst-Capacity"
REMAINING_HEADER = "GNCP-GW-RateLimit-Remaining"


@dataclass(frozen=True, slots=True)
class Limit:
    """What one reply said of its bucket; None where a header is missing or no number."""

    rate: float | None = None
    burst: int | None = None
    remaining: int | None = None

    def choose_factor(self) -> float:
        """How many times 1/rate to leave between two calls: full speed as long as the bucket has one more to give.

        That one covers calls that arrive closer together than they were sent.
        """
        if self.remaining is None:
            return CAUTIOUS_FACTOR
        return STARVED_FACTOR if self.remaining == 0 else 1.0


@dataclass(frozen=True, slots=True)
class Turns:
    """What a caller was given: `count` calls that it may send now, else `wait_seconds` until it is worth asking again."""

    count: int
    wait_seconds: float


@dataclass(frozen=True, slots=True)
class Lane:
    """Where the turns of one API stand; moments in seconds of its keeper's clock.

    A turn that nobody took in time is kept, up to half of the store's own burst: a pause for writing costs no calls.
    """

    rate: float
    kept_turns: float
    factor: float
    last_turn_at: float
    paused_until: float
    paused_at: float = 0.0

    @classmethod
    def start(cls, now: float, *, rate: float = DEFAULT_RATE_PER_SECOND) -> Self:
        """A lane that nobody has used yet: one turn is free at once."""
        before = now - CAUTIOUS_FACTOR / rate
        return cls(rate, 1.0, CAUTIOUS_FACTOR, before, before, before)

    @property
    def spacing_seconds(self) -> float:
        """The seconds between two turns as things stand."""
        return self.factor / self.rate

    def is_sane(self, now: float) -> bool:
        """Whether the lane was written by a clock that agrees with ours."""
        is_told = 0 < self.paused_at <= now and self.last_turn_at <= self.paused_until
        most = LONGEST_PAUSE_SECONDS if is_told else LONGEST_LEAD_SECONDS
        return max(self.last_turn_at, self.paused_until) <= now + most

    def take(self, now: float) -> tuple["Lane", Turns]:
        """The lane after a caller came for turns at that moment, and what it was given."""
        spacing = self.spacing_seconds
        free_at = max(self.last_turn_at + spacing, self.paused_until)
        if now < free_at:
            return self, Turns(0, free_at - now)
        count = max(1, min(int(self.rate * LEASE_SECONDS), int(self.kept_turns / 2)))
        first_at = max(self.last_turn_at + spacing, now - self.kept_turns * spacing)
        return replace(self, last_turn_at=first_at + (count - 1) * spacing), Turns(count, 0.0)

    def learn(self, limit: Limit) -> "Lane":
        """The lane after a reply announced its limits."""
        rate = limit.rate or self.rate
        kept_turns = limit.burst / 2 if limit.burst else self.kept_turns
        return replace(self, rate=rate, kept_turns=kept_turns, factor=limit.choose_factor())

    def pause(self, now: float, seconds: float) -> "Lane":
        """The lane after the store said stop: nobody sends for so long, and what was kept before is void."""
        until = max(self.paused_until, now + min(seconds, LONGEST_PAUSE_SECONDS))
        last_turn_at = max(self.last_turn_at, until - self.spacing_seconds)
        return replace(self, paused_until=until, last_turn_at=last_turn_at, paused_at=now)


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
    except (ValueError, OverflowError):
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
