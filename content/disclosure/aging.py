"""Posts whose page must change because time passed: a price grew too old to be shown, or was confirmed again."""

from django.conf import settings

from content.posts.models import PostFinding
from content.refresh.services import enqueue_posts
from products.catalog.selectors import select_posts_with_stale_prices


def enqueue_aged() -> int:
    """Queue the posts that show a price older than PRICE_HIDDEN_HOURS, or a link in place of one; returns entries added."""
    if settings.PRICE_HIDDEN_HOURS <= 0:
        return 0
    aged = select_posts_with_stale_prices(hours=settings.PRICE_HIDDEN_HOURS).values_list("content_id", flat=True)
    hidden = PostFinding.objects.filter(kind="price_hidden").values_list("post_id", flat=True)
    return enqueue_posts(post_ids={*aged, *hidden}, reason="outdated")
