"""What a token looks like, and how it is recognised without being stored.

256 random bits need no slow hash: nobody guesses them, and SHA-256 costs a request nothing.
"""

import re
import secrets
from hashlib import sha256
from hmac import compare_digest

PREFIX_LENGTH = 8
"""Names the token's row; the hex digits after `jb_`."""

_SHAPE = re.compile(r"jb_([0-9a-f]{8})_[A-Za-z0-9_-]{43}")


def make_token() -> tuple[str, str]:
    """(prefix, whole token) of a new token: `jb_<8 hex digits>_<43 letters>`."""
    prefix = secrets.token_hex(PREFIX_LENGTH // 2)
    return prefix, f"jb_{prefix}_{secrets.token_urlsafe(32)}"


def hash_token(token: str) -> str:
    """64 hex digits."""
    return sha256(token.encode()).hexdigest()


def read_prefix(token: str) -> str:
    """The prefix in a token; "" for a text that is no token."""
    found = _SHAPE.fullmatch(token)
    return found[1] if found else ""


def is_same(token: str, kept_hash: str) -> bool:
    """Whether the token has this hash, in a time that tells nothing of it."""
    return compare_digest(hash_token(token), kept_hash)
