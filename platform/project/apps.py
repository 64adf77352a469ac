"""The admin of this project: Django's own, with the desk's site in front of it."""

from django.contrib.admin.apps import AdminConfig


class JangbuAdminConfig(AdminConfig):
    """Django's admin, served by the desk: Korean groups in the sidebar and the dashboard as first page."""

    default_site = "operations.dashboard.site.DeskSite"
