"""The refresh queue: which posts must be processed again, and why (plan 7.2)."""

from django.apps import AppConfig


class RefreshConfig(AppConfig):
    """The queue, and the answer to the upsert's question who shows a changed product."""

    name = "content.refresh"
    label = "refresh"
    verbose_name = "리프레시 대기열"

    def ready(self) -> None:
        """Answer products.upsert."""
        from content.refresh.services import enqueue_for_products
        from products.upsert.ports import refresh_port

        refresh_port.fill(enqueue_for_products)
