"""Writing what a store says into the catalogue (plan 2B)."""

from django.apps import AppConfig


class UpsertConfig(AppConfig):
    """The upsert has no tables of its own; it registers the check of its port."""

    name = "products.upsert"
    label = "upsert"
    verbose_name = "상품 반영"

    def ready(self) -> None:
        """Register the system checks."""
        from products.upsert import checks  # noqa: F401
