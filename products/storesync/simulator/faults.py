"""The faults in play: which kind strikes which request, and how often."""

import threading
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from products.storesync.simulator.derivation import draw_number
from products.storesync.simulator.effects import FaultCall
from products.storesync.simulator.faultkinds import FAULT_KINDS, FaultKind, Stage
from products.storesync.simulator.messages import Reply

PLAN_KEYS = frozenset({"fault", "route", "originProductNo", "after", "times", "every", "percent"})


class FaultError(ValueError):
    """A fault that cannot be played; the Korean message names the key and the fix."""


@dataclass
class Fault:
    """A kind of fault with its aim: route and product (None = any), and how often it strikes.

    Of the matching requests the first `after` are let be, then each `every`-th is struck, by a chance of `percent`,
    at most `times`. The chance is drawn from the seed and the number of the request.
    """

    kind: FaultKind
    route: str | None
    product_no: int | None
    after: int
    times: int | None
    every: int
    percent: int
    parameters: Mapping[str, Any]
    seed: int = 0
    matched: int = 0
    fired: int = 0

    def is_aimed_at(self, route: str, product_nos: tuple[int, ...]) -> bool:
        """Tell whether a request of this route about these products is meant."""
        is_route = route == self.route if self.route else route in self.kind.routes
        return is_route and (self.product_no is None or self.product_no in product_nos)

    def strike(self) -> bool:
        """Count a matching request and tell whether it is struck."""
        self.matched += 1
        number = self.matched - self.after
        is_due = number > 0 and number % self.every == 0 and (self.times is None or self.fired < self.times)
        is_due = is_due and draw_number(self.seed, number, f"fault {self.kind.name}", 100) < self.percent
        self.fired += is_due
        return is_due

    def describe(self) -> dict[str, Any]:
        """Return the fault as plain JSON values."""
        names = ("route", "product_no", "after", "times", "every", "percent", "matched", "fired")
        return {"fault": self.kind.name, **{name: getattr(self, name) for name in names}, **self.parameters}


class FaultBook:
    """All faults in play, in the order in which they were added; safe to use from many threads."""

    def __init__(self, seed: int = 0) -> None:
        self._seed = seed
        self._lock = threading.Lock()
        self._faults: tuple[Fault, ...] = ()

    def add(self, plan: Mapping[str, Any]) -> None:
        """Put a fault into play; raises FaultError."""
        fault = read_fault(plan, self._seed)
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
                fault for fault in self._faults if fault.kind.stage is stage and fault.is_aimed_at(route, product_nos)
            )
            return next((fault for fault in aimed if fault.strike()), None)


def play_fault(fault: Fault, reply: Reply, route: str, trace_id: str) -> Reply:
    """Return what the fault makes of an honest reply."""
    return fault.kind.effect(FaultCall(reply, route, trace_id, fault.product_no, fault.parameters))


def read_fault(plan: Mapping[str, Any], seed: int) -> Fault:
    """Return the checked fault of a control request; raises FaultError."""
    kind = FAULT_KINDS.get(str(plan.get("fault")))
    if kind is None:
        raise FaultError(f"fault: {', '.join(FAULT_KINDS)} 가운데 하나여야 합니다.")
    route = plan.get("route")
    if route is not None and route not in kind.routes:
        raise FaultError(f"route: {kind.name}은(는) {', '.join(sorted(kind.routes))}에만 쓸 수 있습니다.")
    product_no = _read_count(plan, "originProductNo")
    if product_no and route == "list" and kind.stage is Stage.GATEWAY:
        raise FaultError("originProductNo: 목록의 상품은 게이트웨이에서 알 수 없습니다. 이 값을 빼 주세요.")
    parameters = {key: value for key, value in plan.items() if key not in PLAN_KEYS}
    _check_parameters(kind, parameters)
    percent = _read_count(plan, "percent") or 100
    if percent > 100:
        raise FaultError("percent: 100 이하여야 합니다.")
    return Fault(
        kind,
        route,
        product_no,
        after=_read_count(plan, "after") or 0,
        times=_read_count(plan, "times"),
        every=_read_count(plan, "every") or 1,
        percent=percent,
        parameters=parameters,
        seed=seed,
    )


def _read_count(plan: Mapping[str, Any], key: str) -> int | None:
    value = plan.get(key)
    if value is None or (isinstance(value, int) and not isinstance(value, bool) and value > 0):
        return value
    raise FaultError(f"{key}: 1 이상의 정수여야 합니다.")


def _check_parameters(kind: FaultKind, parameters: Mapping[str, Any]) -> None:
    known = {**kind.required, **kind.optional}
    for key in kind.required:
        if key not in parameters:
            raise FaultError(f"{key}: {kind.name}에 필요한 값입니다.")
    for key, value in parameters.items():
        if key not in known:
            raise FaultError(f"{key}: {kind.name}에 없는 값입니다. 지워 주세요.")
        if not isinstance(value, known[key]) or isinstance(value, bool):
            raise FaultError(f"{key}: 값의 형식이 다릅니다.")
