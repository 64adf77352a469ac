"""Pacing: how many turns are handed out, and what the store's bucket would have said to them."""

from datetime import UTC, datetime

import pytest

from products.storesync.lanes import Limit, read_limit, read_retry_after
from products.storesync.pacer import Pacer

NOW = datetime(2026, 11, 23, 0, 0, 0, tzinfo=UTC)


class FakeTime:
    """A clock that only sleeping moves."""

    def __init__(self) -> None:
        self.now = 100.0

    def read(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


class Bucket:
    """The store's side: a token bucket, refilled in whole seconds or continuously."""

    def __init__(self, clock: FakeTime, rate: int, *, is_whole: bool) -> None:
        self.clock, self.rate, self.burst, self.is_whole = clock, rate, 2 * rate, is_whole
        self.level, self.filled_at, self.refused = float(self.burst), clock.now, 0

    def take(self) -> Limit:
        passed = self.clock.now - self.filled_at
        passed = float(int(passed)) if self.is_whole else passed
        self.level, self.filled_at = min(self.burst, self.level + passed * self.rate), self.filled_at + passed
        self.refused += self.level < 1
        self.level -= 1 if self.level >= 1 else 0
        return Limit(float(self.rate), self.burst, int(self.level))


@pytest.mark.parametrize("is_whole", [True, False], ids=["refill by the second", "refill by the moment"])
def test_a_thousand_details_at_two_a_second_meet_the_plan_without_a_429(is_whole: bool) -> None:
    clock = FakeTime()
    pacer, bucket = Pacer(read_clock=clock.read, sleep=clock.sleep), Bucket(clock, 2, is_whole=is_whole)
    started = clock.now
    for _detail in range(1_000):
        pacer.wait_turn()
        pacer.learn(bucket.take())
    assert bucket.refused == 0
    assert clock.now - started < 498 * 1.03, "the bucket itself needs 498 s"


def test_the_announced_rate_replaces_the_assumed_one_at_once() -> None:
    clock = FakeTime()
    pacer = Pacer(read_clock=clock.read, sleep=clock.sleep)
    pacer.wait_turn()
    pacer.learn(Limit(200.0, 400, 399))
    started = clock.now
    for _call in range(200):
        pacer.wait_turn()
    assert clock.now - started == pytest.approx(1.0, abs=0.05)


def test_an_empty_bucket_slows_and_one_with_a_call_left_does_not() -> None:
    pacer = Pacer()
    spacings = []
    for remaining in (4, 1, 0, 1, None):
        pacer.learn(Limit(2.0, 4, remaining))
        spacings.append(pacer.read_lane().spacing_seconds)
    assert spacings[:4] == [0.5, 0.5, 0.625, 0.5]
    assert 0.5 < spacings[4] < 0.625, "without the header, with care"


def test_a_pause_holds_everybody_back_and_forgets_kept_turns() -> None:
    clock = FakeTime()
    pacer = Pacer(read_clock=clock.read, sleep=clock.sleep)
    pacer.learn(Limit(2.0, 4, 4))
    clock.now += 60
    pacer.pause(10.0)
    paused_at = clock.now
    pacer.wait_turn()
    assert clock.now - paused_at == pytest.approx(10.0, abs=0.01)
    pacer.wait_turn()
    assert clock.now - paused_at == pytest.approx(10.5, abs=0.01)


def test_turns_kept_while_idle_stay_within_half_the_burst() -> None:
    clock = FakeTime()
    pacer = Pacer(read_clock=clock.read, sleep=clock.sleep)
    pacer.wait_turn()
    pacer.learn(Limit(2.0, 4, 4))
    clock.now += 3_600
    started = clock.now
    at_once = 0
    while clock.now == started:
        pacer.wait_turn()
        at_once += clock.now == started
    assert at_once <= 3


@pytest.mark.parametrize(
    ("headers", "limit"),
    [
        ({}, Limit()),
        ({"rate": "2", "burst": "4", "remaining": "3"}, Limit(2.0, 4, 3)),
        ({"rate": "fast", "burst": "", "remaining": "nan"}, Limit()),
        ({"rate": "0", "burst": "-4", "remaining": "-1"}, Limit(None, None, 0)),
        ({"rate": "inf", "burst": "1e99", "remaining": "2.0"}, Limit(None, None, 2)),
    ],
)
def test_limit_headers(headers: dict[str, str], limit: Limit) -> None:
    names = {"rate": "Replenish-Rate", "burst": "Burst-Capacity", "remaining": "Remaining"}
    assert read_limit({f"GNCP-GW-RateLimit-{names[key]}": text for key, text in headers.items()}) == limit


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        (None, None),
        ("", None),
        ("soon", None),
        ("7", 7.0),
        (" 0 ", 0.0),
        ("Mon, 23 Nov 2026 00:00:30 GMT", 30.0),
        ("Sun, 22 Nov 2026 23:59:00 GMT", 0.0),
        ("Mon, 23 Nov 2026 00:00:30 +99999999999999", None),
    ],
)
def test_retry_after_in_both_forms(text: str | None, seconds: float | None) -> None:
    assert read_retry_after(text, NOW) == seconds
