"""`manage.py rebuild_product_search`: make the word index of the products anew, should it ever differ from them."""

from typing import Any

from django.core.management.base import BaseCommand

from products.catalog.indexing import rebuild_index


class Command(BaseCommand):
    """Rebuild the word index."""

    help = "상품의 낱말 색인을 다시 만듭니다. 운영 중에 실행해도 됩니다."

    def handle(self, *args: Any, **options: Any) -> None:
        """Rebuild, and say how many products there are."""
        self.stdout.write(f"상품 {rebuild_index():,}개의 낱말 색인을 확인했습니다.")
