"""Carrying a request out once: its change and the answer kept for it are one transaction.

A process that is killed in between leaves neither; only what was carried out is kept, so a refused request may be sent
again under its key.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from hashlib import blake2b

from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

from products.idempotency.models import KeptAnswer


class KeyInUse(Exception):
    """A request with the same key is being carried out at this moment."""


class KeyReused(Exception):
    """The key belongs to another request of the same caller."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a caller is answered. body: JSON text; etag: with its quotes, "" for none."""

    status: int
    body: str
    etag: str = ""
    is_replayed: bool = False


def carry_out_once(*, caller: str, key: str, request_hash: str, act: Callable[[], Answer]) -> Answer:
    """The answer of `act`, or the one that it gave when the same request came under this key before.

    act: runs in the transaction that keeps its answer; what it raises undoes both.
    Raises KeyInUse (PostgreSQL; on SQLite the second request waits for the first), KeyReused.
    """
    now = timezone.now()
    with transaction.atomic():
        _claim(f"{caller} {key}")
        kept = KeptAnswer.objects.filter(caller=caller, key=key, expires_at__gt=now).first()
        if kept is not None:
            if kept.request_hash != request_hash:
                raise KeyReused
            return Answer(kept.status, kept.body, kept.etag, is_replayed=True)
        answer = act()
        _keep(caller=caller, key=key, request_hash=request_hash, answer=answer)
        transaction.on_commit(forget_expired, robust=True)  # the request is done, whatever becomes of old answers
    return answer


def forget_expired() -> int:
    """Remove the answers whose time is over; returns how many."""
    removed, _by_model = KeptAnswer.objects.filter(expires_at__lte=timezone.now()).delete()
    return removed


def _claim(name: str) -> None:
    """Hold the key until the transaction ends; SQLite's transaction holds the whole database already."""
    if connection.vendor != "postgresql":
        return
    number = int.from_bytes(blake2b(name.encode(), digest_size=8).digest(), signed=True)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [number])
        if not cursor.fetchone()[0]:
            raise KeyInUse


def _keep(*, caller: str, key: str, request_hash: str, answer: Answer) -> None:
    expires_at = timezone.now() + timedelta(hours=settings.IDEMPOTENCY_KEY_HOURS)
    row = KeptAnswer(
        caller=caller,
        key=key,
        request_hash=request_hash,
        status=answer.status,
        body=answer.body,
        etag=answer.etag,
        expires_at=expires_at,
    )
    # One whose time is over may still stand under the key.
    KeptAnswer.objects.bulk_create(
        [row],
        update_conflicts=True,
        unique_fields=["caller", "key"],
        update_fields=["request_hash", "status", "body", "etag", "expires_at"],
    )
