"""Spans on their way to a real collector over HTTP: the same trace, the same nesting, no secrets."""

import gzip
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span as ExportedSpan
from opentelemetry.proto.trace.v1.trace_pb2 import Status

from perfhooks import checks, otel
from perfhooks.otel_export import to_number
from perfhooks.spans import span
from perfhooks.trace import bind_tags, bind_trace

pytestmark = pytest.mark.once

ROOT = Path(__file__).resolve().parents[2]
TRACE = "0123456789abcdef0123456789abcdef"
WORK = f"""
import django; django.setup()
from perfhooks.spans import span
from perfhooks.trace import bind_trace
with bind_trace("{TRACE}"), span("zip_seconds"):
    pass
"""


class Collector:
    """Takes what exporters post to /v1/traces and decodes it."""

    def __init__(self) -> None:
        self.requests: list[ExportTraceServiceRequest] = []
        collector = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                if self.headers.get("Content-Encoding") == "gzip":
                    body = gzip.decompress(body)
                if self.path == "/v1/traces" and self.headers["Content-Type"] == "application/x-protobuf":
                    collector.requests.append(ExportTraceServiceRequest.FromString(body))
                self.send_response(200)
                self.end_headers()

            def log_message(self, format: str, *args: object) -> None:
                """Say nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"http://127.0.0.1:{self.server.server_port}"

    def spans(self) -> dict[str, ExportedSpan]:
        """Every span received, by name."""
        return {
            received.name: received
            for request in self.requests
            for resource in request.resource_spans
            for scope in resource.scope_spans
            for received in scope.spans
        }

    def services(self) -> set[str]:
        """The names under which programs have reported."""
        return {
            pair.value.string_value
            for request in self.requests
            for resource in request.resource_spans
            for pair in resource.resource.attributes
            if pair.key == "service.name"
        }


@pytest.fixture
def collector() -> Iterator[Collector]:
    running = Collector()
    thread = threading.Thread(target=running.server.serve_forever)
    thread.start()
    yield running
    running.server.shutdown()
    running.server.server_close()
    thread.join()


@pytest.fixture
def exporting(collector: Collector) -> Iterator[Collector]:
    assert otel.start_export(collector.address)
    yield collector
    otel.stop_export()


def read_attributes(received: ExportedSpan) -> dict[str, object]:
    return {pair.key: getattr(pair.value, str(pair.value.WhichOneof("value"))) for pair in received.attributes}


def test_nested_spans_arrive_under_our_trace_id_with_their_tags(exporting: Collector) -> None:
    with (
        bind_trace(TRACE),
        bind_tags(content_id="post-7"),
        span("package_build_seconds", video="no"),
        span("zip_seconds", sku="A-1", bytes=12, token="must-not-leave"),
    ):
        pass
    otel.stop_export()

    received = exporting.spans()
    outer, inner = received["package_build_seconds"], received["zip_seconds"]
    assert outer.trace_id.hex() == inner.trace_id.hex() == TRACE
    assert (outer.parent_span_id, inner.parent_span_id) == (b"", outer.span_id)
    tags = read_attributes(inner)
    assert (tags["sku"], tags["content_id"], tags["bytes"], tags["trace_id"]) == ("A-1", "post-7", 12, TRACE)
    assert "token" not in tags
    assert inner.end_time_unix_nano > inner.start_time_unix_nano


def test_an_error_marks_its_span(exporting: Collector) -> None:
    with pytest.raises(ValueError, match="broken"), span("zip_seconds"):
        raise ValueError("broken")
    otel.stop_export()

    status = exporting.spans()["zip_seconds"].status
    assert (status.code, status.message) == (Status.STATUS_CODE_ERROR, "ValueError")


def test_another_trace_within_a_span_is_a_trace_of_its_own(exporting: Collector) -> None:
    with bind_trace(TRACE), span("package_build_seconds"), bind_trace("a-caller_s-own-id"), span("zip_seconds"):
        pass
    otel.stop_export()

    inner = exporting.spans()["zip_seconds"]
    assert int.from_bytes(inner.trace_id, "big") == to_number("a-caller_s-own-id")
    assert inner.parent_span_id == b""
    assert read_attributes(inner)["trace_id"] == "a-caller_s-own-id"


def test_a_program_with_the_address_in_its_environment_reports_before_it_ends(
    collector: Collector, tmp_path: Path
) -> None:
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "project.settings.dev",
        "JANGBU_DATA_DIR": str(tmp_path),
        "OTEL_EXPORTER_OTLP_ENDPOINT": collector.address,
    }
    subprocess.run([sys.executable, "-c", WORK], cwd=ROOT, env=environment, check=True, timeout=120)

    assert collector.spans()["zip_seconds"].trace_id.hex() == TRACE
    assert collector.services() == {"jangbu"}


def test_without_an_address_nothing_of_opentelemetry_is_loaded(tmp_path: Path) -> None:
    code = f"{WORK}\nimport sys\nprint([name for name in sys.modules if name.startswith('opentelemetry')])"
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "project.settings.dev",
        "JANGBU_DATA_DIR": str(tmp_path),
        "OTEL_EXPORTER_OTLP_ENDPOINT": "",
    }
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=environment, check=True, capture_output=True, text=True, timeout=120
    )
    assert done.stdout.strip() == "[]"


def test_an_address_without_the_package_is_said_and_harms_nothing(tmp_path: Path) -> None:
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "project.settings.dev",
        "JANGBU_DATA_DIR": str(tmp_path),
        "OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:9",
    }
    hidden = "import sys; sys.modules['opentelemetry'] = None\n"
    check = "\nfrom django.core.management import call_command\ncall_command('check')\n"
    done = subprocess.run(
        [sys.executable, "-c", hidden + WORK + check],
        cwd=ROOT,
        env=environment,
        check=True,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert "perfhooks.W002" in done.stderr
    assert checks.check_observing() == []
