"""Reads of disclosures: the sentence in force, and posts that hold literals or stale prices."""

from datetime import date

from django.db.models import Exists, OuterRef, QuerySet

from content.disclosure.models import DisclosureVersion, PriceLiteral
from content.disclosure.texts import DEFAULTS, DisclosureText, get_text
from content.posts.models import Post
from content.posts.selectors import PROCESSABLE_STATUSES
from content.times import korean_today


def get_current_text(relationship: str, *, on: date, language: str = "ko") -> DisclosureText:
    """The newest sentence that holds on a day; the one that a new ledger begins with where no row is.

    Raises ValueError, in Korean, for an unknown relationship.
    """
    begun = DisclosureVersion.objects.filter(relationship=relationship, language=language, effective_from__lte=on)
    row = begun.order_by("-effective_from", "-number").first()
    return DisclosureText(row.version, row.sentence) if row else get_text(relationship, language=language)


def list_current_versions(*, language: str = "ko") -> list[str]:
    """The ids of the sentences that hold today, one a relationship; one query."""
    begun = DisclosureVersion.objects.filter(language=language, effective_from__lte=korean_today())
    rows = begun.order_by("effective_from", "number")
    newest = {name: text.version for name, text in DEFAULTS[language].items()}
    return sorted({**newest, **{row.relationship: row.version for row in rows}}.values())


def select_live_with_literals() -> QuerySet[Post]:
    """Posts on their way to readers (ready, scheduled, published) that hold a typed-in price."""
    held = Exists(PriceLiteral.objects.filter(post=OuterRef("pk")))
    return Post.objects.filter(held, status__in=PROCESSABLE_STATUSES)


def list_literals(post_id: int) -> list[PriceLiteral]:
    """The typed-in prices of a post in reading order, the title's first."""
    return list(PriceLiteral.objects.filter(post_id=post_id).order_by("line", "start"))
