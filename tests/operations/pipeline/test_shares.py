"""The shares that the plan limits: none is made of nothing."""

import pytest

from content.matching.selectors import DecisionCounts
from operations.pipeline.shares import measure_shares
from perfhooks.recorder import Recorder

pytestmark = pytest.mark.django_db


def test_a_share_of_nothing_is_no_figure() -> None:
    with Recorder() as recorder:
        assert measure_shares() == {}
    assert recorder.gauges() == {}


def test_a_share_of_something_may_be_zero_or_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("operations.pipeline.shares.count_products", lambda: 4)
    monkeypatch.setattr("operations.pipeline.shares.count_stale_prices", lambda: 0)
    monkeypatch.setattr("operations.pipeline.shares.count_decisions", lambda: DecisionCounts(2, 1, 2))
    with Recorder() as recorder:
        measure_shares()
    assert recorder.gauges() == {"fallback_ratio": 1.0, "price_stale_ratio": 0.0}
