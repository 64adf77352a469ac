"""The disclosure as a timed step of rendering."""

from datetime import datetime

from content.disclosure.insertion import place_disclosure
from content.disclosure.texts import get_text
from perfhooks.spans import span


def insert_disclosure(html: str, *, relationship: str, as_of: datetime | None) -> tuple[str, str]:
    """Put the relationship's disclosure before everything else of a post's fragment.

    as_of: the oldest price check among the prices shown (aware), None when none is shown. Returns (html, version of the
    text). Idempotent: the second time leaves the bytes alone. Raises ValueError for an unknown relationship.
    """
    with span("disclaimer_injection_seconds", relationship=relationship):
        text = get_text(relationship)
        return place_disclosure(html, text=text, as_of=as_of), text.version
