"""Our spans in OpenTelemetry's words: the same trace id, the same nesting, the tags as attributes.

Imported only where the SDK is installed and an address is set; see `perfhooks.otel`.
"""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.trace.id_generator import RandomIdGenerator
from opentelemetry.trace import Span, StatusCode, set_span_in_context

from perfhooks.logs import SECRET_KEYS
from perfhooks.trace import bound_tags, current_trace_id

if TYPE_CHECKING:
    from collections.abc import Mapping

SERVICE_NAME = "jangbu"
TRACES_PATH = "/v1/traces"
_TRACE_ID_DIGITS = 32


@dataclass(frozen=True, slots=True)
class OpenSpan:
    """A span that has begun, and the trace that it belongs to."""

    span: Span
    trace_id: str


class TraceIds(RandomIdGenerator):
    """Gives a trace the id that it has in our logs; a foreign id of another shape is folded to 128 bits."""

    def generate_trace_id(self) -> int:
        """The trace id of this context as a number."""
        return to_number(current_trace_id())


class SpanExport:
    """Turns spans of `perfhooks.spans` into exported ones; OTEL_SERVICE_NAME names the service."""

    def __init__(self, address: str) -> None:
        resource = Resource.create({"service.name": os.environ.get("OTEL_SERVICE_NAME", SERVICE_NAME)})
        self._provider = TracerProvider(resource=resource, id_generator=TraceIds())
        self._provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(address.rstrip("/") + TRACES_PATH)))
        self._tracer = self._provider.get_tracer("perfhooks")

    def begin(self, name: str, outer: OpenSpan | None) -> OpenSpan:
        """Begin a span inside of `outer`, or a new root where there is none or the trace has changed."""
        trace_id = current_trace_id()
        is_nested = outer is not None and outer.trace_id == trace_id
        context = set_span_in_context(outer.span) if outer is not None and is_nested else Context()
        return OpenSpan(self._tracer.start_span(name, context=context), trace_id)

    def end(self, opened: OpenSpan, tags: Mapping[str, object], error: type[BaseException] | None) -> None:
        """End a span with its tags, the bound ones included; values under the names of secrets are left out."""
        span = opened.span
        span.set_attribute("trace_id", opened.trace_id)
        for key, value in {**bound_tags(), **tags}.items():
            if value is not None and key.lower() not in SECRET_KEYS:
                span.set_attribute(key, value if isinstance(value, str | int | float | bool) else str(value))
        if error is not None:
            span.set_status(StatusCode.ERROR, error.__name__)
        span.end()

    def stop(self) -> None:
        """Send what waits, for a few seconds at the most, and end the sending thread."""
        self._provider.shutdown()


def to_number(trace_id: str) -> int:
    """Return a trace id as 128 bits: its own digits where it has 32 hexadecimal ones, else their hash."""
    try:
        number = int(trace_id, 16) if len(trace_id) == _TRACE_ID_DIGITS else 0
    except ValueError:
        number = 0
    return number or int.from_bytes(hashlib.blake2b(trace_id.encode(), digest_size=16).digest(), "big")
