"""Percentiles against values worked out by hand from definition 7 of Hyndman and Fan."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perfhooks.percentiles import Percentiles, percentile


@pytest.mark.parametrize(
    ("samples", "q", "expected"),
    [
        ([7.0], 95, 7.0),
        ([1.0, 2.0], 50, 1.5),
        ([15.0, 20.0, 35.0, 40.0, 50.0], 40, 29.0),
        ([4.0, 1.0, 3.0, 2.0], 25, 1.75),
        ([4.0, 1.0, 3.0, 2.0], 95, 3.85),
        ([4.0, 1.0, 3.0, 2.0], 99, 3.97),
        ([4.0, 1.0, 3.0, 2.0], 100, 4.0),
        ([4.0, 1.0, 3.0, 2.0], 0, 1.0),
    ],
)
def test_known_values(samples: list[float], q: float, expected: float) -> None:
    assert percentile(samples, q) == pytest.approx(expected)


def test_all_figures_at_once_equal_each_alone() -> None:
    samples = [random.Random(7).uniform(0, 1) for _ in range(997)]
    figures = Percentiles.of(samples)

    assert (figures.p50, figures.p95, figures.p99) == tuple(percentile(samples, q) for q in (50, 95, 99))
    assert figures.count == 997
    assert figures.total == pytest.approx(sum(samples))


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=60))
def test_percentiles_rise_and_stay_inside_the_samples(samples: list[float]) -> None:
    figures = Percentiles.of(samples)
    tolerance = 1e-6

    assert min(samples) - tolerance <= figures.p50 <= figures.p95 + tolerance
    assert figures.p95 <= figures.p99 + tolerance <= max(samples) + 2 * tolerance


def test_no_samples_is_an_error() -> None:
    with pytest.raises(ValueError, match="no samples"):
        percentile([], 50)
    with pytest.raises(ValueError, match="no samples"):
        Percentiles.of([])


@pytest.mark.parametrize("q", [0.95, -1, 101])
def test_a_fraction_in_place_of_percent_is_an_error(q: float) -> None:
    with pytest.raises(ValueError, match="percent"):
        percentile([1.0, 2.0], q)
