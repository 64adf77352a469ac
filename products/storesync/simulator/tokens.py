"""Issuing and checking access tokens by the store's rules.

Lifetime 10,800 s; while at least 30 minutes remain the same token is returned, below that a new one is issued and
the old one stays valid until its own end. One token per (type, account_id).
"""

import base64
import binascii
import hmac
import re
import secrets
import threading
from collections.abc import Mapping
from dataclasses import dataclass

import bcrypt

from products.storesync.simulator.clock import StoreClock
from products.storesync.simulator.messages import BadRequestError, InvalidInput

DEMO_CLIENT_ID = "demo-client"
DEMO_CLIENT_SECRET = "$2a$04$DemoStoreSecretOnly12u"  # noqa: S105 (opens nothing but this simulator)
LIFETIME_SECONDS = 10_800
REISSUE_BELOW_SECONDS = 1_800
TIMESTAMP_VALID_MS = 5 * 60 * 1000
FUTURE_TOLERANCE_MS = 1_000
SECRET_PATTERN = re.compile(r"\$2[aby]\$\d\d\$[./A-Za-z0-9]{21}[.Oeu]")


@dataclass(frozen=True)
class IssuedToken:
    """A token and the whole seconds that it has left by the caller's clock."""

    access_token: str
    expires_in: int


class TokenDesk:
    """Tokens of one application, safe to use from many threads; `lifetime_seconds` may change for the next one."""

    def __init__(self, client_id: str, client_secret: str, clock: StoreClock) -> None:
        """Raises ValueError when the secret is no canonical bcrypt salt."""
        if not SECRET_PATTERN.fullmatch(client_secret):
            raise ValueError("클라이언트 시크릿은 $2a$NN$ 뒤에 22자가 오는 bcrypt salt여야 합니다.")
        self._client_id = client_id
        self._client_secret = client_secret
        self._clock = clock
        self.lifetime_seconds = LIFETIME_SECONDS
        self._lock = threading.Lock()
        self._current: dict[tuple[str, str], str] = {}
        self._ends: dict[str, float] = {}

    def issue(self, form: Mapping[str, str]) -> IssuedToken:
        """Return the token for a form body; raises BadRequestError naming each bad field."""
        faults = self._find_faults(form)
        if faults:
            raise BadRequestError(*faults)
        owner = (form["type"], form.get("account_id", "") if form["type"] == "SELLER" else "")
        with self._lock:
            now = self._clock.read_seconds()
            token = self._current.get(owner, "")
            if self._ends.get(token, now) - now < REISSUE_BELOW_SECONDS:
                # Random, not seeded: a token of an earlier process must not come back as a fresh one.
                token = secrets.token_urlsafe(24)
                self._current[owner] = token
                self._ends[token] = now + self.lifetime_seconds
            return IssuedToken(token, int((self._ends[token] - now) / self._clock.speed))

    def is_valid(self, token: str) -> bool:
        """Tell whether a bearer token was issued here and has not ended."""
        return self._ends.get(token, 0.0) > self._clock.read_seconds()

    def expire(self, remaining_seconds: float = 0.0) -> int:
        """Let every live token end in so many seconds; return how many there were."""
        with self._lock:
            now = self._clock.read_seconds()
            live = [token for token, end in self._ends.items() if end > now]
            self._ends |= dict.fromkeys(live, now + remaining_seconds)
            return len(live)

    def _find_faults(self, form: Mapping[str, str]) -> list[InvalidInput]:
        names = ("client_id", "timestamp", "client_secret_sign", "grant_type", "type")
        faults = [InvalidInput(name, "NotBlank", f"{name}: 필수 값입니다.") for name in names if not form.get(name)]
        if not faults:
            faults = [fault for fault in (self._check_grant(form), self._check_owner(form)) if fault]
        if not faults:
            faults = [fault for fault in (self._check_timestamp(form),) if fault]
        return faults or [fault for fault in (self._check_signature(form),) if fault]

    def _check_grant(self, form: Mapping[str, str]) -> InvalidInput | None:
        if form["grant_type"] != "client_credentials":
            return InvalidInput("grant_type", "NotValid", "grant_type은 client_credentials여야 합니다.")
        if form["client_id"] != self._client_id:
            return InvalidInput("client_id", "NotValid", "등록되지 않은 client_id입니다.")
        return None

    def _check_owner(self, form: Mapping[str, str]) -> InvalidInput | None:
        if form["type"] not in {"SELF", "SELLER"}:
            return InvalidInput("type", "NotValid", "type은 SELF 또는 SELLER여야 합니다.")
        if form["type"] == "SELLER" and not form.get("account_id"):
            return InvalidInput("account_id", "NotBlank", "type이 SELLER이면 account_id가 필요합니다.")
        return None

    def _check_timestamp(self, form: Mapping[str, str]) -> InvalidInput | None:
        text = form["timestamp"]
        if not (text.isascii() and text.isdecimal()) or len(text) > 15:
            return InvalidInput("timestamp", "NotValid", "timestamp는 밀리초 단위의 정수여야 합니다.")
        age_ms = self._clock.read_unix() * 1000 - int(text)
        if not -FUTURE_TOLERANCE_MS <= age_ms <= TIMESTAMP_VALID_MS:
            return InvalidInput("timestamp", "NotValid", "timestamp는 지난 5분 안의 시각이어야 합니다.")
        return None

    def _check_signature(self, form: Mapping[str, str]) -> InvalidInput | None:
        expected = bcrypt.hashpw(f"{self._client_id}_{form['timestamp']}".encode(), self._client_secret.encode())
        try:
            given = base64.b64decode(form["client_secret_sign"], validate=True)
        except (binascii.Error, ValueError):
            given = b""
        if hmac.compare_digest(expected, given):
            return None
        return InvalidInput("client_secret_sign", "NotValid", "client_secret_sign is not valid.")
