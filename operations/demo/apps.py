"""The demo: a Korean catalogue, posts about it, and an administrator, so that everything can be seen at once."""

from django.apps import AppConfig


class DemoConfig(AppConfig):
    """No tables of its own; it fills those of the other rooms through their services."""

    name = "operations.demo"
    label = "demo"
    verbose_name = "데모"
