"""The signature of a token request (Commerce API, authentication).

base64( bcrypt( "<client id>_<timestamp>", salt = client secret ) ): the client secret is itself a bcrypt salt.
"""

import base64
import re

import bcrypt

SALT_SHAPE = re.compile(r"\$2[aby]\$\d{2}\$[./A-Za-z0-9]{22}")
ALPHABET = "./ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
CANONICAL_STEP = 16
"""The 22nd character carries two bits of the 128; the four spare bits below them must be zero."""


class SecretShapeError(ValueError):
    """The client secret is no bcrypt salt. The message never contains it."""


def canonicalise_salt(secret: str) -> str:
    """The salt with the spare bits of its last character cleared, as current bcrypt versions demand.

    Raises SecretShapeError when it is no bcrypt salt: `$2a$`, two digits of cost, `$`, 22 characters.
    """
    if not SALT_SHAPE.fullmatch(secret):
        raise SecretShapeError("STORE_CLIENT_SECRET: $2a$로 시작하는 29자의 값이 아닙니다.")
    kept = ALPHABET.index(secret[-1]) // CANONICAL_STEP * CANONICAL_STEP
    return secret[:-1] + ALPHABET[kept]


def sign_request(*, client_id: str, client_secret: str, timestamp_ms: int) -> str:
    """The `client_secret_sign` for a token request at `timestamp_ms` (Unix milliseconds); raises SecretShapeError."""
    salt = canonicalise_salt(client_secret).encode()
    return base64.b64encode(bcrypt.hashpw(f"{client_id}_{timestamp_ms}".encode(), salt)).decode()
