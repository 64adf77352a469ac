"""What the bench of the sync holds a run against."""

from dataclasses import replace

import pytest

from scripts.bench_sync import Row, find_limit_seconds, print_rows

FIRST = Row(
    name="limit",
    skus=1_000,
    workers=4,
    is_cached=True,
    is_incremental=False,
    speed=1,
    details=1_000,
    seconds=500.0,
    limit_seconds=498.0,
    rows_per_second=2.0,
    p95_seconds=0.130,
    overhead_seconds=0.010,
    calls=1_003,
    rate_limited=0,
    most_limit_ratio=1.03,
    most_limited_share=0.001,
)


@pytest.mark.parametrize(
    ("details", "lists", "speed", "seconds"),
    [(1_000, 2, 1, 498.0), (1_000, 2, 20, 24.9), (3, 1, 1, 0.0), (0, 6, 1, 1.0)],
)
def test_the_limit_is_what_the_bucket_needs(details: int, lists: int, speed: float, seconds: float) -> None:
    assert find_limit_seconds(details, lists, speed) == seconds


def test_the_limit_knows_the_latency_of_calls_that_follow_each_other() -> None:
    assert find_limit_seconds(50, 2, 1, 0.12) == pytest.approx(23 + 4 * 0.12)


def test_a_run_near_the_limit_is_kept() -> None:
    assert FIRST.is_kept
    assert FIRST.limit_ratio == pytest.approx(1.004, abs=0.001)
    assert FIRST.limited_share == 0


@pytest.mark.parametrize("miss", [{"seconds": 514.0}, {"overhead_seconds": 0.021}, {"rate_limited": 2}])
def test_a_run_that_misses_one_goal_is_missed(miss: dict[str, float]) -> None:
    assert not replace(FIRST, **miss).is_kept  # type: ignore[arg-type]


def test_what_was_not_measured_is_said_so_and_not_judged(capsys: pytest.CaptureFixture[str]) -> None:
    row = replace(FIRST, p95_seconds=None, overhead_seconds=None)
    assert row.is_kept
    assert not replace(row, rate_limited=2).is_kept
    print_rows([row])
    assert "재지" in capsys.readouterr().out
