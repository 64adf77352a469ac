"""Every address of the product, by room."""

from django.contrib import admin
from django.urls import include, path
from django.views.generic import RedirectView

from perfhooks.views import metrics

urlpatterns = [
    path("", RedirectView.as_view(pattern_name="admin:index"), name="home"),
    path("admin/", admin.site.urls),
    path("api/v1/", include("project.api")),
    path("metrics", metrics, name="metrics"),
]
