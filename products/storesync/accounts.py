"""The credentials of one application of one store."""

from dataclasses import dataclass, field
from hashlib import blake2b
from ipaddress import ip_address
from urllib.parse import urlsplit

from products.storesync.signature import SecretShapeError, canonicalise_salt

HIDDEN = "***"


def identify_place(base_url: str, client_id: str, *, catalogue: str = "") -> str:
    """32 hex digits that tell one shop from another: by its address, by who asks, and by what a simulated one sells.

    A simulated shop on another port counts as another: the addresses of its pictures have changed too.
    """
    return blake2b(f"{base_url.rstrip('/')} {client_id} {catalogue}".encode(), digest_size=16).hexdigest()


@dataclass(frozen=True, slots=True)
class StoreAccount:
    """Where the store answers and who asks. The secret appears in no repr, log line or row."""

    base_url: str
    client_id: str
    client_secret: str = field(repr=False)

    @property
    def is_local(self) -> bool:
        """Whether the store is a program on this machine; no proxy stands before it."""
        host = urlsplit(self.base_url).hostname or ""
        try:
            return host == "localhost" or ip_address(host).is_loopback
        except ValueError:
            return False

    def conceal(self, text: str, *secrets: str) -> str:
        """The text without the client secret and the given ones (tokens, signatures), should a reply echo them."""
        for secret in (self.client_secret, *secrets):
            text = text.replace(secret, HIDDEN) if secret else text
        return text


def find_account_problem(base_url: str, client_id: str, client_secret: str) -> str:
    """What is wrong with the settings, in Korean and without the secret; "" when they can be right."""
    given = {"STORE_API_URL": base_url, "STORE_CLIENT_ID": client_id, "STORE_CLIENT_SECRET": client_secret}
    missing = [name for name, value in given.items() if not value]
    if missing:
        return f"스토어 설정이 비어 있습니다: {', '.join(missing)}."
    if not _is_web_address(base_url):
        return "STORE_API_URL이 http:// 또는 https://로 시작하는 주소가 아닙니다."
    try:
        canonicalise_salt(client_secret)
    except SecretShapeError as error:
        return str(error)
    return ""


def _is_web_address(text: str) -> bool:
    try:
        parts = urlsplit(text)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False
