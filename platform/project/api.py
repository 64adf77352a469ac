"""The machine interface: one place that lists what /api/v1 serves."""

from django.urls import include, path
from drf_spectacular.views import SpectacularAPIView

from operations.apitokens import schema  # noqa: F401 - the token's entry in the OpenAPI document

urlpatterns = [
    path("schema/", SpectacularAPIView.as_view(), name="api-schema"),
    path("products/", include("products.upsert.api_urls")),
    path("products/", include("products.catalog.api_urls")),
]
