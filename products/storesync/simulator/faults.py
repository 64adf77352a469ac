"""The faults in play: which scenario strikes which request, and how often."""

import threading
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from products.storesync.simulator.messages import Reply
from products.storesync.simulator.scenarios import SCENARIOS, FaultCall, Scenario, Stage

PLAN_KEYS = frozenset({"scenario", "route", "originProductNo", "times", "every"})


class FaultError(ValueError):
    """A fault that cannot be played; the Korean message names the key and the fix."""


@dataclass
class Fault:
    """A scenario with its aim: route and product (None = any), at most `times`, each `every`-th matching request."""

    scenario: Scenario
    route: str | None
    product_no: int | None
    times: int | None
    every: int
    parameters: Mapping[str, Any]
    matched: int = 0
    fired: int = 0

    def is_aimed_at(self, route: str, product_nos: tuple[int, ...]) -> bool:
        """Tell whether a request of this route about these products is meant."""
        is_route = route == self.route if self.route else route in self.scenario.routes
        return is_route and (self.product_no is None or self.product_no in product_nos)

    def strike(self) -> bool:
        """Count a matching request and tell whether it is struck."""
        self.matched += 1
        is_due = self.matched % self.every == 0 and (self.times is None or self.fired < self.times)
        self.fired += is_due
        return is_due

    def describe(self) -> dict[str, Any]:
        """Return the fault as plain JSON values."""
        names = ("route", "product_no", "times", "every", "matched", "fired")
        return {"scenario": self.scenario.name, **{name: getattr(self, name) for name in names}, **self.parameters}


class FaultBook:
    """All faults in play, in the order in which they were added; safe to use from many threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._faults: tuple[Fault, ...] = ()

    def add(self, plan: Mapping[str, Any]) -> None:
        """Put a fault into play; raises FaultError."""
        fault = read_fault(plan)
        with self._lock:
            self._faults += (fault,)

    def clear(self) -> None:
        """Take every fault out of play."""
        with self._lock:
            self._faults = ()

    def describe(self) -> list[dict[str, Any]]:
        """Return the faults in play with how often each matched and fired."""
        with self._lock:
            return [fault.describe() for fault in self._faults]

    def find(self, stage: Stage, route: str, product_nos: tuple[int, ...]) -> Fault | None:
        """Return the first fault that strikes this request, if any, and count it."""
        if not self._faults:
            return None
        with self._lock:
            aimed = (
                fault
                for fault in self._faults
                if fault.scenario.stage is stage and fault.is_aimed_at(route, product_nos)
            )
            return next((fault for fault in aimed if fault.strike()), None)


def play_fault(fault: Fault, reply: Reply, route: str, trace_id: str) -> Reply:
    """Return what the fault makes of an honest reply."""
    return fault.scenario.effect(FaultCall(reply, route, trace_id, fault.product_no, fault.parameters))


def read_fault(plan: Mapping[str, Any]) -> Fault:
    """Return the checked fault of a control request; raises FaultError."""
    scenario = SCENARIOS.get(str(plan.get("scenario")))
    if scenario is None:
        raise FaultError(f"scenario: {', '.join(SCENARIOS)} 가운데 하나여야 합니다.")
    route = plan.get("route")
    if route is not None and route not in scenario.routes:
        raise FaultError(f"route: {scenario.name}은(는) {', '.join(sorted(scenario.routes))}에만 쓸 수 있습니다.")
    product_no = _read_count(plan, "originProductNo")
    if product_no and route == "list" and scenario.stage is Stage.GATEWAY:
        raise FaultError("originProductNo: 목록의 상품은 게이트웨이에서 알 수 없습니다. 이 값을 빼 주세요.")
    parameters = {key: value for key, value in plan.items() if key not in PLAN_KEYS}
    _check_parameters(scenario, parameters)
    return Fault(scenario, route, product_no, _read_count(plan, "times"), _read_count(plan, "every") or 1, parameters)


def _read_count(plan: Mapping[str, Any], key: str) -> int | None:
    value = plan.get(key)
    if value is None or (isinstance(value, int) and not isinstance(value, bool) and value > 0):
        return value
    raise FaultError(f"{key}: 1 이상의 정수여야 합니다.")


def _check_parameters(scenario: Scenario, parameters: Mapping[str, Any]) -> None:
    known = {**scenario.required, **scenario.optional}
    for key in scenario.required:
        if key not in parameters:
            raise FaultError(f"{key}: {scenario.name}에 필요한 값입니다.")
    for key, value in parameters.items():
        if key not in known:
            raise FaultError(f"{key}: {scenario.name}에 없는 값입니다. 지워 주세요.")
        if not isinstance(value, known[key]) or isinstance(value, bool):
            raise FaultError(f"{key}: 값의 형식이 다릅니다.")
