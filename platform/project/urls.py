"""Every address of the product, by room."""

from django.contrib import admin
from django.http import HttpRequest, HttpResponseBase
from django.urls import include, path, resolve, reverse
from django.views.generic import RedirectView

from perfhooks.views import metrics


def list_products(request: HttpRequest) -> HttpResponseBase:
    """Answer the product list under its short address itself, without sending anybody on."""
    # The admin keeps a list's filters through an edit only for the list's own route.
    request.resolver_match = resolve(reverse("admin:catalog_product_changelist"))
    answer: HttpResponseBase = request.resolver_match.func(request)
    return answer


urlpatterns = [
    path("", RedirectView.as_view(pattern_name="admin:index"), name="home"),
    path("admin/products", list_products, name="product-list"),
    path("admin/products/", list_products),
    path("admin/", admin.site.urls),
    path("api/v1/", include("project.api")),
    path("metrics", metrics, name="metrics"),
    path("", include("operations.site.urls")),
]

handler400 = "project.errors.answer_bad_request"
handler403 = "project.errors.answer_forbidden"
handler404 = "project.errors.answer_not_found"
handler500 = "project.errors.answer_failure"
