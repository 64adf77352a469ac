"""The trace id and the bound tags, across nesting and threads."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from perfhooks.trace import (
    TRACE_HEADER,
    bind_tags,
    bind_trace,
    bound_tags,
    carry_context,
    current_trace_id,
    is_valid_trace_id,
    new_trace_id,
    outgoing_headers,
)


def test_a_new_trace_id_is_32_hexadecimal_digits_and_valid() -> None:
    trace_id = new_trace_id()

    assert len(trace_id) == 32
    assert int(trace_id, 16) >= 0
    assert is_valid_trace_id(trace_id)
    assert new_trace_id() != trace_id


@pytest.mark.parametrize("text", ["", "short", "x" * 65, "has space here", "newline\n12345678", "한글추적아이디입니다"])
def test_text_from_outside_that_is_no_trace_id_is_recognised(text: str) -> None:
    assert not is_valid_trace_id(text)


def test_binding_nests_and_gives_the_outer_id_back() -> None:
    with bind_trace("outer-trace") as outer:
        with bind_trace() as inner:
            assert current_trace_id() == inner != outer
        assert current_trace_id() == "outer-trace"


def test_the_outer_id_comes_back_after_an_error() -> None:
    with bind_trace("outer-trace"):
        with pytest.raises(LookupError), bind_trace("inner-trace"):
            raise LookupError
        assert current_trace_id() == "outer-trace"


def test_a_malformed_id_is_refused_with_its_shape() -> None:
    with pytest.raises(ValueError, match="8 to 64"), bind_trace("no good"):
        pass


def test_an_unbound_context_keeps_the_id_that_it_made() -> None:
    def twice() -> tuple[str, str]:
        return current_trace_id(), current_trace_id()

    with ThreadPoolExecutor(1) as pool:
        first, second = pool.submit(twice).result()
    assert first == second


def test_threads_get_the_callers_trace_and_tags_when_carried() -> None:
    def seen(_number: int) -> tuple[str, object]:
        return current_trace_id(), bound_tags().get("sku")

    with bind_trace("the-callers-trace"), bind_tags(sku="A-1"), ThreadPoolExecutor(4) as pool:
        found = set(pool.map(carry_context(seen), range(40)))

    assert found == {("the-callers-trace", "A-1")}


def test_outgoing_headers_name_the_bound_trace() -> None:
    with bind_trace("request-0001"):
        assert outgoing_headers() == {TRACE_HEADER: "request-0001"}


def test_tags_add_up_and_end_with_their_block() -> None:
    with bind_tags(sku="A-1", store="demo"):
        with bind_tags(sku="B-2"):
            assert dict(bound_tags()) == {"sku": "B-2", "store": "demo"}
        assert bound_tags()["sku"] == "A-1"
    assert "sku" not in bound_tags()
