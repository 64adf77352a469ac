"""Posts whose page must change because time passed: a price grew too old to be shown, or was confirmed again."""

from datetime import timedelta

from django.conf import settings

from content.posts.models import PostFinding
from content.posts.selectors import keep_processable
from content.refresh.selectors import select_dead
from content.refresh.services import enqueue_posts
from perfhooks.clock import business_now
from products.catalog.selectors import list_shown_unchecked_since


def enqueue_aged() -> int:
    """Queue the posts that still show a price older than PRICE_HIDDEN_HOURS, or hide one that is current again.

    What a page hides stands against it as a finding: only where that is no longer so is there work, so that a long outage
    of the store costs each post one processing. Posts that were given up are left to a person. Returns entries added.
    """
    if settings.PRICE_HIDDEN_HOURS <= 0:
        return 0
    limit = business_now() - timedelta(hours=settings.PRICE_HIDDEN_HOURS)
    hidden = set(PostFinding.objects.filter(kind="price_hidden").values_list("post_id", "sku"))
    moved = {post_id for post_id, _sku in list_shown_unchecked_since(limit) ^ hidden}
    given_up = set(select_dead().filter(post__in=moved).values_list("post_id", flat=True))
    return enqueue_posts(post_ids=[key for key in keep_processable(moved) if key not in given_up], reason="outdated")
