"""What comes in and what goes out: requests, replies and the three shapes of an error body."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from products.storesync.simulator import clock

JSON_TYPE = "application/json;charset=UTF-8"


@dataclass(frozen=True)
class Request:
    """One HTTP request; header names are in lower case, `address` is the caller's IP."""

    method: str
    path: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    address: str = ""


@dataclass(frozen=True)
class Reply:
    """One HTTP reply; `delay_seconds` are the store's. `chunks` replaces `body` for a stream.

    `is_reset` cuts the connection instead of answering; with `is_head_sent` after the headers and half the body.
    """

    status: int = 200
    body: bytes = b""
    content_type: str = JSON_TYPE
    headers: tuple[tuple[str, str], ...] = ()
    product_nos: tuple[int, ...] = ()
    chunks: Iterable[bytes] | None = None
    delay_seconds: float = 0.0
    is_reset: bool = False
    is_head_sent: bool = False


@dataclass(frozen=True)
class InvalidInput:
    """One entry of `invalidInputs`: the field, the rule that it breaks, and what to do."""

    name: str
    type: str
    message: str


class BadRequestError(Exception):
    """The request breaks the contract; answered with 400 BAD_REQUEST and `invalidInputs`."""

    def __init__(self, *inputs: InvalidInput) -> None:
        super().__init__("; ".join(f"{entry.name}: {entry.message}" for entry in inputs))
        self.inputs = inputs


def encode_json(value: Any) -> bytes:
    """Return compact UTF-8 JSON; half of a surrogate pair, which UTF-8 cannot hold, goes out as its escape."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode(errors="backslashreplace")


def json_reply(value: Any, status: int = 200) -> Reply:
    """Return a reply with a JSON body."""
    return Reply(status=status, body=encode_json(value))


def gateway_error(status: int, code: str, message: str, trace_id: str) -> Reply:
    """Return an error of the gateway, the only kind whose body carries `traceId`."""
    timestamp = clock.format_timestamp(clock.read_now())
    return json_reply({"code": code, "message": message, "timestamp": timestamp, "traceId": trace_id}, status)


def server_error(status: int, code: str, message: str, inputs: Sequence[InvalidInput] = ()) -> Reply:
    """Return an error of the product or token server; `invalidInputs` is left out when there are none."""
    body: dict[str, Any] = {"code": code, "message": message}
    if inputs:
        body["invalidInputs"] = [vars(entry) for entry in inputs]
    return json_reply(body | {"timestamp": clock.format_timestamp(clock.read_now())}, status)
