"""The access token and the store's rules of its life.

A token lives three hours. While 30 minutes or more remain the store gives the same token again, below that a new one,
and the old one stays valid until its own end. So a token is renewed when less than 30 minutes remain, never sooner;
and a refused token that comes back byte for byte the same was never the trouble.
"""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from products.storesync.errors import LivingTokenRefusedError, Reply, StoreSyncError

RENEW_BELOW_SECONDS = 30 * 60
SPARE_SECONDS = 30
"""A token with less than this left may end while a call is under way."""
RETRY_AFTER_SECONDS = 60
"""How long the old token serves on after a failed renewal."""


@dataclass(frozen=True, slots=True)
class IssuedToken:
    """What the store issued; the token stays out of every repr."""

    access_token: str
    expires_in: int

    def __repr__(self) -> str:
        return f"IssuedToken(expires_in={self.expires_in})"


class TokenSource:
    """The current token, for any number of threads; at most one of them asks the store at a time."""

    def __init__(self, issue: Callable[[], IssuedToken], *, read_clock: Callable[[], float] = time.monotonic) -> None:
        self._issue, self._read_clock = issue, read_clock
        self._lock = threading.Lock()
        self._token = ""
        self._seen: tuple[str, ...] = ()
        self._renew_at = self._ends_at = 0.0

    @property
    def held(self) -> str:
        """The token in hand, "" before the first; not for calls."""
        return self._token

    @property
    def seen(self) -> tuple[str, ...]:
        """Every token that the store has given, for keeping them out of texts: an older one may still be valid."""
        return self._seen

    def read_current(self) -> str:
        """A token with enough life left, asked for when needed. Raises StoreSyncError when there is none to have."""
        with self._lock:
            if not self._token or self._read_clock() >= self._renew_at:
                self._renew_early()
            return self._token

    def forget(self) -> None:
        """Have the next reader ask the store, however much life the token has left."""
        with self._lock:
            self._renew_at = 0.0

    def replace(self, refused: str) -> str:
        """The token to use after the store refused one with 401: another thread's newer one, else a new issue.

        Raises StoreAuthError when the store gives the refused token again: it had not expired.
        """
        with self._lock:
            if self._token == refused:
                self._renew()
            if self._token == refused:
                raise LivingTokenRefusedError(Reply("token"))
            return self._token

    def _renew_early(self) -> None:
        try:
            self._renew()
        except StoreSyncError:
            now = self._read_clock()
            if not self._token or now + SPARE_SECONDS > self._ends_at:
                raise
            self._renew_at = now + RETRY_AFTER_SECONDS

    def _renew(self) -> None:
        issued = self._issue()
        self._token = issued.access_token
        if self._token not in self._seen:
            self._seen = (*self._seen, self._token)
        self._ends_at = self._read_clock() + issued.expires_in
        # A store that gives only short lives must not be asked again before every single call.
        self._renew_at = self._ends_at - min(RENEW_BELOW_SECONDS, issued.expires_in / 2)
