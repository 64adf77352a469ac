"""Bringing an earlier revision of a post back: as a new revision, so that nothing is lost by it either."""

from django.db import transaction

from content.posts.models import Post, PostImage, PostRevision, PostVideo
from content.posts.services import Authorship, SavedPost, settle_post


@transaction.atomic
def restore_revision(*, post_id: int, number: int, editor_id: int | None, reason: str = "") -> SavedPost:
    """Let the post say again what it said in that revision; slug and state stay. Raises PostRevision.DoesNotExist."""
    post = Post.objects.select_for_update(no_key=True).get(pk=post_id)
    old = PostRevision.objects.get(post=post, number=number)
    if post.body_hash == old.content_hash:
        return SavedPost(post.pk, is_created=False, is_changed=False, findings=(), enqueued=0)
    post.title, post.body, post.relationship = old.title, old.body, old.relationship
    post.save(update_fields=["title", "body", "relationship", "updated_at"])
    post.images.all().delete()
    PostImage.objects.bulk_create(PostImage(post=post, **image) for image in old.images)
    post.videos.all().delete()
    PostVideo.objects.bulk_create(PostVideo(post=post, **video) for video in old.videos)
    why = f"{number}판으로 되돌림" + (f": {reason}" if reason else "")
    return settle_post(post, is_created=False, is_changed=True, must_queue=False, author=Authorship(editor_id, why))
