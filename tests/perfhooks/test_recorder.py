"""Recorders see every thread, keep raw samples, and nothing after they were left."""

import json
from concurrent.futures import ThreadPoolExecutor

import pytest

from perfhooks import metrics
from perfhooks.recorder import Recorder
from perfhooks.series import SLOWEST_KEPT
from perfhooks.spans import span
from perfhooks.trace import bind_tags


def test_samples_of_all_threads_arrive_complete() -> None:
    def work(number: int) -> None:
        with span("image_hash_seconds"):
            metrics.count("retry_total", number)
        metrics.observe("zip_seconds", number)

    with Recorder() as recorder, ThreadPoolExecutor(8) as pool:
        list(pool.map(work, range(1_000)))

    assert sorted(recorder.samples("zip_seconds")) == [float(number) for number in range(1_000)]
    assert len(recorder.samples("image_hash_seconds")) == 1_000
    assert recorder.totals() == {"retry_total": 499_500}


def test_nested_recorders_both_see_and_leave_on_their_own() -> None:
    with Recorder() as outer:
        with Recorder() as inner:
            metrics.observe("zip_seconds", 1)
        metrics.observe("zip_seconds", 2)
    metrics.observe("zip_seconds", 3)

    assert inner.samples("zip_seconds") == [1]
    assert outer.samples("zip_seconds") == [1, 2]


def test_a_summary_row_has_the_percentiles_in_order_of_appearance() -> None:
    with Recorder() as recorder:
        metrics.observe("zip_seconds", 0.5)
        for value in range(101):
            metrics.observe("image_copy_seconds", value)

    zipped, copied = recorder.summary()
    assert (zipped.name, zipped.count, zipped.p99, zipped.unit) == ("zip_seconds", 1, 0.5, "seconds")
    assert (copied.count, copied.p50, copied.p95, copied.p99, copied.total) == (101, 50, 95, 99, 5_050)


def test_a_plan_name_reads_its_scaled_source() -> None:
    with Recorder() as recorder:
        metrics.observe("match_engine_latency_seconds", 0.25)
        metrics.observe("price_staleness_seconds", 7_200)

    assert recorder.samples("match_engine_latency_p95_ms") == [250]
    assert recorder.samples("price_staleness_hours") == pytest.approx([2])


def test_the_slowest_samples_say_what_they_were_about() -> None:
    with Recorder() as recorder:
        for number in range(SLOWEST_KEPT * 3):
            with bind_tags(sku=f"SKU-{number}", content_id=number):
                metrics.observe("detail_fetch_seconds", number % 29)

    slowest = recorder.slowest("detail_fetch_seconds")
    assert [sample.value for sample in slowest] == [28, 27, 26, 25, 24, 23, 22, 21, 20, 19]
    assert (slowest[0].sku, slowest[0].content_id) == ("SKU-28", "28")


def test_what_another_process_exported_as_json_is_added() -> None:
    with Recorder() as worker, bind_tags(sku="SKU-9"):
        with span("package_build_seconds", video="no") as built:
            metrics.count("api_requests_total", 2, endpoint="detail", status=200)
        metrics.set_gauge("fallback_ratio", 0.5)
    with Recorder() as leader:
        metrics.observe("package_build_seconds", 1e-9, video="yes")
        metrics.count("api_requests_total", endpoint="detail", status=200)
        metrics.set_gauge("fallback_ratio", 0.1)
        leader.absorb(json.loads(json.dumps(worker.export())))

    assert leader.samples("package_build_seconds") == [1e-9, built.seconds]
    assert leader.samples("package_build_seconds", video="no") == [built.seconds]
    assert leader.slowest("package_build_seconds")[0].sku == "SKU-9"
    assert leader.labelled_totals("api_requests_total") == {("detail", "200"): 3}
    assert leader.gauges() == {"fallback_ratio": 0.5}


def test_the_slowest_of_both_processes_are_kept() -> None:
    with Recorder() as worker:
        for number in range(20):
            metrics.observe("zip_seconds", number)
    with Recorder() as leader:
        for number in range(20):
            metrics.observe("zip_seconds", number + 0.5)
    leader.absorb(worker.export())

    slowest = [sample.value for sample in leader.slowest("zip_seconds")]
    assert slowest == [19.5, 19, 18.5, 18, 17.5, 17, 16.5, 16, 15.5, 15]
    assert leader.summary()[0].count == 40


def test_elapsed_time_stands_still_once_left() -> None:
    with Recorder() as recorder:
        assert recorder.elapsed_seconds > 0
    assert recorder.elapsed_seconds == recorder.elapsed_seconds
    assert Recorder().elapsed_seconds == 0
