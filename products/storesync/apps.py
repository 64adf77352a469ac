"""The store's side of the catalogue: reading products over the Naver Commerce API (plan 2A)."""

from django.apps import AppConfig


class StoresyncConfig(AppConfig):
    """Sync runs, their work lists, and the products that the store gave in a state that cannot be kept."""

    name = "products.storesync"
    label = "storesync"
    verbose_name = "스토어 동기화"

    def ready(self) -> None:
        """Register the system checks."""
        from products.storesync import checks  # noqa: F401
