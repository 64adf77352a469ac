"""What a fault does to a reply: each function takes the honest answer and returns the one that is sent."""

import email.utils
import gzip
import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from products.storesync.simulator.messages import Reply, encode_json, gateway_error, server_error

MAINTENANCE_PAGE = "<!DOCTYPE html><html><body><h1>시스템 점검 중입니다.</h1></body></html>".encode()
BYTE_ORDER_MARK = b"\xef\xbb\xbf"
LIMITED = "요청이 많아 처리하지 못했습니다. 잠시 후 다시 시도해 주세요."


@dataclass(frozen=True)
class FaultCall:
    """What an effect works on; `reply` is the honest answer, empty at the gateway."""

    reply: Reply
    route: str
    trace_id: str
    product_no: int | None
    parameters: Mapping[str, Any]


def cut_body(call: FaultCall) -> Reply:
    """Send the first half of the honest body."""
    return replace(call.reply, body=call.reply.body[: len(call.reply.body) // 2])


def cut_character(call: FaultCall) -> Reply:
    """Lose the last byte of one Hangul syllable: in a detail's text, or in a list entry of the fault's product."""
    body = call.reply.body
    start = max(0, body.find(b'"originProductNo":%d' % (call.product_no or 0)), body.find(b'"detailContent":'))
    lead = next((place for place in range(start, len(body) - 2) if body[place] >= 0xE0), None)
    return call.reply if lead is None else replace(call.reply, body=body[: lead + 2] + body[lead + 3 :])


def replace_body(call: FaultCall, *, body: bytes, content_type: str, status: int = 200) -> Reply:
    """Answer with another body."""
    return replace(call.reply, status=status, body=body, content_type=content_type)


def change_type(call: FaultCall) -> Reply:
    """Call the honest JSON plain text."""
    return replace(call.reply, content_type="text/plain")


def add_mark(call: FaultCall) -> Reply:
    """Put a byte order mark before the honest body."""
    return replace(call.reply, body=BYTE_ORDER_MARK + call.reply.body)


def zip_body(call: FaultCall, *, is_true: bool) -> Reply:
    """Send the body gzipped; or only say so."""
    body = gzip.compress(call.reply.body, mtime=0) if is_true else call.reply.body
    return replace(call.reply, body=body, headers=(*call.reply.headers, ("Content-Encoding", "gzip")))


def answer_status(call: FaultCall) -> Reply:
    """Answer with the `status` and `code` asked for, in the error shape that the code belongs to."""
    status, code = call.parameters["status"], call.parameters.get("code", "INTERNAL_SERVER_ERROR")
    if code.startswith("GW."):
        return gateway_error(status, code, "요청을 처리하지 못했습니다.", call.trace_id)
    return server_error(status, code, "요청을 처리하지 못했습니다.")


def redirect(call: FaultCall) -> Reply:
    """Answer 308 with the address of an API that is not there."""
    reply = server_error(308, "PERMANENT_REDIRECT", "주소가 바뀌었습니다.")
    return replace(reply, headers=(("Location", "/external/v9/moved"),))


def refuse_at_gateway(call: FaultCall, *, status: int, code: str, message: str) -> Reply:
    """Answer with a fixed error of the gateway."""
    return gateway_error(status, code, message, call.trace_id)


def refuse_by_congestion(call: FaultCall) -> Reply:
    """Answer 429 although the bucket is not empty, with Retry-After when `retryAfter` is given.

    A number or text is sent as it is; with `form` "date" the number of seconds becomes an HTTP date.
    """
    reply = gateway_error(429, "GW.RATE_LIMIT", LIMITED, call.trace_id)
    wait = call.parameters.get("retryAfter")
    if wait is None:
        return reply
    is_date = call.parameters.get("form") == "date"
    text = email.utils.formatdate(time.time() + float(wait), usegmt=True) if is_date else str(wait)
    return replace(reply, headers=(("Retry-After", text),))


def refuse_by_quota(call: FaultCall) -> Reply:
    """Answer 429 by the second layer, whose `period` is SECONDS or ROUND."""
    headers = (
        ("GNCP-GW-Quota-Period", str(call.parameters["period"])),
        ("GNCP-GW-Quota-Limit", "100"),
        ("GNCP-GW-Quota-Remaining", "0"),
    )
    return replace(gateway_error(429, "GW.QUOTA_LIMIT", LIMITED, call.trace_id), headers=headers)


def cut_connection(call: FaultCall, *, is_head_sent: bool = False) -> Reply:
    """Reset the TCP connection instead of answering, or after the headers and half the body."""
    return replace(call.reply, is_reset=True, is_head_sent=is_head_sent)


def hold_reply(call: FaultCall) -> Reply:
    """Answer honestly, `seconds` late by the store's clock."""
    return replace(call.reply, delay_seconds=float(call.parameters["seconds"]))


def drop_field(call: FaultCall) -> Reply:
    """Leave a `field` out wherever it stands; in a list only of the fault's product, or of all when it names none."""
    name, value = call.parameters["field"], json.loads(call.reply.body)
    if "contents" not in value:
        return replace(call.reply, body=encode_json(_without(value, name)))
    chosen = {call.product_no} if call.product_no else set(call.reply.product_nos)
    value["contents"] = [
        _without(entry, name) if entry["originProductNo"] in chosen else entry for entry in value["contents"]
    ]
    return replace(call.reply, body=encode_json(value))


def _without(value: Any, name: str) -> Any:
    if isinstance(value, dict):
        return {key: _without(inner, name) for key, inner in value.items() if key != name}
    return [_without(inner, name) for inner in value] if isinstance(value, list) else value


def shift_total(call: FaultCall) -> Reply:
    """Say another number of products than there are, `offset` beside it."""
    return _change_page(call, lambda page: {"totalElements": max(0, page["totalElements"] + call.parameters["offset"])})


def lose_entries(call: FaultCall) -> Reply:
    """Leave the last `count` products of the page out, the total as it is."""
    return _change_page(call, lambda page: {"contents": page["contents"][: -call.parameters["count"]]})


def hide_everything(call: FaultCall) -> Reply:
    """Say that nothing was found."""
    return _change_page(call, lambda _: {"contents": [], "totalElements": 0, "totalPages": 0, "last": True})


def _change_page(call: FaultCall, change: Callable[[dict[str, Any]], dict[str, Any]]) -> Reply:
    page = json.loads(call.reply.body)
    return replace(call.reply, body=encode_json(page | change(page))) if "contents" in page else call.reply
