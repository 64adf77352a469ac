"""How long one call keeps trying: attempts for what passes by itself, time for what is only rate-limited."""

import random
from dataclasses import dataclass

from products.storesync.errors import Action, StoreCallError


@dataclass(frozen=True, slots=True)
class RetryRules:
    """Attempts and waits. The waits double from the first to the longest, each halved at random at most."""

    attempts: int = 4
    first_wait_seconds: float = 0.5
    longest_wait_seconds: float = 5.0
    limited_wait_seconds: float = 1.0
    longest_limited_seconds: float = 300.0


class Patience:
    """What one call may still try. Methods give waits in seconds, or raise the error that ends the call."""

    def __init__(self, rules: RetryRules) -> None:
        self._rules = rules
        self._failed = 0
        self._limited_seconds = 0.0
        self._has_renewed = False

    def renew_once(self, error: StoreCallError) -> None:
        """Allow one new token in a call's life; a second refusal is no matter of expiry."""
        if self._has_renewed:
            raise error
        self._has_renewed = True

    def find_limited_wait(self, error: StoreCallError) -> float:
        """How long the lane rests after a 429: as told, else a second and some."""
        return error.reply.retry_after_seconds or self._rules.limited_wait_seconds * random.uniform(1.0, 1.25)  # noqa: S311

    def wait_for_limit(self, error: StoreCallError, seconds: float) -> None:
        """Allow a wait of so long, which spends no attempt, as long as the call's waits are not too long together."""
        self._limited_seconds += seconds
        if self._limited_seconds > self._rules.longest_limited_seconds:
            raise error

    def wait_for_retry(self, error: StoreCallError) -> float:
        """How long to wait before the next attempt; a 5xx may also say so itself."""
        self._failed += 1
        if error.action is not Action.RETRY or self._failed >= (error.attempts or self._rules.attempts):
            raise error
        if error.wait_seconds is not None:
            return error.wait_seconds
        rules = self._rules
        told = error.reply.retry_after_seconds
        if told is not None:
            return min(told, rules.longest_wait_seconds)
        wait = min(rules.longest_wait_seconds, rules.first_wait_seconds * 2.0 ** (self._failed - 1))
        return wait * random.uniform(0.5, 1.0)  # noqa: S311
