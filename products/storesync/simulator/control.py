"""The tester's levers under /control: counters, edits, faults, token expiry and the whole truth. No token needed."""

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from products.storesync.simulator.faults import FaultError
from products.storesync.simulator.gateway import Gateway
from products.storesync.simulator.messages import Reply, Request, json_reply
from products.storesync.simulator.mutations import MutationError, mutate_store
from products.storesync.simulator.scenarios import SCENARIOS
from products.storesync.simulator.shelf import Shelf

NDJSON_TYPE = "application/x-ndjson;charset=UTF-8"
CHUNK_BYTES = 256 * 1024


class ControlPlane:
    """Answers everything under /control; a bad request gets 400 and a Korean message."""

    def __init__(self, gateway: Gateway) -> None:
        self.gateway = gateway
        self._endpoints: Mapping[tuple[str, str], Callable[[Request], Reply]] = {
            ("GET", "/control/counters"): lambda _: json_reply(gateway.counters.build_report()),
            ("POST", "/control/reset-counters"): self._reset_counters,
            ("GET", "/control/catalogue"): self._stream_catalogue,
            ("POST", "/control/mutate"): self._mutate,
            ("GET", "/control/faults"): lambda _: self._describe_faults(),
            ("POST", "/control/faults"): self._add_fault,
            ("DELETE", "/control/faults"): self._clear_faults,
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
        except (FaultError, MutationError, json.JSONDecodeError, UnicodeDecodeError) as error:
            return json_reply({"message": str(error)}, 400)

    def _reset_counters(self, _request: Request) -> Reply:
        self.gateway.counters.reset()
        return json_reply({})

    def _stream_catalogue(self, _request: Request) -> Reply:
        return Reply(content_type=NDJSON_TYPE, chunks=_iterate_truth(self.gateway.store.shelf))

    def _mutate(self, request: Request) -> Reply:
        return json_reply(vars(mutate_store(self.gateway.store, _read_body(request))))

    def _describe_faults(self) -> Reply:
        scenarios = [
            {
                "name": scenario.name,
                "summary": scenario.summary,
                "routes": sorted(scenario.routes),
                "required": sorted(scenario.required),
                "optional": sorted(scenario.optional),
            }
            for scenario in SCENARIOS.values()
        ]
        return json_reply({"faults": self.gateway.faults.describe(), "scenarios": scenarios})

    def _add_fault(self, request: Request) -> Reply:
        self.gateway.faults.add(_read_body(request))
        return self._describe_faults()

    def _clear_faults(self, _request: Request) -> Reply:
        self.gateway.faults.clear()
        return self._describe_faults()

    def _expire_token(self, request: Request) -> Reply:
        seconds = _read_body(request).get("remainingSeconds", 0)
        if not isinstance(seconds, int | float) or seconds < 0:
            return json_reply({"message": "remainingSeconds: 0 이상의 초여야 합니다."}, 400)
        return json_reply({"expired": self.gateway.tokens.expire(float(seconds))})


def _read_body(request: Request) -> dict[str, Any]:
    value = json.loads(request.body or b"{}")
    if not isinstance(value, dict):
        raise MutationError("요청 본문은 JSON 객체여야 합니다.")
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
