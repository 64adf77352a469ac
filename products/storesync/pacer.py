"""Waiting for one's turn: any number of threads in front of one book, which other processes may share."""

import math
import threading
import time
from collections.abc import Callable
from typing import Protocol

from products.storesync.lanes import DEFAULT_RATE_PER_SECOND, LEASE_SECONDS, Lane, Limit, Turns

LONGEST_NAP_SECONDS = 0.25
"""How soon a sleeper notices that the announced rate has changed, or that the lane is paused."""

Change = Callable[[Lane | None, float], Lane]
"""From the lane as it stands (None: nobody has used it) and the present moment of its clock, the lane as it shall be."""


class LanePaused(Exception):
    """The store has told everybody to wait for so long."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        super().__init__(f"{seconds:.0f} s")


class TurnBook(Protocol):
    """Who keeps a lane."""

    def change(self, change: Change) -> Lane:
        """Replace the lane, while nobody else can; returns the new one."""
        ...

    def close(self) -> None:
        """Let go of files and connections."""
        ...


class MemoryBook:
    """A lane for the threads of this process alone."""

    def __init__(self, read_clock: Callable[[], float] = time.monotonic) -> None:
        self._read_clock, self._lock = read_clock, threading.Lock()
        self._lane: Lane | None = None

    def change(self, change: Change) -> Lane:
        """Replace the lane."""
        with self._lock:
            self._lane = change(self._lane, self._read_clock())
            return self._lane

    def close(self) -> None:
        """There is nothing to let go of."""


class Pacer:
    """Hands out turns to any number of threads at the announced rate.

    A caller that waits its turn here meets no 429 of its own making, however many share the book.
    """

    def __init__(
        self,
        book: TurnBook | None = None,
        *,
        rate: float = DEFAULT_RATE_PER_SECOND,
        read_clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._book = book or MemoryBook(read_clock)
        self._rate, self._read_clock, self._sleep = rate, read_clock, sleep
        self._asking, self._lock = threading.Lock(), threading.Lock()
        self._leased, self._leased_until = 0, 0.0
        self._seen: Lane | None = None

    def read_lane(self) -> Lane:
        """How the turns stand."""
        return self._change(lambda lane, _now: lane)

    def wait_turn(self, *, longest_pause_seconds: float = math.inf) -> None:
        """Return when the caller may send; raises LanePaused when the lane is paused for longer than that."""
        with self._asking:  # the threads of this process ask one after the other
            while (wait_seconds := self._take_turn(longest_pause_seconds)) > 0:
                self._sleep(min(wait_seconds, LONGEST_NAP_SECONDS))

    def _take_turn(self, longest_pause_seconds: float) -> float:
        with self._lock:
            if self._leased and self._read_clock() < self._leased_until:
                self._leased -= 1
                return 0.0
        given: list[Turns] = []

        def take(lane: Lane, now: float) -> Lane:
            pause_seconds = lane.paused_until - now
            if pause_seconds > longest_pause_seconds:
                raise LanePaused(pause_seconds)
            changed, turns = lane.take(now)
            given.append(turns)
            return changed

        self._change(take)
        with self._lock:
            self._leased = max(0, given[-1].count - 1)
            self._leased_until = self._read_clock() + LEASE_SECONDS
        return given[-1].wait_seconds

    def learn(self, limit: Limit) -> None:
        """Follow what a reply announced: full speed while the bucket has one more to give, slower when it runs dry."""
        if self._seen is None or self._seen.learn(limit) != self._seen:
            self._change(lambda lane, _now: lane.learn(limit))

    def pause(self, seconds: float) -> None:
        """Let nobody send for so many seconds from now."""
        with self._lock:
            self._leased = 0
        self._change(lambda lane, now: lane.pause(now, seconds))

    def close(self) -> None:
        """Let go of the book."""
        self._book.close()

    def _change(self, change: Callable[[Lane, float], Lane]) -> Lane:
        def change_sane(lane: Lane | None, now: float) -> Lane:
            known = lane if lane and lane.is_sane(now) else Lane.start(now, rate=self._rate)
            return change(known, now)

        self._seen = self._book.change(change_sane)
        return self._seen
