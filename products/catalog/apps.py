"""The catalogue: products, prices over time, and which posts show them (plan 6.1)."""

from django.apps import AppConfig


class CatalogConfig(AppConfig):
    """Stores, categories, products, price history and placements."""

    name = "products.catalog"
    label = "catalog"
    verbose_name = "상품"

    def ready(self) -> None:
        """Register the system checks."""
        from products.catalog import checks  # noqa: F401
