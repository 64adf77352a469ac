"""Every post that is there already gets its first revision, so that the first edit can be compared and taken back."""

from django.db import migrations
from django.utils import timezone

BATCH_SIZE = 500
FIELDS = ("position", "image", "alt", "sha256")
REASON = "판을 남기기 시작"


def keep_first_revisions(apps, schema_editor):
    posts, revisions = apps.get_model("posts", "Post"), apps.get_model("posts", "PostRevision")
    batch = []
    for post in posts.objects.order_by("pk").iterator(BATCH_SIZE):
        images = post.images.order_by("position").values_list(*FIELDS)
        batch.append(
            revisions(
                post_id=post.pk,
                number=1,
                title=post.title,
                body=post.body,
                relationship=post.relationship,
                images=[dict(zip(FIELDS, row)) for row in images],
                content_hash=post.body_hash,
                is_published=post.published_at is not None,
                saved_by_id=post.author_id,
                saved_at=post.updated_at or timezone.now(),
                reason=REASON,
                trace_id="",
            )
        )
        if len(batch) == BATCH_SIZE:
            revisions.objects.bulk_create(batch)
            batch.clear()
    revisions.objects.bulk_create(batch)


class Migration(migrations.Migration):

    dependencies = [
        ('posts', '0003_states_revisions_locks'),
    ]

    operations = [
        migrations.RunPython(keep_first_revisions, migrations.RunPython.noop),
    ]
