"""The desk: the admin's site, its look and its first page (ADMIN.md, 오늘)."""

from django.apps import AppConfig


class DashboardConfig(AppConfig):
    """The dashboard has no tables of its own; it shows what the other rooms' selectors count."""

    name = "operations.dashboard"
    label = "dashboard"
    verbose_name = "오늘"
