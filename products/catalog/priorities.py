"""A product's priority: the one thing that editors own, how large it may be, and who changed it when."""

from typing import cast

from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.models import AnonymousUser

from perfhooks.trace import current_trace_id
from products.catalog.models import Product

PRIORITY_LIMIT = 2_147_483_647
"""The largest integer that the column holds on PostgreSQL."""


def describe_change(before: int, after: int) -> str:
    """The note that the history keeps of a change, with the trace id under which the logs have it."""
    return f"우선순위 {before} → {after} (추적 {current_trace_id()})"


def record_priority_change(*, actor: AbstractBaseUser | AnonymousUser, product: Product, before: int) -> None:
    """Note one change of priority in the product's history."""
    message = describe_change(before, product.priority)
    LogEntry.objects.log_actions(cast("int", actor.pk), [product], CHANGE, change_message=message, single_object=True)
