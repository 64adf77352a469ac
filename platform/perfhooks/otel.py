"""Spans for OpenTelemetry: off unless OTEL_EXPORTER_OTLP_ENDPOINT names a collector and the SDK is installed.

While it is off, a span asks one module variable and nothing of OpenTelemetry is imported.
"""

from __future__ import annotations

from importlib.util import find_spec
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from perfhooks.otel_export import SpanExport

_NEEDED = ("opentelemetry.sdk", "opentelemetry.exporter.otlp.proto.http")

exporter: SpanExport | None = None


def is_exporter_installed() -> bool:
    """Whether the SDK and its HTTP exporter can be imported."""
    try:
        return all(find_spec(name) for name in _NEEDED)
    except ModuleNotFoundError:  # their parent package is missing
        return False


def start_export(address: str) -> bool:
    """Send every span of this process to the collector at `address` (http://host:4318); False where nothing can be sent.

    Spans go out in batches from a thread of their own; calling it again changes nothing.
    """
    global exporter
    if exporter is not None:
        return True
    if not is_exporter_installed():
        return False
    from perfhooks.otel_export import SpanExport

    exporter = SpanExport(address)
    return True


def stop_export() -> None:
    """Send what waits and export no more."""
    global exporter
    if exporter is not None:
        exporter.stop()
        exporter = None
