"""The addresses under /api/v1/products/."""

from django.urls import path

from products.catalog.api import ProductDetail, ProductList

urlpatterns = [
    path("", ProductList.as_view(), name="api-product-list"),
    path("<int:product_id>/", ProductDetail.as_view(), name="api-product-detail"),
]
