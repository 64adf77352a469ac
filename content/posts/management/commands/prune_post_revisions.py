"""`manage.py prune_post_revisions`: drop what POST_REVISIONS_KEPT leaves no room for, after it was lowered."""

from typing import Any

from django.core.management.base import BaseCommand

from content.posts.revisions import prune_revisions


class Command(BaseCommand):
    """Prune the revisions of all posts."""

    help = "글마다 POST_REVISIONS_KEPT보다 오래된 판을 지웁니다. 독자가 본 판은 남습니다."

    def handle(self, *args: Any, **options: Any) -> None:
        """Prune, and say how many went."""
        self.stdout.write(f"지난 판 {prune_revisions():,}개를 지웠습니다.")
