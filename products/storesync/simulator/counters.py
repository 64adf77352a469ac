"""What the simulator saw: the figures that a test or a run report asks for."""

import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

KEPT_VIOLATIONS = 1_000


class Counters:
    """Counts since the start or the last reset; safe to use from many threads. `read_clock` gives the store's seconds."""

    def __init__(self, read_clock: Callable[[], float] = time.monotonic) -> None:
        self._read_clock = read_clock
        self._lock = threading.Lock()
        self._in_flight = 0
        self._clear()

    def _clear(self) -> None:
        self._requests: Counter[str] = Counter()
        self._statuses: Counter[str] = Counter()
        self._statuses_by_route: dict[str, Counter[str]] = {}
        self._violations: deque[dict[str, Any]] = deque(maxlen=KEPT_VIOLATIONS)
        self._refused = 0
        self._began = self._read_clock()
        self._last_arrivals: dict[str, float] = {}
        self._min_gaps: dict[str, float] = {}
        self._max_in_flight = self._in_flight
        self._trace_ids: set[str] = set()
        self._details: Counter[int] = Counter()
        self._faults: Counter[str] = Counter()
        self._events = 0

    def reset(self) -> None:
        """Set every figure to zero; requests in flight stay counted as such."""
        with self._lock:
            self._clear()

    @contextmanager
    def flight(self, trace_id: str) -> Iterator[None]:
        """Count a request as in flight, and remember the caller's trace id unless it is empty."""
        with self._lock:
            self._in_flight += 1
            self._max_in_flight = max(self._max_in_flight, self._in_flight)
            if trace_id:
                self._trace_ids.add(trace_id)
        try:
            yield
        finally:
            with self._lock:
                self._in_flight -= 1

    def record_reply(self, template: str, status: str) -> None:
        """Count one answered request; `status` is the number, or `reset` for a cut connection."""
        with self._lock:
            self._requests[template] += 1
            self._statuses[status] += 1
            self._statuses_by_route.setdefault(template, Counter())[status] += 1

    def record_arrival(self, template: str) -> None:
        """Note when a request came in, for the shortest gap between two of its route."""
        with self._lock:
            now = self._read_clock()
            if template in self._last_arrivals:
                gap = now - self._last_arrivals[template]
                self._min_gaps[template] = min(gap, self._min_gaps.get(template, gap))
            self._last_arrivals[template] = now

    def record_refusal(self, template: str) -> None:
        """Count and log a 429 that the caller brought on itself by an empty bucket."""
        with self._lock:
            self._refused += 1
            at_seconds = round(self._last_arrivals.get(template, self._read_clock()) - self._began, 3)
            self._violations.append({"route": template, "at_seconds": at_seconds})

    def record_detail(self, product_no: int) -> None:
        """Count a detail that passed token and limit, under its origin product number."""
        with self._lock:
            self._details[product_no] += 1

    def record_fault(self, kind: str) -> None:
        """Count one injected fault."""
        with self._lock:
            self._faults[kind] += 1

    def record_event(self) -> None:
        """Count one event that was due."""
        with self._lock:
            self._events += 1

    def build_report(self) -> dict[str, Any]:
        """Return all figures as plain JSON values; seconds are the store's."""
        with self._lock:
            return {
                "requests": dict(self._requests),
                "statuses": dict(self._statuses),
                "statuses_by_route": {name: dict(counts) for name, counts in self._statuses_by_route.items()},
                "rate_limited": self._statuses["429"],
                "rate_limited_by_bucket": self._refused,
                "violations": list(self._violations),
                "elapsed_seconds": round(self._read_clock() - self._began, 3),
                "min_gap_seconds": {name: round(gap, 4) for name, gap in self._min_gaps.items()},
                "in_flight": self._in_flight,
                "max_in_flight": self._max_in_flight,
                "trace_ids": sorted(self._trace_ids),
                "details": {str(number): count for number, count in sorted(self._details.items())},
                "faults": dict(self._faults),
                "events": self._events,
            }
