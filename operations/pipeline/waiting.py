"""Waiting for ordered work by looking at the database, which is where its state lives."""

import time
from collections.abc import Callable
from typing import Protocol, TypeVar

State = TypeVar("State")

POLL_SECONDS = 0.2
STALL_SECONDS = 30.0
STALLS_ALLOWED = 4


class WorkStalled(Exception):
    """Nothing moved for so long that no worker seems to be there."""


class Progress(Protocol):
    """Told how far a stage is."""

    def __call__(self, stage: str, done: int, total: int) -> None:
        """stage: sync or posts; done of total are finished."""
        ...


def ignore_progress(stage: str, done: int, total: int) -> None:
    """A Progress for runs that nobody watches."""


def wait_for(
    read: Callable[[], State],
    *,
    is_done: Callable[[State], bool],
    order_again: Callable[[], None],
    on_state: Callable[[State], None],
) -> State:
    """Read the state until it is done, and return it.

    When it has not moved for STALL_SECONDS the work is ordered again (an order may have been lost with its worker);
    after STALLS_ALLOWED times WorkStalled is raised.
    """
    stalls, last, moved_at = 0, read(), time.monotonic()
    on_state(last)
    while not is_done(last):
        time.sleep(POLL_SECONDS)
        state = read()
        if state != last:
            last, moved_at = state, time.monotonic()
            on_state(state)
        elif time.monotonic() - moved_at > STALL_SECONDS:
            stalls, moved_at = stalls + 1, time.monotonic()
            if stalls > STALLS_ALLOWED:
                raise WorkStalled(
                    "작업자가 응답하지 않습니다. `make worker`가 같은 CELERY_BROKER_URL로 도는지 확인하세요."
                )
            order_again()
    return last
