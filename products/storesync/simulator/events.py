"""What happens while callers are reading: an action that falls due after so many requests of one route."""

import threading
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

ROUTES = ("token", "list", "detail", "image")
PLAN_KEYS = frozenset({"route", "after", "times", "do"})


class EventError(ValueError):
    """An event that cannot be planned; the Korean message names the key and the fix."""


@dataclass
class Event:
    """After each `after` requests of a route, at most `times` (None = always), the actions of `do` are carried out."""

    route: str
    after: int
    times: int | None
    do: Mapping[str, Any]
    seen: int = 0
    fired: int = 0

    def count(self, route: str) -> bool:
        """Count a request and tell whether the event is due by it."""
        if route != self.route:
            return False
        self.seen += 1
        is_due = self.seen % self.after == 0 and (self.times is None or self.fired < self.times)
        self.fired += is_due
        return is_due


class EventBook:
    """All events that are planned, in the order in which they were added; safe to use from many threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._events: tuple[Event, ...] = ()

    def add(self, plan: Mapping[str, Any]) -> None:
        """Plan an event; raises EventError."""
        event = _read_event(plan)
        with self._lock:
            self._events += (event,)

    def clear(self) -> None:
        """Forget every event."""
        with self._lock:
            self._events = ()

    def describe(self) -> list[dict[str, Any]]:
        """Return the events with how often each fired."""
        with self._lock:
            return [vars(event).copy() for event in self._events]

    def take_due(self, route: str) -> list[Mapping[str, Any]]:
        """Count a request of a route and return the actions that are due by it."""
        if not self._events:
            return []
        with self._lock:
            return [event.do for event in self._events if event.count(route)]


def _read_event(plan: Mapping[str, Any]) -> Event:
    unknown = sorted(set(plan) - PLAN_KEYS)
    if unknown:
        raise EventError(f"{', '.join(unknown)}: 없는 항목입니다. {', '.join(sorted(PLAN_KEYS))}만 쓸 수 있습니다.")
    if plan.get("route") not in ROUTES:
        raise EventError(f"route: {', '.join(ROUTES)} 가운데 하나여야 합니다.")
    after, times, actions = plan.get("after", 1), plan.get("times", 1), plan.get("do")
    for key, value in (("after", after), ("times", times)):
        is_count = isinstance(value, int) and not isinstance(value, bool) and value > 0
        if not is_count and (key, value) != ("times", None):
            raise EventError(f"{key}: 1 이상의 정수여야 합니다.")
    if not isinstance(actions, dict) or not actions:
        raise EventError("do: 할 일을 JSON 객체로 적어 주세요.")
    return Event(plan["route"], after, times, actions)
