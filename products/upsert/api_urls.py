"""The addresses under /api/v1/products/ that write many products."""

from django.urls import path

from products.upsert.api import BulkUpsert

urlpatterns = [
    path("bulk/", BulkUpsert.as_view(), name="api-product-bulk"),
    # A POST cannot be sent on to the address with the slash.
    path("bulk", BulkUpsert.as_view(schema=None)),
]
