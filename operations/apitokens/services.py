"""Making, using and revoking tokens."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import timedelta

import structlog
from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils import timezone

from operations.apitokens.models import ApiToken
from operations.apitokens.secrets import hash_token, is_same, make_token, read_prefix
from products.catalog.scopes import SCOPE_WORDS

DAYS_DEFAULT = 90
DAYS_MOST = 366
USE_NOTED_EVERY_SECONDS = 60

log = structlog.get_logger()


class TokenError(ValueError):
    """What was asked of a new token cannot be; the message names the field and the fix."""


class TokenRefused(Exception):
    """A token that opens nothing; the message says why, as far as whoever shows it may know."""


@dataclass(frozen=True, slots=True)
class IssuedToken:
    """A new token. text: the token itself, which nothing keeps."""

    row: ApiToken
    text: str


def create_token(*, user: User, name: str, scopes: Collection[str], days: int = DAYS_DEFAULT) -> IssuedToken:
    """A token of the user for these scopes, good for so many days (1 to 366). Raises TokenError."""
    unknown = sorted(set(scopes) - set(SCOPE_WORDS))
    if unknown or not scopes:
        given = f"{', '.join(unknown)}은(는) 없습니다" if unknown else "하나 이상 고르세요"
        raise TokenError(f"범위: {given}. 있는 것: {', '.join(SCOPE_WORDS)}")
    longest = ApiToken._meta.get_field("name").max_length or 0
    if not name.strip() or len(name) > longest or "\0" in name:
        raise TokenError(f"이름: 1자에서 {longest}자 사이의 글자로 쓰세요.")
    if not 1 <= days <= DAYS_MOST:
        raise TokenError(f"기간: 1일에서 {DAYS_MOST}일 사이로 정하세요.")
    prefix, text = make_token()
    row = ApiToken(
        user=user,
        name=name,
        prefix=prefix,
        hash=hash_token(text),
        scopes=[scope for scope in SCOPE_WORDS if scope in scopes],
        expires_at=timezone.now() + timedelta(days=days),
    )
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError as error:
        raise TokenError(
            f"이름: {user.get_username()}에게 '{name}' 토큰이 이미 있습니다. 다른 이름을 쓰세요."
        ) from error
    log.info("api_token_created", token_id=row.pk, user_id=user.pk, scopes=row.scopes)
    return IssuedToken(row, text)


def revoke_tokens(*, token_ids: Iterable[int]) -> int:
    """Close tokens for good; returns how many were open."""
    still_open = ApiToken.objects.filter(pk__in=list(token_ids), revoked_at=None)
    closed = still_open.update(revoked_at=timezone.now())
    log.info("api_tokens_revoked", number=closed)
    return closed


def use_token(text: str) -> ApiToken:
    """The token, with its user, noted as used (at most once a minute). Raises TokenRefused."""
    row = ApiToken.objects.select_related("user").filter(prefix=read_prefix(text)).first()
    if row is None or not is_same(text, row.hash):
        raise TokenRefused("모르는 토큰입니다. 데스크의 'API 토큰'에서 새로 만드세요.")
    if row.revoked_at is not None:
        raise TokenRefused("폐기된 토큰입니다. 새로 만드세요.")
    if row.is_expired:
        raise TokenRefused("기간이 끝난 토큰입니다. 새로 만드세요.")
    if not row.user.is_active:
        raise TokenRefused("토큰의 사용자가 비활성입니다.")
    _note_use(row)
    return row


def _note_use(row: ApiToken) -> None:
    now = timezone.now()
    long_ago = now - timedelta(seconds=USE_NOTED_EVERY_SECONDS)
    if row.last_used_at is None or row.last_used_at < long_ago:
        # Of many requests at one time only the first writes.
        unnoted = Q(last_used_at=None) | Q(last_used_at__lt=long_ago)
        ApiToken.objects.filter(unnoted, pk=row.pk).update(last_used_at=now)
