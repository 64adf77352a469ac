"""The refresh queue: which posts must be processed again, and why (plan 7.2)."""

from django.apps import AppConfig


class RefreshConfig(AppConfig):
    """The queue, and the answers to the catalogue's and the upsert's calls for posts to be processed again."""

    name = "content.refresh"
    label = "refresh"
    verbose_name = "글 갱신"

    def ready(self) -> None:
        """Answer products.catalog and products.upsert."""
        from content.refresh.services import enqueue_for_holds, enqueue_for_products
        from products.catalog.ports import posts_port
        from products.upsert.ports import refresh_port

        posts_port.fill(enqueue_for_holds)
        refresh_port.fill(enqueue_for_products)
