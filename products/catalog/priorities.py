"""What editors own of a product, its priority and hold: how large, in which words, and who changed it when."""

from typing import cast

from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.models import AnonymousUser

from perfhooks.trace import current_trace_id
from products.catalog.models import Product

PRIORITY_LIMIT = 2_147_483_647
"""The largest integer that the column holds on PostgreSQL."""
REASON_LENGTH = 200


def describe_values(priority: object, hold: bool) -> str:
    """Both values, as short as an editor reads them: 40, or 40 · 보류."""
    return f"{priority} · 보류" if hold else f"{priority}"


def describe_edit(*, priority: tuple[int, int], hold: tuple[bool, bool] = (False, False), reason: str = "") -> str:
    """The history's note of an edit, from (before, after) of each value, with why and the trace id; empty for no change."""
    parts = []
    if priority[0] != priority[1]:
        parts.append(f"우선순위 {priority[0]} → {priority[1]}")
    if hold[0] != hold[1]:
        parts.append("보류" if hold[1] else "보류 해제")
    why = f" (이유 {reason})" if reason else ""
    return f"{', '.join(parts)}{why} (추적 {current_trace_id()})" if parts else ""


def record_edit(*, actor: AbstractBaseUser | AnonymousUser, product: Product, message: str) -> None:
    """Note one edit in the product's history. message: of `describe_edit`; nothing is noted when it is empty."""
    if message:
        LogEntry.objects.log_actions(
            cast("int", actor.pk), [product], CHANGE, change_message=message, single_object=True
        )
