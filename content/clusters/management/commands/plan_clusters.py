"""`manage.py plan_clusters`: group the posts into hubs and spokes."""

import json
from argparse import ArgumentParser
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from content.clusters.planning import plan_clusters
from perfhooks.locks import LockHeld


class Command(BaseCommand):
    """Plan."""

    help = "글을 허브와 스포크로 묶습니다. 편집자가 승인하고 고정하고 막은 것은 그대로 둡니다."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Whether anything is written, and how the counts are."""
        parser.add_argument("--dry-run", action="store_true", help="무엇이 바뀔지만 말하고 아무것도 쓰지 않습니다")
        parser.add_argument("--json", action="store_true", help="JSON으로 출력")

    def handle(self, *args: Any, **options: Any) -> None:
        """Plan and say what changed."""
        try:
            done = plan_clusters(is_dry_run=options["dry_run"])
        except LockHeld as error:
            raise CommandError(str(error)) from error
        text = (
            f"글 {done.posts:,}개 가운데 {done.clustered:,}개가 클러스터 {done.clusters:,}개에 있습니다. "
            f"들어온 글 {done.added:,}개, 나간 글 {done.removed:,}개, 편집자가 정한 글 {done.kept:,}개."
        )
        self.stdout.write(json.dumps(asdict(done)) if options["json"] else text)
