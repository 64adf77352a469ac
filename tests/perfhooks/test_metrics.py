"""Counting, observing and setting, as Prometheus and recorders see it."""

import re

import pytest
from django.test import Client
from prometheus_client import REGISTRY, generate_latest

from perfhooks import metrics
from perfhooks.recorder import Recorder
from perfhooks.registry import MAX_LABEL_COMBINATIONS, RegistryError, register
from perfhooks.spans import span
from perfhooks.trace import bind_trace


def test_a_counter_reaches_prometheus_and_the_recorder() -> None:
    before = REGISTRY.get_sample_value("api_requests_total", {"endpoint": "list", "status": "200"}) or 0
    with Recorder() as recorder:
        metrics.count("api_requests_total", endpoint="list", status=200)
        metrics.count("api_requests_total", 2, endpoint="list", status=429)

    assert REGISTRY.get_sample_value("api_requests_total", {"endpoint": "list", "status": "200"}) == before + 1
    assert recorder.totals() == {"api_requests_total": 3}
    assert recorder.labelled_totals("api_requests_total") == {("list", "200"): 1, ("list", "429"): 2}


def test_a_histogram_takes_samples_in_its_unit() -> None:
    with Recorder() as recorder:
        metrics.observe("package_size_bytes", 123_456)

    assert recorder.samples("package_size_bytes") == [123_456.0]
    assert b'package_size_bytes_bucket{le="250000.0"}' in generate_latest(REGISTRY)


def test_a_gauge_keeps_its_newest_value() -> None:
    with Recorder() as recorder:
        metrics.set_gauge("fallback_ratio", 0.4)
        metrics.set_gauge("fallback_ratio", 0.1)

    assert REGISTRY.get_sample_value("fallback_ratio") == 0.1
    assert recorder.gauges() == {"fallback_ratio": 0.1}


@pytest.mark.parametrize("labels", [{}, {"endpoint": "list"}, {"endpoint": "list", "status": 200, "sku": "A"}])
def test_labels_must_be_exactly_the_declared_ones(labels: dict[str, object]) -> None:
    with pytest.raises(RegistryError, match=r"\('endpoint', 'status'\)"):
        metrics.count("api_requests_total", **labels)  # type: ignore[arg-type]


def test_each_function_refuses_metrics_of_another_kind() -> None:
    with pytest.raises(RegistryError, match="'zip_seconds' is a histogram, not a counter"):
        metrics.count("zip_seconds")
    with pytest.raises(RegistryError, match="is a counter, not a gauge"):
        metrics.set_gauge("retry_total", 1)
    with pytest.raises(RegistryError, match="derived"):
        metrics.observe("price_staleness_hours", 1)


@pytest.mark.usefixtures("scratch_registry")
def test_label_combinations_end_at_the_limit_under_other() -> None:
    register("probe_floods_total", "counter", unit="count", plan_item="ops", help="x", labels=("kind",))
    for number in range(MAX_LABEL_COMBINATIONS + 50):
        metrics.count("probe_floods_total", kind=number)

    series = [
        line for line in generate_latest(REGISTRY).decode().splitlines() if line.startswith("probe_floods_total{")
    ]
    assert len(series) == MAX_LABEL_COMBINATIONS
    assert REGISTRY.get_sample_value("probe_floods_total", {"kind": "other"}) == 51


def test_a_bucket_remembers_the_trace_of_its_newest_sample(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(metrics, "is_exemplar_kept", True)
    with bind_trace("exemplar-trace-1"), span("keyframe_extract_seconds"):
        pass
    response = Client().get("/metrics", headers={"Accept": "application/openmetrics-text; version=1.0.0"})

    assert response.headers["Content-Type"].startswith("application/openmetrics-text")
    text = response.content.decode()
    assert re.search(r'keyframe_extract_seconds_bucket\{le="[^"]+"\} \d\.0 # \{trace_id="exemplar-trace-1"\}', text)
    assert text.endswith("# EOF\n")
    assert "exemplar-trace-1" not in Client().get("/metrics").content.decode()


def test_counters_and_histograms_stand_at_zero_before_their_first_sample() -> None:
    text = Client().get("/metrics").content.decode()
    assert "ads_txt_drift_detected_total 0.0" in text
    assert "ugc_ingest_latency_seconds_count 0.0" in text
    assert "pre_release_block_ratio 0.0" not in text
