"""A product's priority: the one thing that editors own, how large it may be, and who changed it when."""

from django.contrib.admin.models import CHANGE, LogEntry

from perfhooks.trace import current_trace_id
from products.catalog.models import Product

PRIORITY_LIMIT = 2_147_483_647
"""The largest integer that the column holds on PostgreSQL."""


def record_priority_change(*, user_id: int, product: Product, before: int) -> None:
    """Note one change of priority in the product's history, with the trace id under which the logs have it."""
    message = f"우선순위 {before} → {product.priority} (추적 {current_trace_id()})"
    LogEntry.objects.log_actions(user_id, [product], CHANGE, change_message=message, single_object=True)
