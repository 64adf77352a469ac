"""The machine interface: one place that lists what /api/v1 serves."""

from django.urls import include, path
from drf_spectacular.views import SpectacularAPIView

urlpatterns = [
    path("schema/", SpectacularAPIView.as_view(), name="api-schema"),
    path("products/", include("products.upsert.api_urls")),
    path("products/", include("products.catalog.api_urls")),
]
