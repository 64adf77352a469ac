"""The trace id through Celery: eager, and over a broker into a worker of its own thread."""

from collections.abc import Iterator

import pytest
from celery import Celery, Task
from celery.contrib.testing.worker import start_worker

from perfhooks.celery_trace import install
from perfhooks.recorder import Recorder
from perfhooks.trace import bind_trace, current_trace_id
from tests.perfhooks.conftest import Lines

SEEN: list[str] = []


@pytest.fixture
def app() -> Iterator[Celery]:
    install()
    install()
    app = Celery("probe", broker="memory://", backend="cache+memory://", set_as_current=False)
    app.conf.broker_transport_options = {"polling_interval": 0.02}
    SEEN.clear()
    yield app
    app.close()


def remember(app: Celery) -> Task[..., str]:
    @app.task(name="probe.remember", shared=False)
    def note() -> str:
        SEEN.append(current_trace_id())
        return SEEN[-1]

    return note


def test_an_eager_task_keeps_the_callers_trace_and_gives_it_back(app: Celery, lines: Lines) -> None:
    app.conf.task_always_eager = True
    with bind_trace("caller-trace"), Recorder() as recorder:
        assert remember(app).delay().get() == "caller-trace"
        assert current_trace_id() == "caller-trace"

    (sample,) = recorder.slowest("task_seconds")
    assert sample.labels == {"task": "probe.remember"}
    (line,) = [line for line in lines() if line["event"] == "task_seconds"]
    assert (line["trace_id"], line["state"]) == ("caller-trace", "SUCCESS")


def test_an_eager_task_takes_the_trace_of_its_headers(app: Celery) -> None:
    app.conf.task_always_eager = True
    with bind_trace("caller-trace"):
        remember(app).apply_async(headers={"trace_id": "header-trace"})
        assert current_trace_id() == "caller-trace"
    assert SEEN == ["header-trace"]


def test_a_malformed_header_is_not_taken_over(app: Celery) -> None:
    app.conf.task_always_eager = True
    with bind_trace("caller-trace"):
        remember(app).apply_async(headers={"trace_id": "no good\n"})
    assert SEEN == ["caller-trace"]


def test_a_failed_task_is_timed_and_unbound(app: Celery, lines: Lines) -> None:
    @app.task(name="probe.fail", shared=False)
    def fail() -> None:
        raise OSError("disk full")

    app.conf.task_always_eager = True
    with bind_trace("caller-trace"):
        fail.delay()
        assert current_trace_id() == "caller-trace"
    assert [line["state"] for line in lines() if line["event"] == "task_seconds"] == ["FAILURE"]


def test_a_nested_eager_task_does_not_end_the_outer_one(app: Celery) -> None:
    inner = remember(app)

    @app.task(name="probe.outer", shared=False)
    def outer() -> str:
        inner.apply_async(headers={"trace_id": "inner-trace"})
        return current_trace_id()

    app.conf.task_always_eager = True
    with bind_trace("outer-trace"):
        assert outer.delay().get() == "outer-trace"
    assert SEEN == ["inner-trace"]


def test_the_trace_crosses_a_broker_into_a_worker(app: Celery) -> None:
    note = remember(app)
    with start_worker(app, perform_ping_check=False, pool="solo"):
        with bind_trace("published-here"):
            first = note.delay()
        with bind_trace("published-next"):
            second = note.delay()
        assert first.get(timeout=10) == "published-here"
        assert second.get(timeout=10) == "published-next"
