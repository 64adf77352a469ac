"""The tester's levers under /control: scenarios, settings, edits, events, faults, counters and the whole truth.

No token is needed. A reset brings the store back to its start, with another seed when one is given.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from products.storesync.simulator import actions
from products.storesync.simulator.faultkinds import FAULT_KINDS
from products.storesync.simulator.messages import Reply, Request, json_reply
from products.storesync.simulator.scenarios import SCENARIOS
from products.storesync.simulator.settings import describe_settings
from products.storesync.simulator.shelf import Shelf
from products.storesync.simulator.world import World

NDJSON_TYPE = "application/x-ndjson;charset=UTF-8"
CHUNK_BYTES = 256 * 1024


class ControlPlane:
    """Answers everything under /control; a bad request gets 400 and a Korean message."""

    def __init__(self, world: World) -> None:
        self.world = world
        self._endpoints: Mapping[tuple[str, str], Callable[[Request], Reply]] = {
            ("GET", "/control/counters"): lambda _: json_reply(world.counters.build_report()),
            ("POST", "/control/reset-counters"): self._reset_counters,
            ("POST", "/control/reset"): self._reset,
            ("GET", "/control/scenarios"): lambda _: self._describe_scenarios(),
            ("POST", "/control/scenario"): self._play_scenario,
            ("GET", "/control/settings"): lambda _: self._describe_settings(),
            ("POST", "/control/settings"): self._apply_settings,
            ("GET", "/control/catalogue"): self._stream_catalogue,
            ("POST", "/control/mutate"): self._mutate,
            ("GET", "/control/faults"): lambda _: self._describe_faults(),
            ("POST", "/control/faults"): self._add_fault,
            ("DELETE", "/control/faults"): self._clear_faults,
            ("GET", "/control/events"): lambda _: self._describe_events(),
            ("POST", "/control/events"): self._add_event,
            ("DELETE", "/control/events"): self._clear_events,
            ("POST", "/control/expire-token"): self._expire_token,
        }

    def answer(self, request: Request) -> Reply:
        """Return the reply to a control request."""
        endpoint = self._endpoints.get((request.method, request.path))
        if endpoint is None:
            known = ", ".join(f"{method} {path}" for method, path in self._endpoints)
            return json_reply({"message": f"없는 주소입니다. 쓸 수 있는 것: {known}"}, 404)
        try:
            return endpoint(request)
        except ValueError as error:
            return json_reply({"message": str(error)}, 400)

    def _reset_counters(self, _request: Request) -> Reply:
        self.world.counters.reset()
        return json_reply({})

    def _reset(self, request: Request) -> Reply:
        seed = _read_body(request).get("seed", self.world.start.seed)
        if not isinstance(seed, int) or isinstance(seed, bool):
            raise actions.ActionError("seed: 정수여야 합니다.")
        self.world.reset(seed)
        return self._describe_settings()

    def _describe_scenarios(self) -> Reply:
        known = [
            {"name": scenario.name, "part": scenario.part, "summary": scenario.summary}
            for scenario in SCENARIOS.values()
        ]
        return json_reply({"playing": self.world.scenario, "scenarios": known})

    def _play_scenario(self, request: Request) -> Reply:
        actions.play_scenario(self.world, str(_read_body(request).get("scenario", "")))
        return self._describe_scenarios()

    def _describe_settings(self) -> Reply:
        own = {"seed": self.world.store.seed, "speed": self.world.clock.speed}
        return json_reply(own | describe_settings(self.world.settings))

    def _apply_settings(self, request: Request) -> Reply:
        actions.apply_settings(self.world, _read_body(request))
        return self._describe_settings()

    def _stream_catalogue(self, _request: Request) -> Reply:
        return Reply(content_type=NDJSON_TYPE, chunks=_iterate_truth(self.world.store.shelf))

    def _mutate(self, request: Request) -> Reply:
        return json_reply(vars(actions.apply_mutation(self.world, _read_body(request))))

    def _describe_faults(self) -> Reply:
        kinds = [
            {
                "name": kind.name,
                "summary": kind.summary,
                "routes": sorted(kind.routes),
                "required": sorted(kind.required),
                "optional": sorted(kind.optional),
            }
            for kind in FAULT_KINDS.values()
        ]
        return json_reply({"faults": self.world.faults.describe(), "kinds": kinds})

    def _add_fault(self, request: Request) -> Reply:
        actions.add_fault(self.world, _read_body(request))
        return self._describe_faults()

    def _clear_faults(self, _request: Request) -> Reply:
        self.world.faults.clear()
        return self._describe_faults()

    def _describe_events(self) -> Reply:
        return json_reply({"events": self.world.events.describe()})

    def _add_event(self, request: Request) -> Reply:
        actions.add_event(self.world, _read_body(request))
        return self._describe_events()

    def _clear_events(self, _request: Request) -> Reply:
        self.world.events.clear()
        return self._describe_events()

    def _expire_token(self, request: Request) -> Reply:
        seconds = _read_body(request).get("remainingSeconds", 0)
        return json_reply({"expired": actions.expire_tokens(self.world, seconds)})


def _read_body(request: Request) -> dict[str, Any]:
    value = json.loads(request.body or b"{}")
    if not isinstance(value, dict):
        raise actions.ActionError("요청 본문은 JSON 객체여야 합니다.")
    return value


def _iterate_truth(shelf: Shelf) -> Iterator[bytes]:
    buffer = bytearray()
    for product_no in sorted(shelf.products):
        product = shelf.products[product_no]
        buffer += b'{"originProductNo":%d,"list":%b,"detail":%b}\n' % (
            product_no,
            product.list_bytes,
            product.detail_bytes,
        )
        if len(buffer) >= CHUNK_BYTES:
            yield bytes(buffer)
            buffer.clear()
    yield bytes(buffer)
