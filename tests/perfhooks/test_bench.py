"""Interleaving, the comparison table, and the clock of record."""

import io
from datetime import UTC, datetime

import pytest
from django.utils import timezone
from rich.console import Console

from perfhooks.bench import BenchResult, interleave, print_table
from perfhooks.clock import business_now


def test_operations_alternate_forwards_and_backwards_with_setup_before_each() -> None:
    calls: list[str] = []
    scenarios = {name: lambda name=name: calls.append(name) for name in ("a", "b")}

    results = interleave(scenarios, rounds=3, setup=lambda: calls.append("s"))

    assert "".join(calls) == "sasbsbsasasb"
    assert [len(result.samples) for result in results.values()] == [3, 3]
    assert all(0 <= result.p50 <= result.p95 for result in results.values())


def test_nothing_to_run_is_an_error() -> None:
    with pytest.raises(ValueError, match="one scenario"):
        interleave({}, rounds=1)
    with pytest.raises(ValueError, match="one round"):
        interleave({"a": lambda: None}, rounds=0)


def test_the_table_gives_ratios_to_the_yardstick() -> None:
    page = io.StringIO()
    results = {
        "row": BenchResult((0.5, 0.5), 0.5, 0.5, 1.0),
        "batch": BenchResult((0.01, 0.01), 0.01, 0.01, 0.02),
    }
    print_table(results, yardstick="row", console=Console(file=page, width=120))
    text = page.getvalue()
    assert "0.02" in text
    assert "500ms" in text
    assert "× row" in text


def test_the_time_of_record_is_now_or_the_fixed_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SOURCE_DATE_EPOCH", raising=False)
    assert abs((business_now() - timezone.now()).total_seconds()) < 5
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1700000000")
    assert business_now() == datetime(2023, 11, 14, 22, 13, 20, tzinfo=UTC)
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "yesterday")
    with pytest.raises(ValueError, match="SOURCE_DATE_EPOCH"):
        business_now()
