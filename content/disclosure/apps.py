"""Disclosures: whose product it is and when its price was true, before anything else of a post (plan 6.3)."""

from django.apps import AppConfig


class DisclosureConfig(AppConfig):
    """The texts and their place; no tables yet."""

    name = "content.disclosure"
    label = "disclosure"
    verbose_name = "고지문"
