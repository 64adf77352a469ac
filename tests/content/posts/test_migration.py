"""Posts of before: every state and text comes through, and each has its first revision."""

from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

pytestmark = pytest.mark.django_db(transaction=True)
BEFORE = [("posts", "0002_publishing_is_a_right_of_its_own")]


@pytest.mark.slow
def test_states_and_texts_come_through_and_have_a_first_revision() -> None:
    executor = MigrationExecutor(connection)
    leaves = executor.loader.graph.leaf_nodes()
    executor.migrate(BEFORE)
    try:
        posts: Any = executor.loader.project_state(BEFORE).apps.get_model("posts", "Post")
        moment = datetime(2026, 5, 1, tzinfo=UTC)
        for status in ("draft", "ready", "published"):
            posts.objects.create(
                slug=status,
                title=f"제목 {status}",
                body=f"본문 {status}",
                status=status,
                body_hash=status[0] * 64,
                published_at=moment if status == "published" else None,
            )
    finally:
        executor = MigrationExecutor(connection)
        executor.migrate(leaves)
    from content.posts.models import Post, PostRevision

    assert set(Post.objects.values_list("slug", "status", "published_at")) == {
        ("draft", "draft", None),
        ("ready", "ready", None),
        ("published", "published", moment),
    }
    kept = PostRevision.objects.values_list("post__slug", "number", "body", "content_hash", "is_published")
    assert set(kept) == {
        (name, 1, f"본문 {name}", name[0] * 64, name == "published") for name in ("draft", "ready", "published")
    }
