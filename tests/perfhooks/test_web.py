"""A request's trace, its time under bounded labels, and what /metrics says."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from django.test import Client

from perfhooks import metrics
from perfhooks.recorder import Recorder
from perfhooks.registry import FORBIDDEN_LABELS
from perfhooks.spans import span
from perfhooks.trace import TRACE_HEADER, is_valid_trace_id
from tests.perfhooks.conftest import Lines

WORKER = """
from perfhooks import metrics
metrics.count("retry_total", 3)
metrics.set_gauge("fallback_ratio", 0.25)
"""
SCRAPE = """
import django
from django.conf import settings
settings.configure()
from django.test import RequestFactory
from perfhooks.views import metrics
print(metrics(RequestFactory().get("/metrics")).content.decode())
"""


def test_a_valid_trace_id_is_taken_over_and_returned(client: Client, lines: Lines) -> None:
    response = client.get("/metrics", headers={TRACE_HEADER: "caller-trace-1"})

    assert response.headers[TRACE_HEADER] == "caller-trace-1"
    (line,) = [line for line in lines() if line["event"] == "http_request_seconds"]
    assert (line["trace_id"], line["view"], line["method"], line["status"]) == ("caller-trace-1", "metrics", "GET", 200)


@pytest.mark.parametrize("given", ["", "bad id with spaces", "x" * 200, "<script>alert(1)</script>"])
def test_any_other_trace_id_is_replaced(client: Client, given: str) -> None:
    returned = client.get("/metrics", headers={TRACE_HEADER: given}).headers[TRACE_HEADER]
    assert returned != given
    assert is_valid_trace_id(returned)


def test_two_requests_have_two_traces(client: Client) -> None:
    first, second = (client.get("/metrics").headers[TRACE_HEADER] for _ in range(2))
    assert first != second


def test_the_line_about_a_refused_request_carries_its_trace(client: Client, lines: Lines) -> None:
    client.get("/nowhere", headers={TRACE_HEADER: "caller-trace-2"})

    (line,) = [line for line in lines() if line.get("logger") == "django.request"]
    assert (line["event"], line["trace_id"]) == ("Not Found: /nowhere", "caller-trace-2")


def test_requests_are_timed_under_route_names_only(client: Client) -> None:
    with Recorder() as recorder:
        client.get("/metrics")
        client.get("/nowhere/at/all/12345")
        client.generic("BREW", "/metrics")

    labels = sorted(tuple(sample.labels.values()) for sample in recorder.slowest("http_request_seconds"))
    assert labels == [("metrics", "GET", "2xx"), ("metrics", "other", "4xx"), ("unknown", "GET", "4xx")]


def test_metrics_text_carries_no_forbidden_label(client: Client) -> None:
    with span("detail_fetch_seconds", sku="A-1", content_id="post-1", url="https://shop"):
        metrics.count("api_requests_total", endpoint="detail", status=200)

    response = client.get("/metrics")
    text = response.content.decode()
    assert response.headers["Content-Type"].startswith("text/plain")
    assert 'api_requests_total{endpoint="detail",status="200"}' in text
    assert "detail_fetch_seconds_bucket" in text
    labels = {label for braces in re.findall(r"\{(.*?)\}", text) for label in re.findall(r"(\w+)=\"", braces)}
    assert not labels & FORBIDDEN_LABELS


def test_metrics_are_read_only(client: Client) -> None:
    assert client.post("/metrics").status_code == 405


def test_all_workers_are_summed_where_they_share_a_folder(tmp_path: Path) -> None:
    env = {**os.environ, "PROMETHEUS_MULTIPROC_DIR": str(tmp_path)}
    for _ in range(2):
        subprocess.run([sys.executable, "-c", WORKER], env=env, check=True)
    scraped = subprocess.run([sys.executable, "-c", SCRAPE], env=env, check=True, capture_output=True, text=True)

    assert "retry_total 6.0" in scraped.stdout
    assert "fallback_ratio 0.25" in scraped.stdout
