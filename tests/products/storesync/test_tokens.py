"""The token's life: reuse, renewal, one asker at a time, and the refused token that was never expired."""

import threading
from collections.abc import Iterator

import pytest

from products.storesync.errors import LivingTokenRefusedError, Reply, StoreCallError, UnreachableError
from products.storesync.tokens import IssuedToken, TokenSource


class Desk:
    """A store's token desk with a clock of its own; `answers` are tokens or errors."""

    def __init__(self, *answers: IssuedToken | StoreCallError) -> None:
        self.now = 0.0
        self.asked = 0
        self._answers: Iterator[IssuedToken | StoreCallError] = iter(answers)

    def issue(self) -> IssuedToken:
        self.asked += 1
        answer = next(self._answers)
        if isinstance(answer, StoreCallError):
            raise answer
        return answer

    def read_clock(self) -> float:
        return self.now


def open_source(desk: Desk) -> TokenSource:
    return TokenSource(desk.issue, read_clock=desk.read_clock)


def test_a_token_is_reused_until_less_than_thirty_minutes_remain() -> None:
    desk = Desk(IssuedToken("a", 10_800), IssuedToken("b", 10_800))
    source = open_source(desk)
    for desk.now in (0, 5_000, 8_999):
        assert source.read_current() == "a"
    assert desk.asked == 1
    desk.now = 9_001
    assert source.read_current() == "b"
    assert desk.asked == 2


def test_a_failed_renewal_leaves_the_living_token_in_use() -> None:
    desk = Desk(IssuedToken("a", 10_800), UnreachableError(Reply("token")), IssuedToken("b", 10_800))
    source = open_source(desk)
    source.read_current()
    desk.now = 9_500
    assert [source.read_current(), source.read_current()] == ["a", "a"]
    assert desk.asked == 2, "the store is not asked again before every call"
    desk.now = 9_600
    assert source.read_current() == "b"


def test_a_failed_renewal_of_a_dead_token_is_an_error() -> None:
    desk = Desk(IssuedToken("a", 10_800), UnreachableError(Reply("token")))
    source = open_source(desk)
    source.read_current()
    desk.now = 10_790
    with pytest.raises(UnreachableError):
        source.read_current()


def test_short_lives_are_not_asked_for_before_every_call() -> None:
    desk = Desk(*[IssuedToken("a", 600)] * 9)
    source = open_source(desk)
    for desk.now in range(0, 300, 10):
        source.read_current()
    assert desk.asked == 1


def test_a_refused_token_is_replaced_once_for_all_threads() -> None:
    desk = Desk(IssuedToken("a", 10_800), IssuedToken("b", 10_800))
    source = open_source(desk)
    source.read_current()
    gate = threading.Barrier(8)
    got: list[str] = []

    def replace() -> None:
        gate.wait()
        got.append(source.replace("a"))

    threads = [threading.Thread(target=replace) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert got == ["b"] * 8
    assert desk.asked == 2


def test_many_threads_ask_once_for_the_first_token() -> None:
    desk = Desk(IssuedToken("a", 10_800))
    source = open_source(desk)
    threads = [threading.Thread(target=source.read_current) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert desk.asked == 1


def test_the_same_token_again_means_that_it_had_not_expired() -> None:
    source = open_source(Desk(IssuedToken("a", 10_800), IssuedToken("a", 9_000)))
    source.read_current()
    with pytest.raises(LivingTokenRefusedError, match="API 그룹") as caught:
        source.replace("a")
    assert not caught.value.is_resumable


def test_an_issued_token_does_not_show_itself() -> None:
    assert "geheim" not in repr(IssuedToken("geheim", 1))
