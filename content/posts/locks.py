"""The edit lock: who opens a post to edit it holds it for a while, and whoever comes later is told so.

It is renewed by opening and saving, never by a script, and ends by itself.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.contrib.auth import get_user_model
from django.db import transaction
from django.utils import timezone

from content.posts.models import EditLock
from content.posts.selectors import hold_post


@dataclass(frozen=True, slots=True)
class LockState:
    """Who holds a post. renewed_at: when that person last opened or saved it."""

    is_mine: bool
    holder: str
    since: datetime
    renewed_at: datetime
    expires_at: datetime


@transaction.atomic
def open_lock(*, post_id: int, user_id: int, is_taken_over: bool = False) -> LockState:
    """Take the post for this person, or renew what they have, unless somebody else holds it still.

    is_taken_over: also then. Raises Post.DoesNotExist.
    """
    hold_post(post_id)
    now = timezone.now()
    until = now + timedelta(minutes=settings.POST_LOCK_MINUTES)
    fresh = {"holder_id": user_id, "since": now, "expires_at": until}
    lock, is_new = EditLock.objects.select_for_update(of=("self",)).get_or_create(post_id=post_id, defaults=fresh)
    is_own = lock.holder_id == user_id
    if is_new or (not is_own and lock.expires_at > now and not is_taken_over):
        return _describe(lock, user_id)
    if not is_own or lock.expires_at <= now:
        lock.holder_id, lock.since = user_id, now
    lock.expires_at = until
    lock.save()
    return _describe(lock, user_id)


def find_other_holder(*, post_id: int, user_id: int) -> LockState | None:
    """Whoever else holds the post now; None when nobody does."""
    held = EditLock.objects.filter(post_id=post_id, expires_at__gt=timezone.now()).exclude(holder_id=user_id)
    lock = held.select_related("holder").first()
    return _describe(lock, user_id) if lock else None


def release_lock(*, post_id: int, user_id: int) -> bool:
    """Let go of a post; whether this person held it."""
    return bool(EditLock.objects.filter(post_id=post_id, holder_id=user_id).delete()[0])


def explain_lock(state: LockState) -> str:
    """Who edits since when, in Korean and Korean time."""
    since, until = (timezone.localtime(moment) for moment in (state.since, state.expires_at))
    minutes = int((timezone.now() - state.renewed_at).total_seconds() // 60)
    seen = f"{minutes}분 전" if minutes else "방금 전"
    return (
        f"{state.holder} 님이 {since:%m월 %d일 %H:%M}부터 이 글을 편집하고 있습니다. "
        f"마지막으로 열거나 저장한 때는 {seen}이며, 더 움직임이 없으면 {until:%H:%M}에 풀립니다."
    )


def _describe(lock: EditLock, user_id: int) -> LockState:
    holder = get_user_model().objects.get(pk=lock.holder_id) if lock.holder_id != user_id else None
    name = f"{holder.last_name}{holder.first_name}".strip() or holder.get_username() if holder else ""
    renewed = lock.expires_at - timedelta(minutes=settings.POST_LOCK_MINUTES)
    return LockState(holder is None, name, lock.since, max(renewed, lock.since), lock.expires_at)
