"""Spans: the line, the sample, the parent, the labels, and what happens on errors."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from perfhooks.logs import configure_logging
from perfhooks.recorder import Recorder
from perfhooks.registry import RegistryError
from perfhooks.spans import current_span, span
from perfhooks.trace import bind_tags, bind_trace, carry_context
from tests.perfhooks.conftest import Lines


def test_a_span_writes_one_line_with_the_plans_common_tags(lines: Lines) -> None:
    with bind_trace("trace-0001"), bind_tags(content_id="post-7"), span("detail_fetch_seconds", sku="A-1", page=3) as s:
        s.set(status=200)

    (line,) = lines()
    assert line["event"] == "detail_fetch_seconds"
    assert line["trace_id"] == "trace-0001"
    assert (line["content_id"], line["sku"]) == ("post-7", "A-1")
    assert (line["page"], line["status"], line["level"]) == (3, 200, "info")
    assert line["seconds"] == pytest.approx(s.seconds, abs=1e-6)
    assert s.seconds > 0


def test_nested_spans_name_their_parent_and_end_in_order(lines: Lines) -> None:
    with span("sync_total_seconds"):
        with span("list_fetch_seconds"), span("detail_fetch_seconds"):
            pass
        with span("db_upsert_seconds"):
            pass

    assert [(line["event"], line["parent"]) for line in lines()] == [
        ("detail_fetch_seconds", "list_fetch_seconds"),
        ("list_fetch_seconds", "sync_total_seconds"),
        ("db_upsert_seconds", "sync_total_seconds"),
        ("sync_total_seconds", None),
    ]
    assert current_span() is None


def test_a_span_that_raises_names_the_error_and_still_counts(lines: Lines) -> None:
    with Recorder() as recorder, pytest.raises(ZeroDivisionError), span("zip_seconds"):
        _ = 1 / 0

    assert [(line["event"], line["error"]) for line in lines()] == [("zip_seconds", "ZeroDivisionError")]
    assert len(recorder.samples("zip_seconds")) == 1
    assert current_span() is None


def test_a_decorated_function_is_timed_at_every_call_even_recursively(lines: Lines) -> None:
    @span("zip_seconds", level_of="archive")
    def fold(depth: int) -> int:
        """Fold."""
        return depth if depth == 0 else fold(depth - 1) + 1

    assert fold(2) == 2
    assert fold.__name__ == "fold"
    assert [line["parent"] for line in lines()] == ["zip_seconds", "zip_seconds", None]


def test_a_decorated_function_passes_its_error_on(lines: Lines) -> None:
    @span("zip_seconds")
    def fail() -> None:
        raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        fail()
    assert lines()[0]["error"] == "OSError"


def test_generators_and_coroutines_are_refused() -> None:
    def rows() -> object:
        yield 1

    async def wait() -> None: ...

    for function in (rows, wait):
        with pytest.raises(TypeError, match="inside"):
            span("zip_seconds")(function)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("zip_second", "not registered"),
        ("retry_total", "is a counter"),
        ("package_size_bytes", "needs seconds"),
        ("match_engine_latency_p95_ms", "observe 'match_engine_latency_seconds'"),
    ],
)
def test_a_wrong_name_is_refused_when_the_span_is_made(name: str, message: str) -> None:
    with pytest.raises(RegistryError, match=message):
        span(name)


def test_declared_labels_become_labels_and_other_tags_do_not() -> None:
    with Recorder() as recorder:
        with span("package_build_seconds", video="yes", content_id="post-1"):
            pass
        with span("package_build_seconds") as late:
            late.set(video="no")
        with span("package_build_seconds"):
            pass

    labels = [sample.labels for sample in recorder.slowest("package_build_seconds")]
    assert sorted(label["video"] for label in labels) == ["no", "none", "yes"]
    assert all(label.keys() == {"video"} for label in labels)
    assert len(recorder.samples("package_build_seconds", video="yes")) == 1


def test_spans_in_threads_keep_trace_and_parent(lines: Lines) -> None:
    def fetch(_number: int) -> None:
        with span("detail_fetch_seconds"):
            pass

    with bind_trace("sync-trace"), span("sync_total_seconds"), ThreadPoolExecutor(3) as pool:
        list(pool.map(carry_context(fetch), range(12)))

    fetched = [line for line in lines() if line["event"] == "detail_fetch_seconds"]
    assert len(fetched) == 12
    assert {(line["trace_id"], line["parent"]) for line in fetched} == {("sync-trace", "sync_total_seconds")}


def test_below_the_level_no_line_is_written_but_the_sample_is_kept(lines: Lines) -> None:
    configure_logging(level="WARNING")
    with Recorder() as recorder, span("zip_seconds"):
        pass

    assert lines() == []
    assert len(recorder.samples("zip_seconds")) == 1


def test_a_tag_called_event_does_not_hide_the_metric(lines: Lines) -> None:
    with span("message_trigger_delay_seconds", event="cart_left"):
        pass

    (line,) = lines()
    assert (line["event"], line["event_tag"]) == ("message_trigger_delay_seconds", "cart_left")
