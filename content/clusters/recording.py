"""Keeping beside each post what it links to, and telling the linking posts when a target comes or goes."""

from content.clusters.models import PostLink
from content.clusters.targets import list_linking_ids
from content.clusters.textmap import list_links
from content.posts.models import Post
from content.posts.selectors import keep_processable
from content.refresh.services import enqueue_posts

WORDS_LENGTH_LIMIT = 160


def record_links(post: Post) -> int:
    """Let exactly the links of this post's body stand beside it; returns how many. One query where nothing changed.

    Within the transaction that holds the post's row.
    """
    wanted = {slug: words[:WORDS_LENGTH_LIMIT] for slug, words in reversed(list_links(post.body)) if len(slug) <= 80}
    held = dict(PostLink.objects.filter(source=post).values_list("target_slug", "words"))
    if wanted != held:
        PostLink.objects.filter(source=post).delete()
        rows = [PostLink(source=post, target_slug=slug, words=words) for slug, words in sorted(wanted.items())]
        PostLink.objects.bulk_create(rows, batch_size=200)
    return len(wanted)


def enqueue_linking(slug: str) -> int:
    """Queue the posts that link to this one, which readers can open only now, or no more; returns the entries added."""
    linking = list_linking_ids(slug)
    return enqueue_posts(post_ids=keep_processable(linking), reason="body_changed") if linking else 0
