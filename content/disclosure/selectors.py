"""Reads of disclosures: the sentence in force, and posts that hold literals or stale prices."""

from datetime import date

from django.db.models import Exists, OuterRef, QuerySet

from content.disclosure.models import DisclosureVersion, PriceLiteral
from content.disclosure.texts import DisclosureText, get_text
from content.posts.models import Post
from content.posts.selectors import PROCESSABLE_STATUSES


def get_current_text(relationship: str, *, on: date, language: str = "ko") -> DisclosureText:
    """The newest sentence that holds on a day; the one that a new ledger begins with where no row is.

    Raises ValueError, in Korean, for an unknown relationship.
    """
    begun = DisclosureVersion.objects.filter(relationship=relationship, language=language, effective_from__lte=on)
    row = begun.order_by("-effective_from", "-number").first()
    return DisclosureText(row.version, row.sentence) if row else get_text(relationship, language=language)


def select_live_with_literals() -> QuerySet[Post]:
    """Ready and published posts that hold a typed-in price."""
    held = Exists(PriceLiteral.objects.filter(post=OuterRef("pk")))
    return Post.objects.filter(held, status__in=PROCESSABLE_STATUSES)


def select_live_literals() -> QuerySet[PriceLiteral]:
    """The typed-in prices of ready and published posts."""
    return PriceLiteral.objects.filter(post__status__in=PROCESSABLE_STATUSES)
