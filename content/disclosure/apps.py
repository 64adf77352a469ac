"""Disclosures: whose product it is and when its price was true, before anything else of a post (plan 6.3)."""

from django.apps import AppConfig


class DisclosureConfig(AppConfig):
    """The sentences, their rules and place, and the prices that were typed into posts."""

    name = "content.disclosure"
    label = "disclosure"
    verbose_name = "고지문"

    def ready(self) -> None:
        """Connect the checks."""
        from content.disclosure import checks  # noqa: F401
